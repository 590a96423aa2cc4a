// server.mjs: the peer on Express.
import express from "express";
import { answer, signed } from "../node_peer.mjs";

const app = express();
app.disable("x-powered-by");
app.disable("etag");

app.post("/api/twilio/twiml", express.urlencoded({ extended: false }), (req, res) => {
  if (!signed(req.get("X-Twilio-Signature"), req.body)) {
    res.status(403).end();
    return;
  }
  res.type("text/xml").send(answer(req.body));
});

app.listen(Number(process.env.BENCH_PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
