-- rule_summary.lua: what each rule decides.
--
--   rule_summary.of(list, proved, options, whole, decide)   -> { lines =, problems =, warnings = }
--   rule_summary.text(lines, calls)                 the lines in words
--   rule_summary.got_past(proved, index)            has some call passed the rule?
--   rule_summary.holds_by_mistake(entry, got_past)  is what its `when` gave certainly no condition?
--
-- For each rule: how many made-up calls it decided, one of them in words, and what it did with that one. A
-- rule that never decides is useless: a problem if that is certain, and a warning if neither a made-up call
-- nor a past one reached it.

local mistake = require("calls.mistake")
local places = require("calls.source.places")
local plan_words = require("calls.plans.words")

local rule_summary = {}

local DAYS = 90 -- whose calls count
local LONGEST = 60 -- bytes of a `when` that is shown

---@class AccountLine
---@field index integer
---@field name string
---@field line integer
---@field calls integer made-up ones that it decided
---@field past integer? of the past, when it was asked
---@field example string? one of the calls, in words
---@field does string? what it did with that one
---@field never string? why it decides nothing

local NUMBER = "when returns %s, and every number counts as true: compare it, such as … > 0"
local ALWAYS = "when always returns %s, which counts as true, so it always holds: compare it"
local COUNTS = "when returns %s, which counts as true: write … ~= nil if that is meant"

local function rule_words(entry)
  return ('rule "%s"'):format(entry.name)
end

--- What `when` returned if that is neither true nor false.
local function held(entry, got_past)
  if not entry.held then
    return nil
  elseif tonumber(entry.held) and not (got_past and tonumber(entry.held) ~= 0) then
    return NUMBER:format(entry.held), true
  elseif entry.held == mistake.OPENING_HOURS then
    return "when returns opening hours, which count as true: ask them, OFFICE:open_at(call.at)", true
  end
  return (got_past and COUNTS or ALWAYS):format(entry.held), not got_past
end

---@param proved Proof
---@param index integer
---@return boolean
function rule_summary.got_past(proved, index)
  return proved.passed >= index or proved.passed_behind[index] == true
end

---@param entry RuleEntry
---@param got_past boolean
---@return boolean
function rule_summary.holds_by_mistake(entry, got_past)
  local _, certain = held(entry, got_past)
  return certain == true
end

--- Rules whose `when` is written and came out nil, so that Lua left it out of the rule: index -> problem.
local function lost_whens(list, t)
  local found = {}
  for index, entry in ipairs(t and list or {}) do
    local text, line
    if entry.always then text, line = places.written(t, entry.name, index, "when") end
    if text then
      local shown = text:match("^[^\n]*"):sub(1, LONGEST)
      text = shown == text and text or shown .. "…"
      found[index] = { line = line, message = ("%s: its when, %s, is nil, so it would always hold: write "
        .. "function(call) return … end, or leave it out if that is meant"):format(rule_words(entry), text) }
    end
  end
  return found
end

--- The first rule that has no `when`.
local function catch_all(list)
  for index, entry in ipairs(list) do
    if entry.always then
      return index
    end
  end
end

--- Of the rules that no made-up call reached: which decided a past call? index -> how many.
local UNREACHED = "no call came to it"

--- Lists of rules, in order. Rules that a loop makes share a line: those no call came to are told together.
local function together(lines)
  local groups, open = {}, nil
  for _, line in ipairs(lines) do
    local last = open and open[#open]
    if last and line.never == UNREACHED and last.never == UNREACHED and line.line == last.line then
      open[#open + 1] = line
    else
      open = { line }
      groups[#groups + 1] = open
    end
  end
  return groups
end

local function and_more(count)
  return count > 0 and (" and %d more of this line"):format(count) or ""
end

local function of_the_past(options, unreached, decide)
  local past = options.facts and options.facts.past
  if not past or not next(unreached) then
    return {}
  end
  return past(unreached, decide, (options.at - DAYS * 86400) * 1000)
end

---@param list RuleEntry[] after the proof
---@param proved Proof
---@param options ProofOptions
---@param whole boolean did the proof finish?
---@param decide fun(input: CallInput): true?, integer|string|nil
---@return { lines: AccountLine[], problems: table[], warnings: table[] }
function rule_summary.of(list, proved, options, whole, decide)
  local found = { lines = {}, problems = {}, warnings = {} }
  local lost = lost_whens(list, options.t)
  local last, unreached = catch_all(list), {}
  for index in ipairs(list) do
    if whole and proved.accounts[index].calls == 0
      and not (last and index > last) then unreached[index] = true end
  end
  local past = of_the_past(options, unreached, decide)
  for index, entry in ipairs(list) do
    local of_rule = proved.accounts[index]
    local line = {
      index = index, name = entry.name, line = entry.line, calls = of_rule.calls, past = past[index],
      example = options.shown and of_rule.public or of_rule.example,
      does = of_rule.plan ~= nil and plan_words.way(of_rule.plan or nil) or nil,
    }
    local message, certain = held(entry, rule_summary.got_past(proved, index))
    if lost[index] then
      table.insert(found.problems, lost[index])
    elseif message then
      table.insert(certain and found.problems or found.warnings,
        { line = entry.line, message = ("%s: %s"):format(rule_words(entry), message) })
    end
    if last and index > last then
      line.never = ("line %d decides first"):format(list[last].line)
      table.insert(not lost[last] and found.problems or {},
        { line = entry.line, message = ("%s never decides a call: %s on line %d has no when, "
        .. "so it decides all of them first"):format(rule_words(entry), rule_words(list[last]),
          list[last].line) })
    elseif unreached[index] and not past[index] and not of_rule.untried then
      line.never = UNREACHED
    end
    found.lines[index] = line
  end
  for _, group in ipairs(together(found.lines)) do
    local entry, more = list[group[1].index], #group - 1
    if group[1].never == UNREACHED then
      table.insert(found.warnings, { line = entry.line, message = ("%s%s decided none of %d made-up calls%s: "
        .. "does %s when ever hold?"):format(rule_words(entry), and_more(more), proved.calls,
        options.facts and options.facts.past and " and no call of the last 90 days" or "",
        more > 0 and "their" or "its") })
    end
  end
  return found
end

---@param lines AccountLine[]
---@param calls integer that were made up
---@return string
function rule_summary.text(lines, calls)
  local out = {}
  for i, group in ipairs(together(lines)) do
    local line = group[1]
    local what = ("decides %d of %d made-up calls, such as %s: %s"):format(line.calls, calls, line.example
      or "",
      line.does or "")
    if line.never then
      what = and_more(#group - 1):gsub("^ ", "") .. (#group > 1 and " decide none: " or "decides none: ")
        .. line.never
    elseif line.calls == 0 then
      what = ("decides none of %d made-up calls, and %d of the past"):format(calls, line.past or 0)
    end
    out[i] = ('forwarding.lua:%d: "%s" %s'):format(line.line, line.name, what)
  end
  return table.concat(out, "\n")
end

return rule_summary
