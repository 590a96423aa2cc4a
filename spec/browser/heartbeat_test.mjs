// heartbeat_test.mjs: what a browser tells the host of its phone.
import assert from "node:assert/strict";
import { it } from "node:test";
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

it("every report of a tab has a greater number than the one before, whichever phone of the user it is about", (test) => {
  const told = [];
  const open = () => {
    const phone = new Heartbeat({ userId: "eve", post: (_, report) => { told.push(report); return new Promise(() => {}); }, onChange: () => {} });
    test.after(() => { phone.stop(); });
    return phone;
  };
  const [first, second] = [open(), open()];
  first.start();
  first.stop();
  second.start();
  first.start();
  second.stop();
  first.now();
  first.stop();
  assert.deepEqual(told.map(({ registered }) => registered), [true, false, true, true, false, true, false]);
  assert.deepEqual(told.map(({ sequence }) => sequence), [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(new Set(told.map(({ device }) => device)).size, 1);
});

it("an older host, which refuses the number, is told without", async (test) => {
  const told = [];
  const post = async (_, report) => {
    if ("sequence" in report) throw Object.assign(new Error("Some fields are invalid."), { status: 422, fields: { sequence: "There is no such field." } });
    told.push(report.registered);
  };
  const heard = [];
  const phone = new Heartbeat({ userId: "ida", post, onChange: (is) => { heard.push(is); } });
  test.after(() => phone.stop());
  phone.start();
  await new Promise(setImmediate);
  await phone.stop();
  assert.deepEqual([told, heard], [[true, false], [true]]);
});
