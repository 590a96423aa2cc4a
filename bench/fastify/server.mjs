// server.mjs: the peer on Fastify.
import formbody from "@fastify/formbody";
import Fastify from "fastify";
import { answer, signed } from "../node_peer.mjs";

const app = Fastify({ logger: false });
await app.register(formbody);

app.post("/api/twilio/twiml", async (request, reply) => {
  if (!signed(request.headers["x-twilio-signature"], request.body)) {
    return reply.code(403).send();
  }
  return reply.type("text/xml").send(answer(request.body));
});

await app.listen({ host: "127.0.0.1", port: Number(process.env.BENCH_PORT) });
process.on("SIGTERM", () => process.exit(0));
