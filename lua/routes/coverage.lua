-- routes/coverage.lua: who rings in the days to come, for the console's calendar.

local asked_numbers = require("api.asked_numbers")
local coverage = require("models.coverage")
local fail = require("hookswitch.fail")
local limits = require("hookswitch.limits")
local reply = require("hookswitch.reply")
local team_phones = require("voice.team_phones")
local v = require("hookswitch.validate")
local wrong = require("hookswitch.wrong")

local HOUR = 60

local QUESTION = v.object {
  phone_number_id = v.integer { min = 1, optional = true },
  days = v.integer { min = 1, max = 31, default = 14 },
  step = v.integer { min = 5, max = HOUR, default = 15 },
  at = v.instant { optional = true },
  online = v.boolean { default = true },
  zone = v.zone { optional = true },
  limit = v.integer { min = 1, max = 20, default = 10 },
  cursor = v.integer { min = 0, optional = true },
}

---@param req Request
local function show(req)
  local query = req.query
  if HOUR % query.step ~= 0 then
    fail.invalid { step = wrong("step") }
  end
  local rows, next_cursor = asked_numbers(req)
  local found = coverage.of(rows, {
    from = query.at or req.at, days = query.days, step = query.step, online = query.online,
    zone = query.zone, away = team_phones.away(query.at or req.at),
  })
  found.next = next_cursor
  return reply.json(found)
end

return {
  prefix = "/api/twilio",
  tag = "Live rules",
  auth = "user",
  role = "editor",
  { "GET", "/coverage", show, query = QUESTION, limit = limits.coverage, heavy = true,
    summary = "Who rings in the coming days, by number and kind of caller",
    responses = { [200] = "Coverage" } },
}
