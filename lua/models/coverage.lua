-- models.coverage: what coverage has to know of a number.

local config = require("config")
local contacts = require("models.contacts")
local coverage = require("calls.coverage")
local forwarding = require("models.forwarding")
local numbers = require("models.numbers")
local overrides = require("models.overrides")
local rules = require("rules")
local tz = require("tz")

local model = {}

-- Its own zone, or the server's, or the reader's.
local function zone_of(row, readers)
  local zone = row.timezone
  if zone and tz.exists(zone) then
    return zone
  end
  return numbers.default_zone() or readers or config.get("timezone")
end

local function about(row, readers)
  return {
    number = row, forwarding = forwarding.active(row.id), contact = contacts.somebody(row.user_id),
    zone = zone_of(row, readers), policy = numbers.policy(),
    override = function(at) return overrides.active(row.user_id, row.id, at) end,
  }
end

--- The coverage of numbers by the live rules.
---@param rows table[] of user_phone_numbers
---@param span { from: integer, days: integer, step: integer, online: boolean, zone: string? } milliseconds,
--- days, minutes; the zone of numbers that have none, where the server's isn't set either
---@param progress fun(done: integer, total: integer)?
---@return table
function model.of(rows, span, progress)
  local step = span.step * 60
  local from = span.from // 1000 // step * step
  local options = {
    from = from, to = from + span.days * 24 * 3600, step = step, online = span.online,
    decide = rules.decide, list = rules.list(),
  }
  local abouts = {}
  for position, row in ipairs(rows) do
    abouts[position] = about(row, span.zone)
  end
  local found = coverage.of(abouts, options, progress)
  return { from = options.from * 1000, to = options.to * 1000, step_minutes = span.step, online = span.online,
    numbers = found }
end

return model
