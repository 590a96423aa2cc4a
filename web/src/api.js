// api.js: how the console and the components talk to the host.
//
//   const api = createApi({ baseUrl: "https://phone.example.com", token: () => session.token });
//   const { call_logs } = await api.get("/api/twilio/call-logs", { query: { limit: 20 } });
//   await api.post("/api/call-forwarding", { phone_number_id: 2, … });
//
// Whatever goes wrong is thrown as an ApiError whose message can be shown to people.
import { hearDate } from "./clock.js";
import { batchOf, targetOf } from "./first_reads.js";
import { hostWords, plural, t } from "./text/text.js";

export class ApiError extends Error {
  // status 0: there was no answer at all.
  constructor(status, code, message, more = {}) {
    super(message);
    const { fields, foreignFields, reasons, details, requestId, retryAfter, foreign = false } = more;
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields ?? {}; // what is wrong with which field of the body
    this.foreignFields = foreignFields ?? Object.keys(this.fields); // those that the host's own words are about
    this.reasons = reasons ?? {}; // the same as codes, of those that have one
    this.details = details;
    this.requestId = requestId;
    this.retryAfter = retryAfter; // seconds
    this.foreign = foreign; // the host's own words, which are English
  }

  // The row as it is now, if it has changed since it was read (ifMatch).
  get current() {
    return this.status === 412 ? this.details?.current : undefined;
  }

  // Might the same request succeed a little later?
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }

  // Hookswitch said that the token or the login isn't valid; an application whose `token` function failed said nothing.
  get isRefusal() {
    return this.status === 401 && this.code !== "token_failed";
  }

  // Hookswitch didn't answer: nothing did, or a proxy did in its place.
  get isUnreachable() {
    return this.status === 0 || (this.status >= 502 && this.code === "unexpected");
  }
}

const words = () => ({
  401: t("You have been signed out."),
  403: t("You aren’t allowed to do that."),
  404: t("Not found."),
  413: t("That is too large."),
  429: t("Too many requests at once."),
  500: t("Hookswitch made a mistake. Its log says more."),
  502: t("Twilio did not answer as it should; try again in a moment."),
  503: t("Hookswitch is busy or has no connection to Twilio; try again in a moment."),
});

function wordsFor(status) {
  return words()[status] ?? t("The answer was unexpected ({status}).", { status });
}

// The end of a message: how long to wait, by Retry-After.
function waitWords(status, seconds) {
  if (status !== 429) return "";
  if (!seconds) return ` ${t("Try again in a moment.")}`;
  if (seconds < 90) return ` ${plural(seconds, "Try again in {n} second.", "Try again in {n} seconds.")}`;
  return ` ${plural(Math.ceil(seconds / 60), "Try again in {n} minute.", "Try again in {n} minutes.")}`;
}

// The error for an answer: in the API's own words if there are any; a proxy may
// have answered instead.
async function errorOf(answer) {
  const error = await answer.json().then((body) => body?.error, () => undefined);
  const retryAfter = Number(answer.headers.get("Retry-After")) || undefined;
  if (typeof error?.message !== "string") {
    return new ApiError(answer.status, "unexpected", wordsFor(answer.status) + waitWords(answer.status, retryAfter), { retryAfter });
  }
  return errorIn(answer.status, error, retryAfter);
}

// In the reader's language, if that has words for the code.
async function errorIn(status, error, retryAfter) {
  const { code, message, fields: theirs = {}, reasons, details, request_id: requestId } = error;
  const host = await hostWords();
  const own = host?.refusalWords(code);
  const text = (own ?? message) + waitWords(status, retryAfter);
  const fields = { ...theirs };
  for (const name of Object.keys(fields)) fields[name] = host?.fieldWords(reasons?.[name]) ?? theirs[name];
  const foreignFields = Object.keys(fields).filter((name) => fields[name] === theirs[name]);
  const more = { fields, foreignFields, reasons, details, requestId, retryAfter };
  return new ApiError(status, code, text, { ...more, foreign: !own });
}

// Options for a change that is only made if the row is still as it was read:
//   api.put(`/api/call-forwarding/${row.id}`, { ring_timeout: 30 }, ifMatch(row))
export function ifMatch(row) {
  return row?.etag ? { headers: { "If-Match": row.etag } } : {};
}

// How often TanStack Query tries a GET again, and how long it waits: until there is
// an answer when Hookswitch can't be reached, which a page says meanwhile (states.jsx).
export const retrying = {
  retry: (count, error) => error instanceof ApiError && (error.isUnreachable || (error.isTemporary && count < 3)),
  retryDelay: (count, error) => Math.min(error.isUnreachable ? 5000 : 30_000, 1000 * (error.retryAfter ?? 2 ** count)),
};

// Reads made together at the start go in one request: a page needs a dozen to open.
// `json` sends it; reads that it doesn't answer are sent on their own.
function gathering(json) {
  let waiting = [];
  let over = false;

  function answered({ path, options, resolve, reject }, { status, body }) {
    if (status < 300) resolve(body);
    else if (body.error.code === "not_in_batch") json("GET", path, options).then(resolve, reject);
    else errorIn(status, body.error).then(reject);
  }

  async function send() {
    const list = waiting;
    waiting = [];
    over = list.length > 1;
    if (!over) return json("GET", list[0].path, list[0].options).then(list[0].resolve, list[0].reject);
    const query = batchOf(list.map(({ path, options }) => [path, options?.query]));
    return json("GET", "/api/twilio/batch", { query }).then(
      ({ answers }) => list.forEach((one, at) => answered(one, answers[at])),
      (problem) => {
        over = false; // who signs in reads it again
        // Perhaps only this request failed, not the reads in it.
        const isAlone = problem instanceof ApiError && problem.status !== 401 && !problem.isTemporary;
        list.forEach(({ path, options, resolve, reject }) =>
          (isAlone ? json("GET", path, options).then(resolve, reject) : reject(problem)));
      });
  }

  return (path, options) => {
    const { headers, quiet, keepalive } = options ?? {};
    if (over || headers || quiet || keepalive) return json("GET", path, options);
    return new Promise((resolve, reject) => {
      if (waiting.push({ path, options, resolve, reject }) === 1) queueMicrotask(send);
    });
  };
}

function headersOf(base, body, value) {
  return {
    // A page of our own: the cookie may count. Another origin's page has a token.
    ...(base ? {} : { "X-Requested-With": "hookswitch" }),
    ...(value ? { Authorization: `Bearer ${value}` } : {}),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
}

// Sends requests with the user's token. `request` returns the answer, whole, `json` what it holds; both throw a
// refusal.
function sender({ base, token, onSignedOut, early }) {
  // The application's own function: when it fails, Hookswitch isn't to blame.
  async function tokenNow(quiet) {
    try {
      return await token();
    } catch (problem) {
      const error = new ApiError(401, "token_failed", problem?.message || String(problem), { foreign: true });
      if (!quiet) onSignedOut(error);
      throw error;
    }
  }

  async function request(method, path, { query, body, signal, headers, keepalive = false, quiet = false } = {}) {
    const value = await tokenNow(quiet);
    const sent = { token: value, at: performance.now() };
    let answer;
    try {
      const url = base + targetOf(path, query);
      answer = await ((method === "GET" && early?.(url)) || fetch(url, {
        method, signal, keepalive,
        credentials: base ? "omit" : "same-origin",
        headers: { ...headersOf(base, body, value), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      }));
    } catch (problem) {
      if (signal?.aborted) throw problem;
      throw new ApiError(0, "unreachable",
        t("Hookswitch can’t be reached. Check your connection."));
    }
    hearDate(answer.headers.get("date"));
    if (answer.ok) return answer;
    const error = await errorOf(answer);
    if (error.status === 401 && !quiet) onSignedOut(error, sent);
    throw error;
  }

  async function json(method, path, options) {
    const answer = await request(method, path, options);
    if (answer.status === 204) return undefined;
    return answer.json().catch((problem) => {
      if (options?.signal?.aborted) throw problem;
      throw new ApiError(answer.status, "unexpected", t("The answer could not be read."));
    });
  }

  return { request, json };
}

/**
 * @param {object} options
 * @param {string} [options.baseUrl] where the host is; default: the page's own origin
 * @param {() => string|undefined|Promise<string|undefined>} [options.token] the user's token. Without
 *   one, the cookie of the console's own login counts.
 * @param {(error: ApiError, sent?: { token?: string, at: number }) => void} [options.onSignedOut] the token or login
 *   of a request is no longer valid; `sent.at` is when the request was sent (`performance.now()`)
 * @param {boolean} [options.gather] the first reads of the page go in one request
 * @param {(url: string) => Promise<Response>|undefined} [options.early] takes an answer that was asked for earlier
 */
export function createApi({ baseUrl = "", token = () => undefined, onSignedOut = () => {}, gather = false, early } = {}) {
  const base = baseUrl.replace(/\/+$/, "");
  const { request, json } = sender({ base, token, onSignedOut, early });
  return {
    base, request,
    token,
    get: gather ? gathering(json) : (path, options) => json("GET", path, options),
    farewells: new Set(), // functions to wait for before the login ends
    renewals: new Set(), // functions to call when there is another token
    post: (path, body, options) => json("POST", path, { ...options, body }),
    put: (path, body, options) => json("PUT", path, { ...options, body }),
    patch: (path, body, options) => json("PATCH", path, { ...options, body }),
    delete: (path, options) => json("DELETE", path, options),
    url: (path, query) => base + targetOf(path, query),
  };
}
