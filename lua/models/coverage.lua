-- models.coverage: what the coverage calendar needs to know about numbers.

local changes = require("calls.coverage.changes")
local config = require("config")
local contacts = require("models.contacts")
local console_forwarding = require("calls.plans.console_forwarding")
local coverage = require("calls.coverage.coverage")
local db = require("db")
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

-- The earlier of two moments; either may be nil.
local function earlier(one, other)
  return one and other and math.min(one, other) or one or other
end

local function about(row, readers, away)
  local settings = forwarding.active(row.id, row.user_id)
  return {
    number = row, forwarding = settings, contact = contacts.somebody(row.user_id),
    away = away, zone = zone_of(row, readers), policy = numbers.policy(),
    override = function(at)
      local ends_at = console_forwarding.next_end(settings, at)
      local change = earlier(overrides.next_change(row.user_id, at), ends_at)
      return overrides.active(row.user_id, row.id, at), change
    end,
  }
end

local function worked_out(rows, zone, options, progress)
  local abouts = {}
  for position, row in ipairs(rows) do
    abouts[position] = about(row, zone, options.away)
  end
  return coverage.of(abouts, options, progress)
end

-- As coverage.of takes them; `ruleset`: the module rules, or rules that are tried.
local function options_of(span, ruleset, away)
  local step = span.step * 60
  local from = span.from // 1000 // step * step
  return {
    from = from, to = from + span.days * 24 * 3600, step = step, online = span.online,
    decide = ruleset.decide, list = ruleset.list(), away = away,
  }
end

local function answer(span, options, found)
  return { from = options.from * 1000, to = options.to * 1000, step_minutes = span.step, online = span.online,
    numbers = found }
end

local MOST = 4
local kept, count, generation = {}, 0, nil

-- The last answers of the live rules (whose VMs this one is made with), until the settings change.
local function remembered(rows, zone, options)
  local names = { options.from, options.to, options.step, tostring(options.online), zone or "" }
  for _, row in ipairs(rows) do
    names[#names + 1] = row.id
  end
  local key, current = table.concat(names, " "), db:generation()
  if current ~= generation or count >= MOST and not kept[key] then
    kept, count, generation = {}, 0, current
  end
  if not kept[key] then
    kept[key], count = worked_out(rows, zone, options), count + 1
  end
  return kept[key]
end

--- The coverage of numbers by the live rules.
---@param rows table[] of user_phone_numbers
---@param span { from: integer, days: integer, step: integer, online: boolean, zone: string?, away: table? }
--- milliseconds, days, minutes; the zone of numbers that have none, where the server's isn't set either; who
--- is away, as in CallInput
---@param progress fun(done: integer, total: integer)? who shows it doesn't ask twice
---@return table
function model.of(rows, span, progress)
  local options = options_of(span, rules, span.away)
  local found = progress and worked_out(rows, span.zone, options, progress)
    or remembered(rows, span.zone, options)
  return answer(span, options, found)
end

--- The coverage by other rules; times at which calls go elsewhere than by the live ones have a `before`.
---@param rows table[]
---@param span table as of model.of
---@param tried TrialRules
---@param away table? who is away then
---@return table
function model.compared(rows, span, tried, away)
  local options = options_of(span, rules, span.away)
  local then_options = options_of(span, tried, away)
  options.plans, then_options.plans = true, true
  local now, found = worked_out(rows, span.zone, options), worked_out(rows, span.zone, then_options)
  for position, number in ipairs(found) do
    for k, class in ipairs(number.classes) do
      class.spans = changes.marked(now[position].classes[k].spans, class.spans)
    end
  end
  return answer(span, options, found)
end

return model
