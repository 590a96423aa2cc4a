// signalling.mjs: Twilio's edge played inside the page: no TLS, no sound, and
// every word under the test's control.
//
//   const edge = await mockEdge(page);          before the page is opened
//   edge.answers.listen = () => ["error", { error: { code: 31204 } }];
//   edge.send("invite", { callsid, sdp, parameters });
//   edge.received("invite")                     payloads that the browser sent
import { newSid } from "../../support/twilio.mjs";

const HEARTBEAT_MS = 5000;
const CONNECTED = { edge: "ashburn", region: "US_EAST_VIRGINIA", home: "us1", token: { identity: "user_ana", ttl: 3600 } };

class MockEdge {
  sockets = [];
  log = [];
  answers = {
    listen: () => ["connected", CONNECTED],
    register: ({ media }) => [media.audio ? "ready" : "offline", {}],
  };

  take(socket, text) {
    if (text === "\n") return;
    const { type, payload } = JSON.parse(text);
    this.log.push({ type, payload });
    const answer = this.answers[type]?.(payload);
    if (answer) this.send(...answer, socket);
  }

  send(type, payload, socket = this.sockets.at(-1)) {
    socket.send(JSON.stringify({ type, payload, version: "1.6" }));
  }

  received(type) {
    return this.log.filter((one) => one.type === type).map(({ payload }) => payload);
  }

  // Someone calls; the call's sid.
  ring({ from = "+14155550123", sid = newSid("CA"), params = {}, ...more } = {}) {
    const parameters = { CallSid: sid, AccountSid: newSid("AC"), ApiVersion: "2010-04-01", From: from, To: "client:user_ana",
      Params: new URLSearchParams(params).toString(), ...more };
    for (const socket of this.sockets) this.send("invite", { callsid: sid, sdp: "v=0\r\n", parameters }, socket);
    return sid;
  }
}

// Another page of the same user may share one's edge.
export async function mockEdge(page, edge = new MockEdge()) {
  await page.routeWebSocket(/^wss:\/\/[a-z.-]+\.twilio\.com\/signal$/, (socket) => {
    edge.sockets.push(socket);
    // The SDK gives up a socket on which nothing comes.
    const heartbeat = setInterval(() => socket.send("\n"), HEARTBEAT_MS).unref();
    socket.onClose(() => clearInterval(heartbeat));
    page.once("close", () => clearInterval(heartbeat));
    socket.onMessage((text) => edge.take(socket, text));
  });
  await page.route(/^https:\/\/[a-z0-9.-]+\.twilio\.com\//, (route) => route.fulfill({ status: 204 }));
  return edge;
}
