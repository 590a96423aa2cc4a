-- replay.lua: decides past calls again.
--
--   local replay = Replay.new { decide = rules.decide, list = rules.list(), history = history, zone = "…" }
--   replay:call(row)    -> "same" | "changed", ReplayChange? | nil and why it cannot be replayed
--   replay:read(row), replay:decide(input, about), replay:alike(before, after): its steps
--
-- A call is decided from what was stored with it: the caller, the console's settings at the time, the
-- lookups, the override, the state of the line. Anything a rule reads now that wasn't read then comes from
-- `history`, which derives it from the call log. Plans are compared by what a caller notices
-- (plans/compare.lua).
--
-- Most calls resemble earlier ones, so settings and plans are decoded, encoded and compared once and looked
-- up by their text.

local compare = require("calls.plans.compare")
local Cache = require("calls.cache")
local decide = require("calls.rules.decide")
local hypothetical = require("calls.replay.hypothetical")
local inputs = require("calls.replay.inputs")
local json = require("json")
local plan_words = require("calls.plans.words")
local tz = require("tz")

---@class ReplayHistory what the call log knows
---@field prior fun(user_id: string, from: string, at: integer): integer earlier calls of a caller
---@field busy fun(user_id: string, call_sid: string, at: integer): boolean was the line busy then?
---@field happened fun(call_sid: string): Happening[] the outcomes of a call's rings
--- odds: how often someone answered, and was rung
---@field odds fun(target: string, user_id: string, zone: string, hour: integer): integer, integer

---@class ReplayRow a stored call
---@field call_sid string
---@field user_id string
---@field from string
---@field to string
---@field started_at integer milliseconds
---@field source string? nil: the decision wasn't stored
---@field rule string?
---@field rule_line integer?
---@field plan string JSON
---@field inputs string JSON
---@field reads string JSON

---@class ReplaySide
---@field words string what happens if nobody answers
---@field source string
---@field rule string?
---@field line integer?
---@field error string? why the rules did not decide

---@class ReplayChange
---@field call_sid string
---@field at integer milliseconds
---@field from string
---@field to string
---@field before ReplaySide
---@field after ReplaySide
---@field outcome string in words, or "unknown"
---@field odds { target: string, answered: integer, rung: integer, hour: integer }? of a target not rung

local KEPT = 2000 -- texts per cache
local KEPT_BEFORE, KEPT_AFTER = 200, 10 -- plans that are compared, and with how many each

local function compared()
  return Cache.new(KEPT_AFTER)
end

---@class Replay
---@field ask fun(input: CallInput): true?, any, any, string?
---@field list { name: string, line: integer, plan: FlatPlan? }[]
---@field history ReplayHistory
---@field zone string of numbers that have none
---@field failed integer calls for which the rules failed
---@field slow integer calls in a row, up to the last one, that timed out twice
---@field first_error string? of the first of them
local Replay = {}
Replay.__index = Replay

---@param about { decide: function, list: table[], history: ReplayHistory, zone: string }
---@return Replay
function Replay.new(about)
  return setmetatable({
    ask = about.decide, list = about.list, history = about.history, zone = about.zone, failed = 0,
    slow = 0,
    settings = Cache.new(KEPT), plans = Cache.new(KEPT), same = Cache.new(KEPT_BEFORE),
    texts = setmetatable({}, { __mode = "k" }),
  }, Replay)
end

-- Rules are pure, so after a timeout on a busy machine they may be asked again.
local function patiently(self, input)
  local ok, index, plan, read = self.ask(input)
  if not ok and plan == "time" then
    return self.ask(input)
  end
  return ok, index, plan, read
end

-- A plan's text; plans that are used again keep it.
local function text_of(self, plan)
  local text = self.texts[plan]
  if not text then
    text = json.encode(plan)
    self.texts[plan] = text
  end
  return text
end

--- A plan by its text.
---@param text string JSON
---@return { plan: FlatPlan, words: string }|false
function Replay:plan(text)
  return self.plans:get(text, function()
    local plan = json.decode(text)
    local usable = type(plan) == "table" and type(plan.steps) == "table"
    return usable and { plan = plan, words = plan_words.way(plan) } or false
  end)
end

--- A call's inputs; nil: unreadable.
---@param row ReplayRow
---@return CallInput?
---@return table? about its settings
---@return integer? draft the one that decided
function Replay:read(row)
  return inputs.of(row, self.settings, self.history)
end

---@param input CallInput
---@param about table
---@return Decision
---@return string plan JSON
function Replay:decide(input, about)
  local decision = decide.choose(input, function() return patiently(self, input) end, self.list, about.plan)
  if decision.source == "fallback" then
    self.failed = self.failed + 1
    self.first_error = self.first_error or decision.error
  end
  self.slow = decision.code == "time" and self.slow + 1 or 0
  return decision, text_of(self, decision.plan)
end

--- Would a caller notice?
---@param before string plans as JSON
---@param after string
---@return boolean
function Replay:alike(before, after)
  if before == after then
    return true
  end
  return self.same:get(before, compared):get(after, function()
    local one, other = self:plan(before), self:plan(after)
    return one and other and compare.plans(one.plan, other.plan) or false
  end)
end

-- ---- what would have come of it ----

local function zone_of(self, input)
  local zone = input.number.timezone
  return type(zone) == "string" and tz.exists(zone) and zone or self.zone
end

local function outcome(self, row, input, before, after)
  local happened = self.history.happened(row.call_sid)
  if input.line.online == false then
    happened[#happened + 1] = { n = 0, outcome = "offline", target = "user:" .. tostring(input.owner.id) }
  end
  local result, target = hypothetical.of(after, before, happened)
  if result ~= "unknown" or not target then
    return result
  end
  local zone = zone_of(self, input)
  local hour = tz.local_time(zone, row.started_at // 1000).hour
  local answered, rung = self.history.odds(target, row.user_id, zone, hour)
  return result, { target = target, answered = answered, rung = rung, hour = hour }
end

local function change(row, before, decision, after)
  return {
    call_sid = row.call_sid, at = row.started_at, from = row.from, to = row.to,
    before = { words = before.words, source = row.source, rule = row.rule, line = row.rule_line },
    after = {
      words = after.words, source = decision.source, rule = decision.rule, line = decision.line,
      error = decision.error,
    },
  }
end

---@param row ReplayRow
---@param briefly boolean? leave out how the call would have ended
---@return "same"|"changed"|nil
---@return ReplayChange|string|nil change or why the call cannot be replayed
function Replay:call(row, briefly)
  if not row.source then
    return nil, "how it was decided wasn't stored"
  end
  local input, about = self:read(row)
  if not input then
    return nil, "the values it was decided from cannot be read"
  end
  local decision, text = self:decide(input, about)
  if self:alike(row.plan, text) then
    return "same"
  end
  local before = self:plan(row.plan)
  if not before then
    return nil, "its plan cannot be read"
  end
  local after = self:plan(text)
  local entry = change(row, before, decision, after)
  if not briefly then
    entry.outcome, entry.odds = outcome(self, row, input, before.plan, after.plan)
  end
  return "changed", entry
end

return Replay
