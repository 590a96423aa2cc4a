// first_reads.js: what the first page reads, so that one request can fetch it before
// anything is drawn (early.js).

export const sinceMidnight = () => ({ from: new Date().setHours(0, 0, 0, 0) });

// Path and query of each read; the component that shows it uses them too.
export const FIRST = {
  me: ["/api/auth/me"],
  alerts: ["/api/twilio/alerts"],
  stats: ["/api/twilio/stats", sinceMidnight()],
  calls: ["/api/twilio/call-logs", { limit: 100 }], // those that go on are among the newest
  contacts: ["/api/twilio/contacts", { limit: 1000 }], // the most that the API gives at once
  numbers: ["/api/twilio/my-numbers"],
  missed: ["/api/twilio/missed-calls", { state: "open", limit: 20 }],
  now: ["/api/twilio/now", { limit: 50 }],
  overrides: ["/api/twilio/overrides"],
  presence: ["/api/twilio/presence"],
};

const given = (query) => Object.entries(query ?? {}).filter(([, value]) => (value ?? "") !== "")
  .map(([name, value]) => [name, String(value)]);

// "/api/twilio/stats?from=0"; parameters without a value are left out.
export function targetOf(path, query) {
  const text = new URLSearchParams(given(query)).toString();
  return path + (text ? `?${text}` : "");
}

// The query of one request for several reads: [path, query] of each.
export function batchOf(reads) {
  return { gets: JSON.stringify(reads.map(([path, query]) => [path, Object.fromEntries(given(query))])) };
}
