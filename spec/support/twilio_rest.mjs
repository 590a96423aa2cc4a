// twilio_rest.mjs: a small Twilio REST API for specs of our client: numbers,
// the TwiML App, calls and recordings, with a script of what goes wrong.
//
//   const twilio = await TwilioRest.start();
//   server: config { twilio_api_base_url: twilio.base, ...twilio.credentials }
//   twilio.once("POST IncomingPhoneNumbers", { cut: true });   acts, then hangs up
//   twilio.requests      what came: { method, resource, query, form, … }
//   await twilio.stop()  throws when a request broke Twilio's OpenAPI document
//
// What can happen to a request: { status, body, headers } a fixed answer instead
// of acting · { delay: ms } · { hang: true } no answer, nothing done · { reset:
// true } the connection ends, nothing done · { cut: true } done, and the
// connection ends in the middle of the answer · { late: ms or a promise } done,
// answered later · { halves: ms } the second half of the answer comes later ·
// { malformed: true } done, and the answer is not JSON.
import { randomBytes } from "node:crypto";
import http from "node:http";
import { openapiCheck } from "./openapi_check.mjs";

export const ACCOUNT = `AC${"a1".repeat(16)}`;
const AUTH_TOKEN = "12345678901234567890123456789012";
const sid = (prefix) => prefix + randomBytes(16).toString("hex");
const error = (status, code, message) => ({ status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } });
const NOT_FOUND = error(404, 20404, "The requested resource was not found");
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).slice(1);
const fields = (form) => Object.fromEntries(form.map(([name, value]) => [snake(name), value]));

// RFC 2822 in UTC, whole seconds, as Twilio writes it.
const rfc2822 = (ms) => (ms === null ? null : new Date(ms).toUTCString().replace("GMT", "+0000"));

export class TwilioRest {
  credentials = { twilio_account_sid: ACCOUNT, twilio_auth_token: AUTH_TOKEN };
  requests = [];
  problems = [];
  plans = []; // [pattern, what happens]
  numbers = new Map();
  applications = new Map();
  calls = [];
  messages = [];
  recordings = new Map(); // sid -> sound
  recorded = []; // what Recordings shows
  pageMost = Infinity; // resources on a page, whatever was asked for
  datesOnly = false; // does a filter by time look at the date alone, as the OpenAPI document writes it?
  available = { US: { Local: [], TollFree: [] } };
  account = { status: "active", type: "Full", friendly_name: "Test" };
  keys = {}; // secrets of API keys, by sid
  clockOffset = 0; // seconds that our clock is ahead

  static async start() {
    const it = new TwilioRest();
    it.check = openapiCheck();
    it.server = http.createServer((request, response) => it.handle(request, response).catch((problem) => {
      it.problems.push(problem.stack);
      response.destroy();
    }));
    await new Promise((resolve) => it.server.listen(0, "127.0.0.1", resolve));
    it.server.unref();
    it.base = `http://127.0.0.1:${it.server.address().port}`;
    return it;
  }

  get config() {
    return { twilio_api_base_url: this.base, ...this.credentials };
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    if (this.problems.length) throw new Error(`requests that Twilio would not take:\n${this.problems.join("\n")}`);
  }

  // The next request of that kind, only.
  once(pattern, what) {
    this.plans.push([pattern, what]);
  }

  // Requests of one kind, "POST IncomingPhoneNumbers".
  seen(pattern) {
    return this.requests.filter((r) => `${r.method} ${r.resource}`.startsWith(pattern));
  }

  reset() {
    this.requests.length = 0;
    this.plans.length = 0;
  }

  offer(phone, more = {}) {
    const kind = /^\+1(800|833|844|855|866|877|888)/.test(phone) ? "TollFree" : "Local";
    this.available.US[kind].push({ phone_number: phone, friendly_name: phone, locality: "Oakland", region: "CA", iso_country: "US",
      capabilities: { voice: true, SMS: true, MMS: false }, address_requirements: "none", beta: false, ...more });
  }

  own(phone, more = {}) {
    const number = { sid: sid("PN"), account_sid: ACCOUNT, phone_number: phone, friendly_name: phone,
      capabilities: { voice: true, sms: true, mms: true }, voice_url: "", voice_application_sid: null, trunk_sid: null, ...more };
    this.numbers.set(number.sid, number);
    return number;
  }

  // A leg: made, answered and ended at (milliseconds; null when it was not).
  call({ from = "+14155550123", to, parent = null, status = "completed", made, answered = null, ended = null, price = null, direction, ...more }) {
    const talked = status === "completed" && answered !== null;
    const call = { sid: sid("CA"), account_sid: ACCOUNT, parent_call_sid: parent, from, to, status,
      direction: direction ?? (parent ? "outbound-dial" : "inbound"), date_created: rfc2822(made),
      start_time: rfc2822(answered), end_time: rfc2822(status === "completed" ? ended : null),
      duration: talked && ended !== null ? String(Math.round((ended - answered) / 1000)) : null, price, price_unit: "USD",
      answered_by: null, ...more };
    this.calls.push(call);
    return call;
  }

  recording({ call, source = "RecordVerb", status = "completed", began, seconds = 5, ...more }) {
    const one = { sid: sid("RE"), account_sid: ACCOUNT, call_sid: call, status, source, channels: source === "RecordVerb" ? 1 : 2,
      date_created: rfc2822(began), start_time: rfc2822(began), duration: status === "completed" ? String(seconds) : null,
      error_code: status === "absent" ? 16102 : null, price: null, price_unit: "USD", ...more };
    this.recorded.push(one);
    return one;
  }

  async handle(request, response) {
    const url = new URL(request.url, this.base);
    let text = "";
    try {
      for await (const part of request) text += part;
    } catch (problem) {
      if (request.complete) throw problem;
      return; // whoever asked went away before the request was whole: Twilio never had it
    }
    const query = [...url.searchParams];
    const form = [...new URLSearchParams(text)];
    const resource = url.pathname.replace(`/2010-04-01/Accounts/${ACCOUNT}/`, "").replace(/\.json$/, "");
    const seen = { method: request.method, resource, path: url.pathname, query: Object.fromEntries(query), form: Object.fromEntries(form),
      headers: request.headers, at: Date.now() };
    this.requests.push(seen);
    if (url.pathname === "/") return this.reply(response, { status: 404 }); // the doctor looks at our clock
    // The document is that of calls and numbers: it has neither media nor text messages.
    if (this.check && !/(Recordings\/\w+\.(wav|mp3)|\/Messages\.json)$/.test(url.pathname))
      this.problems.push(...this.check({ method: request.method, path: url.pathname, query, form }));
    if (request.method === "POST" && request.headers["content-type"] !== "application/x-www-form-urlencoded")
      this.problems.push(`POST ${resource} as ${request.headers["content-type"]}`);
    const at = this.plans.findIndex(([pattern]) => `${request.method} ${resource}`.startsWith(pattern));
    const what = at < 0 ? {} : this.plans.splice(at, 1)[0][1];
    await this.answer(seen, form, what, response);
  }

  async answer(seen, form, what, response) {
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    if (what.delay) await pause(what.delay);
    if (what.hang) return;
    if (what.reset) return response.destroy();
    const refused = this.refuse(seen);
    const result = refused ?? (what.status ? what : this.act(seen, form));
    if (what.late) await (what.late.then ? what.late : pause(what.late));
    this.reply(response, result, what);
  }

  reply(response, result, what = {}) {
    const data = Buffer.isBuffer(result.body) ? result.body
      : result.body === undefined ? Buffer.alloc(0)
        : Buffer.from(typeof result.body === "string" ? result.body : JSON.stringify(result.body));
    const headers = { "Content-Type": "application/json", Date: new Date(Date.now() + this.clockOffset * 1000).toUTCString(),
      ...(what.chunked ? {} : { "Content-Length": data.length }), ...result.headers };
    if (what.malformed) {
      response.writeHead(result.status, { ...headers, "Content-Length": 9 });
      response.end('{"sid": "');
      return;
    }
    response.writeHead(result.status, headers);
    if (what.cut) {
      response.write(data.subarray(0, data.length >> 1));
      setTimeout(() => response.destroy(), 20);
      return;
    }
    if (what.halves) {
      response.write(data.subarray(0, data.length >> 1));
      setTimeout(() => response.end(data.subarray(data.length >> 1)), what.halves);
      return;
    }
    response.end(data);
  }

  refuse({ headers }) {
    const known = [[ACCOUNT, AUTH_TOKEN], ...Object.entries(this.keys)];
    const expected = known.map((pair) => `Basic ${Buffer.from(pair.join(":")).toString("base64")}`);
    return expected.includes(headers.authorization) ? null : error(401, 20003, "Authenticate");
  }

  act(seen, form) {
    const { method, resource } = seen;
    const [name, id, kind] = resource.split("/");
    if (seen.path === `/2010-04-01/Accounts/${ACCOUNT}.json`) return { status: 200, body: { sid: ACCOUNT, ...this.account } };
    if (name === "AvailablePhoneNumbers") return this.search(id, kind, seen.query);
    if (name === "IncomingPhoneNumbers") return this.incoming(method, id, seen.query, form);
    if (name === "Applications") return this.application(method, id, seen.query, form);
    if (name === "Messages" && method === "POST") return this.message(fields(form));
    if (name === "Calls" && !id) return this.list("calls", this.listedCalls(seen.query), seen);
    if (name === "Calls" && !kind) return this.found(this.calls.find((c) => c.sid === id));
    if (name === "Recordings" && !id) return this.list("recordings", this.listedRecordings(seen.query), seen);
    if (name === "Recordings") return this.sound(method, id, seen.headers);
    return NOT_FOUND;
  }

  search(country, kind, query) {
    const list = this.available[country]?.[kind];
    if (!list) return NOT_FOUND;
    const fits = (n) => (!query.AreaCode || n.phone_number.slice(2, 5) === query.AreaCode)
      && (!query.Contains || n.phone_number.includes(query.Contains.replace(/[*%]/g, "")))
      && (!query.InLocality || n.locality === query.InLocality);
    return { status: 200, body: { available_phone_numbers: list.filter(fits).slice(0, Number(query.PageSize ?? 50)) } };
  }

  list(key, all, { path, query }) {
    const size = Math.min(Number(query.PageSize ?? 50), this.pageMost);
    const page = Number(query.Page ?? 0);
    const next = new URLSearchParams({ ...query, Page: String(page + 1) });
    return { status: 200, body: { [key]: all.slice(page * size, (page + 1) * size), page, page_size: size,
      next_page_uri: all.length > (page + 1) * size ? `${path}?${next}` : null } };
  }

  incoming(method, id, query, form) {
    const path = `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers.json`;
    if (method === "GET" && !id)
      return this.list("incoming_phone_numbers", [...this.numbers.values()].filter((n) => !query.PhoneNumber || n.phone_number.includes(query.PhoneNumber)), { path, query });
    if (method === "POST" && !id) return this.buy(fields(form));
    const number = this.numbers.get(id);
    if (!number) return NOT_FOUND;
    if (method === "DELETE") {
      this.numbers.delete(id);
      return { status: 204 };
    }
    if (method === "POST") Object.assign(number, fields(form));
    return { status: 200, body: number };
  }

  buy(wanted) {
    const mine = [...this.numbers.values()].find((n) => n.phone_number === wanted.phone_number);
    if (mine) return { status: 201, body: Object.assign(mine, wanted, { status: "in-use" }) };
    for (const list of Object.values(this.available.US)) {
      const at = list.findIndex((n) => n.phone_number === wanted.phone_number);
      if (at >= 0) {
        const [offer] = list.splice(at, 1);
        return { status: 201, body: this.own(offer.phone_number, { capabilities: offer.capabilities, ...wanted }) };
      }
    }
    return error(400, 21422, `PhoneNumber ${wanted.phone_number} is not available`);
  }

  application(method, id, query, form) {
    const path = `/2010-04-01/Accounts/${ACCOUNT}/Applications.json`;
    if (method === "GET" && !id)
      return this.list("applications", [...this.applications.values()].filter((a) => !query.FriendlyName || a.friendly_name === query.FriendlyName), { path, query });
    if (method === "POST" && !id) {
      const made = { sid: sid("AP"), account_sid: ACCOUNT, ...fields(form) };
      this.applications.set(made.sid, made);
      return { status: 201, body: made };
    }
    const application = this.applications.get(id);
    if (!application) return NOT_FOUND;
    if (method === "POST") Object.assign(application, fields(form));
    return { status: 200, body: application };
  }

  message(wanted) {
    const code = { "+15005550001": 21211, "+15005550004": 21610, "+15005550009": 21614 }[wanted.to];
    if (code) return error(400, code, `${wanted.to} takes no text messages`);
    const made = { sid: sid("SM"), account_sid: ACCOUNT, status: "queued", direction: "outbound-api", ...wanted };
    this.messages.push(made);
    return { status: 201, body: made };
  }

  found(resource) {
    return resource ? { status: 200, body: resource } : NOT_FOUND;
  }

  // "on or after this date", "before this date"; what has no time is in no range.
  inRange(query, name, value) {
    const cut = (time) => (this.datesOnly ? Date.parse(String(time).slice(0, 10)) : Date.parse(time));
    const [from, to] = [query[`${name}>`], query[`${name}<`]];
    if (!from && !to) return true;
    return value !== null && (!from || Date.parse(value) >= cut(from)) && (!to || Date.parse(value) < cut(to));
  }

  // The newest first.
  listedCalls(query) {
    return [...this.calls].sort((a, b) => Date.parse(b.date_created) - Date.parse(a.date_created)).filter((c) =>
      (!query.ParentCallSid || c.parent_call_sid === query.ParentCallSid) && (!query.Status || c.status === query.Status)
      && (!query.From || c.from === query.From) && (!query.To || c.to === query.To)
      && this.inRange(query, "StartTime", c.start_time) && this.inRange(query, "EndTime", c.end_time));
  }

  listedRecordings(query) {
    return this.recorded.filter((r) => (!query.CallSid || r.call_sid === query.CallSid) && this.inRange(query, "DateCreated", r.date_created));
  }

  sound(method, id, headers) {
    const [name, extension] = (id ?? "").split(".");
    const sound = this.recordings.get(name);
    if (!sound) return NOT_FOUND;
    if (method === "DELETE") {
      this.recordings.delete(name);
      return { status: 204 };
    }
    if (!extension) return { status: 200, body: { sid: name, status: "completed" } };
    const type = { "Content-Type": extension === "mp3" ? "audio/mpeg" : "audio/x-wav", "Accept-Ranges": "bytes" };
    const range = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "");
    if (!range) return { status: 200, body: sound, headers: type };
    const first = range[1] ? Number(range[1]) : sound.length - Number(range[2]);
    const last = Math.min(range[1] && range[2] ? Number(range[2]) : Infinity, sound.length - 1);
    if (first >= sound.length) return { status: 416, headers: { "Content-Range": `bytes */${sound.length}` } };
    return { status: 206, body: sound.subarray(first, last + 1), headers: { ...type, "Content-Range": `bytes ${first}-${last}/${sound.length}` } };
  }
}
