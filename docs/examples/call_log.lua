-- call_log.lua: the last calls and why they went where they went.
--
--   build/hookswitch run docs/examples/call_log.lua

local db = require("db")

local calls = db:query([[
  SELECT c.call_sid, c."from", c."to", c.status, c.end_reason, d.source, d.rule, d.plan
  FROM twilio_call_logs AS c LEFT JOIN call_decisions AS d ON d.call_sid = c.call_sid
  WHERE c.parent_call_sid IS NULL ORDER BY c.id DESC LIMIT 10]])
for _, call in ipairs(calls) do
  local ended = call.end_reason and " " .. call.end_reason or ""
  print(("%s  %s -> %s  %s%s"):format(call.call_sid, call.from, call.to, call.status, ended))
  if call.plan then
    local rule = call.rule and ' "' .. call.rule .. '"' or ""
    print(("  decided by %s%s: %s"):format(call.source, rule, call.plan))
  end
end
