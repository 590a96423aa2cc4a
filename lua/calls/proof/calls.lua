-- calls.lua: the proof's made-up calls.
--
--   proof_calls.each(options, judge)   -> number of calls, judge's objection or nil
--
-- judge(input, words) returns what the rules read and, to stop, an objection; words(reads, public) describes
-- the call: "caller anonymous, Sunday 03:00"; with `public`, without details that not every user may see. A
-- call differs from the ordinary one in its time, its caller, whether the owner's browser is online, the
-- number called, and so on. What a decision hasn't read can't change it, so a dimension is only varied where
-- the rules have read it, and few calls stand for many. Rare values only meet the most telling moments, and
-- come first: the remaining calls go to the others. Some more then go to rules that none has reached: the
-- callers, numbers and tags that such a rule names are tried at every moment.

local depends = require("calls.source.depends")
local proof_dimensions = require("calls.proof.dimensions")
local literals = require("calls.lint.literals")
local proof_times = require("calls.proof.times")
local reads = require("calls.rules.reads")

local LEAST_CALLS, MOST_CALLS = 1200, 3000
local MOST_WORK = 225000 -- calls times rules: a check takes less than half a second
local TIME = reads.paths("at")

---@class ProofOptions
---@field source string? the text of the rule file
---@field zone string the configuration's time zone
---@field at integer? seconds since 1970: now
---@field ring_limit integer?
---@field calendar Calendar[]? of the file's hours and rotas
---@field facts ProofFacts? what is known about the account
---@field rules integer? how many there are
---@field contacts string[]? numbers in the contacts files of the rules
---@field examples table[]? of the rule file
---@field t Tokens? the rule file's
---@field known Constants? the rule file's
---@field unreached (fun(): UnreachedRule[])? rules that decided no call so far

---@class UnreachedRule
---@field line integer
---@field reached fun(): boolean
---@field leave fun() called when calls that it names haven't been tried

---@class ProofFacts
---@field numbers { number: table, forwarding: table }[] with their active settings
---@field policy PolicyContext?
--- past: for some rules, how many calls since a moment each decides
---@field past (fun(unreached: table<integer, true>, decide: function, since: integer):
--- table<integer, integer>)?

local proof_calls = {}

---@class ProofKind calls that differ only in their time
---@field picks integer[] index of each dimension's value
---@field values table[] these values
---@field level integer how many stages of moments it goes through
---@field done integer how many are done
---@field varied table<integer, boolean> dimensions found to matter

local function kind_of(all, picks)
  local kind = { picks = picks, values = {}, level = 3, done = 0, varied = {} }
  for position, dimension in ipairs(all) do
    local value = dimension.values[picks[position]]
    kind.values[position] = value
    if value.rare then kind.level = math.min(kind.level, value.brief and 1 or 2) end
  end
  return kind
end

-- The calls that differ from this one in something the rules have read.
local function vary(all, kind, text, add)
  for position, dimension in ipairs(all) do
    if not kind.varied[position] and kind.picks[position] == 1 and reads.any(text, dimension.reads) then
      kind.varied[position] = true
      for value = 2, math.min(#dimension.values, dimension.usual or math.huge) do
        local changed = table.move(kind.picks, 1, #kind.picks, 1, {})
        changed[position] = value
        add(changed)
      end
    end
  end
end

local function words_of(all, kind, input, zone)
  return function(text, public)
    local words = {}
    for position, dimension in ipairs(all) do
      local value = kind.values[position]
      if reads.any(text, dimension.reads) and not value.plain and not (public and dimension.private) then
        words[#words + 1] = value.words
      end
      if position == 1 and reads.any(text, TIME) then
        words[#words + 1] = proof_times.words(zone, input.at)
      end
    end
    return #words > 0 and table.concat(words, ", ") or "any call"
  end
end

-- The calls of one kind at the moments of a stage. Returns whether to stop.
local function play(all, kind, times, stage, run)
  local input = {}
  for position, dimension in ipairs(all) do dimension.put(input, kind.values[position]) end
  local words = words_of(all, kind, input, times.zone)
  for position, at in ipairs(times.stages[stage]) do
    input.at, run.calls = at, run.calls + 1
    local text, objection = run.judge(input, words)
    if run.reached and run.reached() then
      return false
    elseif objection or run.calls > run.most then
      return true, objection
    end
    vary(all, kind, text, run.add)
    if stage == 1 and position == 1 and not reads.any(text, TIME) then
      kind.done = #times.stages -- the result is the same at any time
      return false
    end
  end
  kind.done = stage
  return false
end

-- Every kind gets the most telling moments before any gets more.
local function play_all(all, queue, times, run)
  for stage = 1, #times.stages do
    for position, kind in ipairs(queue) do
      -- The ordinary call goes through all of them first: it finds what the rules read.
      local last = position == 1 and #times.stages or math.min(stage, kind.level)
      while kind.done < last do
        local enough, objection = play(all, kind, times, kind.done + 1, run)
        if enough then
          return objection
        end
      end
    end
  end
end

local function name_of(value)
  return value.words and (value.words:match("%+%d+") or value.words:match("[%w_-]+$")) or "\n"
end

-- Does a text name something that makes calls of these values other than the ordinary one, and all of their
-- numbers?
local function is_named(all, picks, text)
  local some = false
  for position, dimension in ipairs(all) do
    local name = picks[position] > 1 and name_of(dimension.values[picks[position]])
    local found = name and text:find(name, 1, true)
    if name and not found and name:find("^%+") then
      return false
    end
    some = some or found
  end
  return some
end

-- Values that are only tried for a rule that names them.
local function add_unusual(all, run, text)
  for position, dimension in ipairs(all) do
    for value = (dimension.usual or #dimension.values) + 1, #dimension.values do
      if text:find(name_of(dimension.values[value]), 1, true) then
        local picks = {}
        for other in ipairs(all) do picks[other] = other == position and value or 1 end
        run.add(picks)
      end
    end
  end
end

-- Calls of the kinds that a rule names. Returns an objection.
local function play_named(all, queue, times, run, rule, stage)
  run.reached, run.text = rule.reached, rule.text
  add_unusual(all, run, rule.text)
  for _, kind in ipairs(queue) do
    if kind.done < stage and not rule.reached() and is_named(all, kind.picks, rule.text) then
      if run.calls > run.most then
        return rule.leave()
      end
      local _, objection = play(all, kind, times, stage, run)
      if objection then
        return objection
      elseif kind.done < stage and not rule.reached() then
        return rule.leave()
      end
    end
  end
end

-- Calls for the rules that none has reached. Every rule gets the more telling moments before any gets all.
local function play_unreached(all, queue, times, run, options)
  run.most = run.calls + run.most // 3
  local rules = options.unreached and options.unreached() or {}
  local text_of = rules[1] and depends.texts(options.t)
  for _, rule in ipairs(rules) do rule.text = text_of(rule.line) end
  for stage = 1, #times.stages do
    for _, rule in ipairs(rules) do
      local objection = play_named(all, queue, times, run, rule, stage)
      if objection then
        return objection
      end
    end
  end
end

---@param options ProofOptions
---@param judge fun(input: CallInput, words: fun(reads: string): string): string, any
---@return integer calls
---@return any objection
function proof_calls.each(options, judge)
  local times = proof_times.of(options.source, options.zone, options.at, options.calendar,
    literals.epochs(options.t))
  local all, queue, seen = proof_dimensions.of(options), {}, {}
  local run
  local function add(picks)
    local key = table.concat(picks, " ")
    if not seen[key] and (not run.text or is_named(all, picks, run.text)) then
      seen[key], queue[#queue + 1] = true, kind_of(all, picks)
    end
  end
  local ordinary = {}
  for position in ipairs(all) do ordinary[position] = 1 end
  local most = MOST_WORK // math.max(1, options.rules or 1)
  run = { calls = 0, most = math.max(LEAST_CALLS, math.min(MOST_CALLS, most)), judge = judge, add = add }
  add(ordinary)
  local objection = play_all(all, queue, times, run)
  if not objection then objection = play_unreached(all, queue, times, run, options) end
  return run.calls, objection
end

return proof_calls
