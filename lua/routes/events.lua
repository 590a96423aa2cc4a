-- routes/events.lua: what happens, as it happens, for the console.
--
-- The host serves the stream itself (host/server/answers/events.c), so that no VM waits
-- with it. What happened is told through models/announce.lua.

local limits = require("hookswitch.limits")

local function served_by_the_host()
  error("the host serves this stream", 0)
end

return {
  prefix = "/api/twilio",
  tag = "Events",
  auth = "user",
  role = "agent",
  { "GET", "/events", served_by_the_host, stream = true, limit = limits.events,
    summary = "Server-sent events: ready, reset, call, recording, presence, settings, missed, rules, alerts",
    responses = { [200] = { ["text/event-stream"] = { type = "string" } } } },
}
