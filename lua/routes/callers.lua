-- routes/callers.lua: a caller who asks to be forgotten.
--
-- With data_scope = user what belongs to the user who asks is erased, with team
-- everything. The number comes in the body: addresses stand in logs of proxies.

local fail = require("hookswitch.fail")
local forget = require("twilio.forget")
local limits = require("hookswitch.limits")
local reply = require("hookswitch.reply")
local scope = require("hookswitch.scope")
local upstream = require("hookswitch.upstream")
local v = require("hookswitch.validate")

local CONFLICTS = { number_owned = true, forwarded_to = true, in_rules = true, call_under_way = true }

---@param req Request
local function erase(req)
  local done, message, code = forget.caller(scope.concerned(req.user.id), req.body.number, req.at)
  if done then
    return reply.json(done)
  elseif CONFLICTS[code] then
    fail(409, code, message)
  elseif code == "busy" then
    fail(503, "store_unavailable", message, nil, { ["Retry-After"] = "5" })
  end
  upstream.fail(message, code)
end

return {
  prefix = "/api/twilio",
  tag = "Contacts",
  auth = "user",
  { "POST", "/callers/forget", erase, body = v.object { number = v.e164() }, limit = limits.forget,
    heavy = true,
    summary = "Forget a caller: calls, recordings, transcripts, contact, and the number wherever it stands",
    responses = { [200] = "Forgotten" } },
}
