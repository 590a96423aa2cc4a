-- routes/leaks.lua: forwarded calls that probably went to a mobile's own voicemail.

local fail = require("hookswitch.fail")
local json = require("json")
local leaks = require("models.leaks")
local reply = require("hookswitch.reply")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local MONTH_MS = 30 * 24 * 3600 * 1000

local FILTER = v.object {
  from = v.instant { optional = true },
  to = v.instant { optional = true, ends = "from" },
  seconds = v.integer { min = 0, max = 120, default = leaks.SECONDS },
}

---@param req Request
local function list(req)
  local to = req.query.to or req.at + 1
  local from = req.query.from or to - MONTH_MS
  if from >= to then
    fail.invalid { from = wrong("before_to") }
  end
  local rows, total = leaks.list(req.user.id, { from = from, to = to, seconds = req.query.seconds })
  return reply.json {
    leaks = json.array(rows), total = total, from = from, to = to, seconds = req.query.seconds,
  }
end

return {
  prefix = "/api/twilio",
  tag = "Calls",
  auth = "user",
  role = "agent",
  { "GET", "/leaks", list, query = FILTER,
    summary = "Phones whose own voicemail probably answers calls (default: 30 days)",
    responses = { [200] = "Leaks" } },
}
