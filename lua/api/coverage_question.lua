-- api/coverage_question.lua: which days a request asks coverage of.
--
--   coverage_question.fields(more)      -> fields of the query or body, with these
--   coverage_question.span(asked, at)   -> span of models.coverage; refused if the step doesn't fit

local fail = require("hookswitch.fail")
local team_phones = require("voice.team_phones")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local coverage_question = {}

local HOUR = 60

---@param more table<string, Validator>
---@return table<string, Validator>
function coverage_question.fields(more)
  more.phone_number_id = v.integer { min = 1, optional = true }
  more.days = v.integer { min = 1, max = 31, default = 14 }
  more.step = v.integer { min = 5, max = HOUR, default = 15 }
  more.at = v.instant { optional = true }
  more.online = v.boolean { default = true }
  more.zone = v.zone { optional = true }
  more.limit = v.integer { min = 1, max = 20, default = 10 }
  more.cursor = v.integer { min = 0, optional = true }
  return more
end

---@param asked table
---@param at integer milliseconds: now
---@return table
function coverage_question.span(asked, at)
  if HOUR % asked.step ~= 0 then
    fail.invalid { step = wrong("step") }
  end
  local from = asked.at or at
  return {
    from = from, days = asked.days, step = asked.step, online = asked.online, zone = asked.zone,
    away = team_phones.away(from),
  }
end

return coverage_question
