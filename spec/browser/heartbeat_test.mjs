// heartbeat_test.mjs: what a browser tells the host of its phone, in the order in which the host hears it.
import assert from "node:assert/strict";
import { it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Heartbeat } from "../../web/src/calling/heartbeat.js";

it("two users of a tab have a phone each: the goodbye of one, sent with the other's login, doesn't end the other's", (test) => {
  const names = [];
  for (const userId of ["ana", "joe", "ana"]) {
    const phone = new Heartbeat({ userId, post: async (_, { device }) => { names.push(device); }, onChange: () => {} });
    phone.start();
    test.after(() => { phone.stop(); });
  }
  assert.deepEqual([names[0] === names[1], names[0] === names[2]], [false, true]);
});

it("a phone that goes and comes back twice is heard after the last of its goodbyes", async (test) => {
  const requests = [];
  const post = (_, { registered }) => new Promise((resolve) => requests.push({ registered, resolve }));
  const said = async () => { await turn(); return requests.map(({ registered }) => registered); };
  const phone = new Heartbeat({ post, onChange: () => {} });
  test.after(() => { phone.stop(); });
  phone.start();
  assert.deepEqual(await said(), [true]);
  requests[0].resolve();
  await turn();
  phone.stop();
  phone.start();
  phone.stop();
  phone.start();
  assert.deepEqual(await said(), [true, false, false]);
  requests[2].resolve(); // the first goodbye is still on its way
  assert.deepEqual(await said(), [true, false, false]);
  requests[1].resolve();
  assert.deepEqual([...new Set((await said()).slice(3))], [true]);
});
