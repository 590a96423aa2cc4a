-- coverage.lua: who rings when, in the coming days.
--
--   coverage.of(abouts, options, progress)   -> NumberCoverage of each
--
-- A call is made up every few minutes for each number and class of caller, and decided by the current rules
-- and settings; equal neighbours become one span. The future isn't known: it assumes a free line, first-time
-- callers, and lookups without an answer.

local compare = require("calls.plans.compare")
local Cache = require("calls.cache")
local decide = require("calls.rules.decide")
local json = require("json")
local plan_words = require("calls.plans.words")
local reachable = require("calls.coverage.reachable")
local rulings = require("calls.coverage.rulings")
local console_forwarding = require("calls.plans.console_forwarding")
local tz = require("tz")

local coverage = {}

coverage.CLASSES = { "unknown", "known", "anonymous", "blocked" }

local KEPT = 1000 -- plans kept
local DAY = 24 * 3600
local NEVER = math.maxinteger // 1000 -- seconds
local ACQUAINTANCE, NUISANCE = "+15005550101", "+15005550102"
coverage.STRANGER = "+15005550100" -- a caller nobody knows

---@class CoverageNumber what is known about a number
---@field number table row
---@field forwarding table<string, table> active console settings
---@field zone string of its clocks
---@field away table<string, integer>? who is away, as in CallInput
---@field contact { number: string, name: string, tags: string[] }? someone the owner knows
--- override: at a moment, in ms, and when that, or which settings are in force, may change; nil: never
---@field override fun(at: integer): table?, integer?
---@field policy PolicyContext? whom we may dial

---@class CoverageOptions
---@field from integer seconds since 1970
---@field to integer
---@field step integer seconds
---@field online boolean whether browsers count as online
---@field plans boolean? spans keep their plans
---@field decide fun(input: CallInput, everything: boolean): true?, any, any, string?
---@field list { name: string, line: integer, plan: FlatPlan? }[]

---@class CoverageSpan
---@field from integer milliseconds
---@field to integer
---@field words string what happens to a call that nobody answers
---@field rule string?
---@field line integer?
---@field source string
---@field reaches "person"|"voicemail"|"none"
---@field gap boolean nobody is reached, and no message can be left
---@field error string? why the rules did not decide
---@field before table? where the call goes without the change that is being tried: as a span, without a time

---@class NumberCoverage
---@field phone_number_id integer
---@field phone_number string
---@field friendly_name string
---@field zone string
---@field classes { class: string, caller: { from: string, name: string? }, spans: CoverageSpan[] }[]
---@field dst { at: integer, from_offset: integer, to_offset: integer }[] nights when the clocks change

-- Who calls, for each class.
local CALLERS = {
  unknown = function() return { from = coverage.STRANGER, kind = "phone" } end,
  known = function(contact)
    return {
      from = contact and contact.number or ACQUAINTANCE, kind = "phone", tags = contact and contact.tags,
      name = contact and contact.name or "A known contact",
    }
  end,
  anonymous = function() return { from = "anonymous", kind = "anonymous", anonymous = true } end,
  blocked = function() return { from = NUISANCE, kind = "phone", blocked = true } end,
}

local function input_of(about, who, options)
  return {
    from = who.from, to = about.number.phone_number, number = about.number, forwarding = about.forwarding,
    owner = { id = about.number.user_id }, away = about.away, lookups = {},
    line = { busy = false, online = options.online },
    caller = {
      kind = who.kind, anonymous = who.anonymous or false, name = who.name, tags = who.tags or {},
      blocked = who.blocked or false, prior_calls = 0,
    },
  }
end

-- A plan's result, computed once for each text.
local function meaning_of(line, plan, options)
  return line.known:get(json.encode(plan), function()
    local reaches = reachable.of(plan, line.about.policy, options.online)
    return { words = plan_words.way(plan), reaches = reaches, plan = plan }
  end)
end

local function span_of(line, class, decision, options)
  local meaning = meaning_of(line, decision.plan, options)
  return {
    words = meaning.words, rule = decision.rule, line = decision.line, source = decision.source,
    reaches = meaning.reaches, gap = meaning.reaches == "none" and class ~= "blocked",
    error = decision.error, plan = meaning.plan,
  }
end

local function same(a, b)
  return a.words == b.words and a.rule == b.rule and a.source == b.source and a.error == b.error
    and a.reaches == b.reaches and (a.plan == b.plan or compare.plans(a.plan, b.plan))
end

-- The calls of one class to a number.
local function calls_of(line, class, options)
  local who = CALLERS[class](line.about.contact)
  local input = input_of(line.about, who, options)
  return { line = line, class = class, who = who, input = input, spans = json.array {}, changes_at = NEVER }
end

local function line_of(about, options)
  local line = { about = about, known = Cache.new(KEPT), calls = {}, changes_at = math.mininteger }
  for position, class in ipairs(coverage.CLASSES) do
    line.calls[position] = calls_of(line, class, options)
  end
  line.from_settings = function() return line.settings_plan end
  return line
end

-- Where calls go at the input's time: by number, caller and override, or by the rules.
local function decided(calls, before, ask)
  local input = calls.input
  local early = decide.first(input)
  if early then
    return early
  end
  calls.answer = ask(input, before)
  local ruling = calls.answer.ruling
  if before and before.ruling == ruling then
    return nil
  end
  return decide.ruled(input, ruling, calls.line.from_settings)
end

-- Move on to a time. An answer that didn't depend on the clock holds until an override begins or ends, a
-- setting ends, or someone whom it rings leaves or comes back.
local function advance(calls, at, ask, options)
  local line, input, before = calls.line, calls.input, calls.answer
  if line.override ~= input.override or line.forwarding ~= input.forwarding or at >= calls.changes_at then
    before = nil
  elseif calls.last and not (before and before.reads_clock) then
    return
  end
  input.at, input.override, input.forwarding, calls.answer = at, line.override, line.forwarding, nil
  local decision = decided(calls, before, ask)
  if decision then calls.changes_at = decision.changes_at or NEVER end
  local span = decision and span_of(calls.line, calls.class, decision, options)
  if span and not (calls.last and same(calls.last, span)) then
    if calls.last then
      calls.last.to = at * 1000
    end
    span.from, calls.last = at * 1000, span
    calls.spans[#calls.spans + 1] = span
  end
end

-- The same for all calls to a number; the last round tells whether any of them depends on the clock.
local function go_on(line, at, ask, options)
  local is_due = at * 1000 >= line.changes_at
  if is_due then
    local override, changes_at = line.about.override(at * 1000)
    line.override, line.changes_at = override, changes_at or NEVER * 1000
    line.forwarding = console_forwarding.in_force(line.about.forwarding, at)
    line.settings_plan = console_forwarding.plan(line.about.number, line.forwarding, line.calls[1].input.line)
  elseif not line.reads_clock then
    return
  end
  line.reads_clock = false
  for _, calls in ipairs(line.calls) do
    advance(calls, at, ask, options)
    line.reads_clock = line.reads_clock or calls.answer ~= nil and calls.answer.reads_clock
    line.changes_at = math.min(line.changes_at, calls.changes_at * 1000)
  end
end

local function class_of(calls, options)
  if calls.last then
    calls.last.to = options.to * 1000
  end
  for _, span in ipairs(options.plans and {} or calls.spans) do
    span.plan = nil
  end
  local caller = { from = calls.who.from, name = calls.who.name }
  return { class = calls.class, caller = caller, spans = calls.spans }
end

--- The nights when a zone's clocks change.
---@param zone string
---@param from integer seconds
---@param to integer
---@return { at: integer, from_offset: integer, to_offset: integer }[]
function coverage.changes(zone, from, to)
  local changes, at = json.array {}, from
  repeat
    at = tz.next_change(zone, at)
    if at and at < to then
      changes[#changes + 1] = {
        at = at * 1000, from_offset = tz.local_time(zone, at - 1).offset,
        to_offset = tz.local_time(zone, at).offset,
      }
    end
  until not at or at >= to
  return changes
end

local function number_of(line, options)
  local about, classes = line.about, json.array {}
  for position, calls in ipairs(line.calls) do
    classes[position] = class_of(calls, options)
  end
  return {
    phone_number_id = about.number.id, phone_number = about.number.phone_number,
    friendly_name = about.number.friendly_name or "", zone = about.zone, classes = classes,
    dst = coverage.changes(about.zone, options.from, options.to),
  }
end

---@param abouts CoverageNumber[]
---@param options CoverageOptions
---@param progress fun(done: integer, total: integer)? called with the days done
---@return NumberCoverage[]
function coverage.of(abouts, options, progress)
  local lines, found, ask = {}, json.array {}, rulings.new(options.decide, options.list)
  for position, about in ipairs(abouts) do
    lines[position] = line_of(about, options)
  end
  for at = options.from, options.to - 1, options.step do
    for _, line in ipairs(lines) do
      while at > options.from and line.changes_at < at * 1000 do
        go_on(line, -(-line.changes_at // 1000), ask, options) -- between two steps
      end
      go_on(line, at, ask, options)
    end
    local gone = at + options.step - options.from
    if progress and gone % DAY == 0 then
      progress(gone // DAY, (options.to - options.from) // DAY)
    end
  end
  for position, line in ipairs(lines) do
    found[position] = number_of(line, options)
  end
  return found
end

return coverage
