-- models.coverage: what coverage has to know of a number.

local config = require("config")
local contacts = require("models.contacts")
local coverage = require("calls.coverage")
local forwarding = require("models.forwarding")
local json = require("json")
local numbers = require("models.numbers")
local overrides = require("models.overrides")
local rules = require("rules")
local tz = require("tz")

local model = {}

local function about(row)
  local zone = row.timezone
  return {
    number = row, forwarding = forwarding.active(row.id), contact = contacts.somebody(row.user_id),
    zone = zone and tz.exists(zone) and zone or config.get("timezone"), policy = numbers.policy(),
    override = function(at) return overrides.active(row.user_id, row.id, at) end,
  }
end

--- The coverage of numbers by the live rules.
---@param rows table[] of user_phone_numbers
---@param span { from: integer, days: integer, step: integer, online: boolean } milliseconds; days; minutes
---@param progress fun(done: integer, total: integer)?
---@return table
function model.of(rows, span, progress)
  local step = span.step * 60
  local from = span.from // 1000 // step * step
  local options = {
    from = from, to = from + span.days * 24 * 3600, step = step, online = span.online,
    decide = rules.decide, list = rules.list(),
  }
  local found = json.array {}
  for position, row in ipairs(rows) do
    found[position] = coverage.number(about(row), options)
    if progress then
      progress(position, #rows)
    end
  end
  return { from = options.from * 1000, to = options.to * 1000, step_minutes = span.step, online = span.online,
    numbers = found }
end

return model
