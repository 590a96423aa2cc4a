-- app.lua: the list of route files, in order, and where their answers are described.
-- Webhooks come first: a worker only loads the files its requests need.

return {
  schemas = "api.schemas",

  "routes.voice",
  "routes.callbacks",
  "routes.forwarding",
  "routes.browser",
  "routes.auth",
  "routes.numbers",
  "routes.calls",
  "routes.recordings",
  "routes.contacts",
  "routes.callers",
  "routes.overrides",
  "routes.missed",
  "routes.leaks",
  "routes.alerts",
  "routes.replay",
  "routes.coverage",
  "routes.simulate",
  "routes.doctor",
  "routes.events",
  "routes.batch",
  "routes.rules",
  "routes.rule_draft",
  "routes.team",
  "routes.openapi",
  "routes.sandbox",
  "routes.sandbox_phone",
}
