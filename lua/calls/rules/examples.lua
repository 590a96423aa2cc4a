-- examples.lua: runs the examples of the rule file.
--
--   examples.check(rules, options)   -> those that don't hold: { number =, why = } each
--   examples.twice(rules, options)   -> those whose time clocks show twice: { number =, why = } each
--   examples.zone(example, options)  -> the zone of its times: the file's, the number's or the setting's
--
-- `rules` is the module of that name: examples(), list(), decide(). An example gives what matters; the rest
-- of the call is ordinary: a phone calls a free line on a Monday at noon.

local caller = require("calls.parties.caller")
local failures = require("calls.rules.failures")
local plan_words = require("calls.plans.words")
local time_input = require("calls.time_input")
local tz = require("tz")

local examples = {}

local NOON = "2026-01-05 12:00"
local TO = "+15005550006"

--- Why no clock shows a time.
local function skipped(text, zone, at)
  local change = tz.next_change(zone, at - 86400)
  local before, after = tz.local_time(zone, change - 60), tz.local_time(zone, change)
  return ('at = "%s": clocks in %s skip this time, %02d:%02d is followed by %02d:%02d'):format(text, zone,
    before.hour, before.min, after.hour, after.min)
end

--- A time that clocks show twice, with its offset from UTC.
local function with_offset(text, offset)
  return ('"%s%s%02d:%02d"'):format(text:match("^%S+[ T]%d%d:%d%d"):gsub(" ", "T"), offset < 0 and "-" or "+",
    math.abs(offset) // 3600, math.abs(offset) % 3600 // 60)
end

local function twice(text, zone, at)
  local first, second = tz.local_time(zone, at), tz.local_time(zone, tz.next_change(zone, at))
  return ('at = "%s": clocks in %s show this time twice; the first is meant, %s, or else write %s'):format(
    text,
    zone, with_offset(text, first.offset), with_offset(text, second.offset))
end

---@param at string|integer|nil "2026-11-22 03:00", with seconds and a zone if wanted; or seconds since 1970
---@param zone string IANA name, for a time without one
---@return integer? epoch seconds
---@return string? message
---@return string? twice its other spellings, when clocks show the time twice
local function moment_of(at, zone)
  if math.type(at) == "integer" then
    return at
  end
  local text = tostring(at or NOON)
  local ms, message, kind, of_zone
  if text:find("%d[ T]%d%d:%d%d") then ms, message, kind, of_zone = time_input.written(text, zone) end
  if ms and kind == "gap" then
    return nil, skipped(text, of_zone, ms // 1000)
  elseif ms then
    return ms // 1000, nil, kind == "overlap" and twice(text, of_zone, ms // 1000) or nil
  end
  return nil, message or ('can\'t read at = "%s" as a time; try "2026-11-22 03:00"'):format(text)
end

---@class ExampleOptions
---@field zone string the configuration's
---@field calendar Calendar[]? of the file's hours and rotas
---@field facts ProofFacts? what is known about the account

--- The first zone of the file's hours and rotas, and whether it is the only one.
local function file_zone(options)
  local first, only = nil, true
  for _, entry in ipairs(options.calendar or {}) do
    first = first or entry.zone
    only = only and entry.zone == first
  end
  return first, only
end

--- The zone of a number of the account, by default the first.
local function number_zone(options, phone)
  for _, entry in ipairs(options.facts and options.facts.numbers or {}) do
    local number = entry.number
    if phone == nil or number.phone_number == phone then
      return type(number.timezone) == "string" and tz.exists(number.timezone) and number.timezone or nil
    end
  end
end

---@param example table
---@param options ExampleOptions
---@return string
function examples.zone(example, options)
  local own = type(example.number) == "table" and example.number.timezone
  local of_file, only = file_zone(options)
  if type(own) == "string" then
    return own
  elseif only and of_file then
    return of_file
  end
  return number_zone(options, example.to) or of_file or options.zone
end

--- `given` over `usual`, one level deep.
local function filled(given, usual)
  for key, value in pairs(type(given) == "table" and given or {}) do
    usual[key] = value
  end
  return usual
end

---@param example table
---@param zone string
---@return CallInput?
---@return string? message
function examples.input(example, zone)
  local at, message = moment_of(example.at, zone)
  if not at then
    return nil, message
  end
  local from = example.from or "+15005550100"
  local class = caller.classify(from)
  local usual = {
    from = from,
    to = example.to or TO,
    at = at,
    forwarding = {},
    lookups = {},
    owner = filled(example.owner, { id = "1" }),
    line = filled(example.line, { busy = false, online = false }),
    number = filled(example.number, {
      id = 1, phone_number = example.to or TO, timezone = zone, is_active = 1,
    }),
    caller = filled(example.caller, {
      kind = class.kind, anonymous = class.anonymous, tags = {}, blocked = false, prior_calls = 0,
    }),
  }
  for key, value in pairs(example) do
    if usual[key] == nil and key ~= "expect" then
      usual[key] = value
    end
  end
  usual.forwarding = type(example.forwarding) == "table" and example.forwarding or usual.forwarding
  usual.lookups = type(example.lookups) == "table" and example.lookups or usual.lookups
  return usual
end

--- A time as the example gives it, with its zone.
local function moment_words(at, zone)
  local text = tostring(at or NOON)
  return (text:find("%a[%w_+-]*/?[%w_/+-]*$") or math.type(at)) and text or ("%s (%s)"):format(text, zone)
end

--- Why an example doesn't hold, or nil.
local function fault(rules, example, options)
  local zone = examples.zone(example, options)
  local input, message = examples.input(example, zone)
  if not input then
    return message
  end
  local ok, index, plan = rules.decide(input)
  if not ok then
    local line, text = index:match("^forwarding%.lua:(%d+): (.*)$")
    line = math.tointeger(line)
    return failures.words(text or index, options.t, line), line, plan == "time" or nil
  end
  local rule = index and rules.list()[index]
  plan = plan or (rule and rule.plan)
  if plan_words.matches(plan, example.expect) then
    return nil
  end
  local by = rule and (' by rule "%s"'):format(rule.name) or ""
  return ('the call from %s at %s goes to "%s"%s, expected "%s"'):format(
    input.from, moment_words(example.at, zone), plan_words.plan(plan), by, example.expect)
end

---@param rules table the module rules, or one that answers like it
---@param options ExampleOptions
---@return { number: integer, why: string }[]
function examples.twice(rules, options)
  local found = {}
  for number, example in ipairs(rules.examples()) do
    local _, _, why = moment_of(example.at, examples.zone(example, options))
    if why then found[#found + 1] = { number = number, why = why } end
  end
  return found
end

---@param rules table the module rules, or one that answers like it
---@param options ExampleOptions
---@return { number: integer, why: string, line: integer?, late: boolean? }[] those that do not hold; the
--- line of a rule that fails; late: it ran out of time
function examples.check(rules, options)
  local found = {}
  for number, example in ipairs(rules.examples()) do
    local why, line, late = fault(rules, example, options)
    if why then found[#found + 1] = { number = number, why = why, line = line, late = late } end
  end
  return found
end

return examples
