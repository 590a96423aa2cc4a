-- coverage.lua: who rings at which time, in the days to come.
--
--   coverage.number(about, options)   -> NumberCoverage
--
-- Calls are made up, one every few minutes and class of caller, and decided by
-- the rules and settings that are in force; equal neighbours become one span.
-- Nobody knows the days to come: the line is taken to be quiet, callers to ring
-- for the first time, and lookups to have no answer.

local alike = require("calls.alike")
local Cache = require("calls.cache")
local decide = require("calls.decide")
local json = require("json")
local outline = require("calls.outline")
local reach = require("calls.reach")
local settings = require("calls.settings")
local tz = require("tz")

local coverage = {}

coverage.CLASSES = { "unknown", "known", "anonymous", "blocked" }

local KEPT = 1000 -- plans that are remembered
local STRANGER, ACQUAINTANCE, NUISANCE = "+15005550100", "+15005550101", "+15005550102"

---@class CoverageNumber what is known of a number
---@field number table row
---@field forwarding table<string, table> active console settings
---@field zone string of its clocks
---@field contact { number: string, name: string, tags: string[] }? somebody the owner knows
---@field override fun(at: integer): table? the one in force at a moment, in milliseconds
---@field policy PolicyContext? whom we may dial

---@class CoverageOptions
---@field from integer seconds since 1970
---@field to integer
---@field step integer seconds
---@field online boolean whether browsers are taken to be online
---@field decide fun(input: CallInput): true?, any, any, string?
---@field list { name: string, line: integer, plan: FlatPlan? }[]

---@class CoverageSpan
---@field from integer milliseconds
---@field to integer
---@field words string the way a call takes when nobody answers
---@field rule string?
---@field line integer?
---@field source string
---@field reaches "person"|"voicemail"|"none"
---@field gap boolean nobody is reached, and nothing can be left
---@field error string? why the rules did not decide

---@class NumberCoverage
---@field phone_number_id integer
---@field phone_number string
---@field friendly_name string
---@field zone string
---@field classes { class: string, caller: { from: string, name: string? }, spans: CoverageSpan[] }[]
---@field dst { at: integer, from_offset: integer, to_offset: integer }[] nights in which the clocks change

-- Who calls, for each class.
local CALLERS = {
  unknown = function() return { from = STRANGER, kind = "phone" } end,
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
    owner = { id = about.number.user_id }, lookups = {}, line = { busy = false, online = options.online },
    caller = {
      kind = who.kind, anonymous = who.anonymous or false, name = who.name, tags = who.tags or {},
      blocked = who.blocked or false, prior_calls = 0,
    },
  }
end

-- What a plan comes to, worked out once for each text.
local function meaning_of(known, about, plan, options)
  return known:get(json.encode(plan), function()
    return { words = outline.way(plan), reaches = reach.of(plan, about.policy, options.online), plan = plan }
  end)
end

local function span_of(about, known, decision, class, options)
  local meaning = meaning_of(known, about, decision.plan, options)
  return {
    words = meaning.words, rule = decision.rule, line = decision.line, source = decision.source,
    reaches = meaning.reaches, gap = meaning.reaches == "none" and class ~= "blocked",
    error = decision.error, plan = meaning.plan,
  }
end

local function same(a, b)
  return a.words == b.words and a.rule == b.rule and a.source == b.source and a.error == b.error
    and a.reaches == b.reaches and (a.plan == b.plan or alike.plans(a.plan, b.plan))
end

-- A plan that did not look at the clock holds until an override begins or ends.
local function looked_at_clock(decision)
  local reads = decision.reads
  return reads and (reads:find('"at":', 1, true) or reads:find("truncated", 1, true)) and true or false
end

local function class_of(about, class, options, known)
  local who = CALLERS[class](about.contact)
  local input, spans, last, kept = input_of(about, who, options), json.array {}, nil, nil
  local settings_plan = settings.plan(about.number, about.forwarding, input.line)
  local function consult() return options.decide(input) end
  local function from_settings() return settings_plan end
  for at = options.from, options.to - 1, options.step do
    local override = about.override(at * 1000)
    if not kept or override ~= input.override or looked_at_clock(kept) then
      input.at, input.override = at, override
      kept = decide.choose(input, consult, options.list, from_settings)
    end
    local span = span_of(about, known, kept, class, options)
    if last and same(last, span) then
      last.to = (at + options.step) * 1000
    else
      span.from, span.to = at * 1000, (at + options.step) * 1000
      spans[#spans + 1], last = span, span
    end
  end
  for _, span in ipairs(spans) do
    span.plan = nil
  end
  return { class = class, caller = { from = who.from, name = who.name }, spans = spans }
end

--- The nights in which the clocks of a zone change.
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

---@param about CoverageNumber
---@param options CoverageOptions
---@return NumberCoverage
function coverage.number(about, options)
  local classes, known = json.array {}, Cache.new(KEPT)
  for position, class in ipairs(coverage.CLASSES) do
    classes[position] = class_of(about, class, options, known)
  end
  return {
    phone_number_id = about.number.id, phone_number = about.number.phone_number,
    friendly_name = about.number.friendly_name or "", zone = about.zone, classes = classes,
    dst = coverage.changes(about.zone, options.from, options.to),
  }
end

return coverage
