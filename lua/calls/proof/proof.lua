-- proof.lua: proves that no call reaches a dead end.
--
--   proof.run(rules, options)   -> Proof, and the first fault and all faults if there are dead ends
--
-- Calls are made up (calls.lua) and decided, along with the file's examples. Each resulting plan, each plan
-- written in the file and each plan of the console's settings is followed to all its ends (paths.lua), once.
-- Rules that fail on a made-up call are refused too: a caller without a name is as real as one with a name.
-- Such a call goes on to the rules behind, and so do calls of a rule that holds by mistake
-- (rule_summary.lua): what is wrong there is reported in the same run.
--
-- Problems in the console's settings are reported, but don't refuse a rule file.

local rule_summary = require("calls.proof.rule_summary")
local constants = require("calls.lint.known.constants")
local decide = require("calls.rules.decide")
local examples = require("calls.rules.examples")
local faults = require("calls.proof.faults")
local json = require("json")
local proof_calls = require("calls.proof.calls")
local proof_fields = require("calls.proof.fields")
local proof_plan = require("calls.proof.paths")
local console_forwarding = require("calls.plans.console_forwarding")
local places = require("calls.source.places")
local tokens = require("calls.source.tokens")

local MOST_FAULTS = 20
local MOST_SOME = 16 -- calls of a rule that are kept
local MOST_TIMEOUTS = 3 -- how many calls may time out: the machine may be busy

---@class Proof
---@field calls integer that were decided
---@field plans integer followed to their ends
---@field warnings string[] about the console's settings
---@field accounts RuleAccount[] one per rule
---@field passed integer the last rule that some call passed
---@field passed_behind table<integer, true> rules that calls passed which came to them by look_behind

---@class RuleAccount what a rule did
---@field calls integer made-up calls and examples that it decided
---@field untried boolean? there were too many calls to try all that it names
---@field example string? one of them, in words
---@field public string? the same as all users may see it
---@field plan FlatPlan|false|nil what it did with that one; false: the console's settings
---@field some { input: CallInput, at: integer, words: function }[] of these calls

---@class ProofFault
---@field message string
---@field line integer?
---@field path string the call, and the path to the dead end
---@field key string equal keys: the same fault

local proof = {}

---@class ProofRun
---@field rules table
---@field list RuleEntry[]
---@field options ProofOptions
---@field report Proof
---@field proved table<any, boolean> plans
---@field walked table<string, boolean> shapes of plans whose documents are all good

-- Does it have a ring that rings nobody, which is there in place of a step with a mistake?
local function stands_in(plan)
  for _, step in ipairs(plan.steps) do
    if step.kind == "ring" and #step.targets == 0 then
      return true
    end
  end
  return false
end

-- Follow a plan unless it was followed for this number already.
local function follow(run, key, plan, input)
  key = key .. " " .. input.to
  if run.proved[key] then
    return nil
  end
  run.proved[key] = true
  if stands_in(plan) then
    return nil
  end
  run.report.plans = run.report.plans + 1
  -- Targets are checked for each plan; plans that differ only in targets have similar documents.
  local shape = json.encode(plan):gsub('"%+%d+"', function(phone)
    local bare = phone:sub(2, -2)
    local special = bare == input.from or bare == input.to or bare == input.forwarded_from
    return special and phone or '"+"'
  end)
  shape = shape .. " " .. input.to
  local found = proof_plan.follow(plan, input, run.options, run.walked[shape])
  run.walked[shape] = run.walked[shape] or not found
  return found
end

local function settings_plan(run, input)
  local plan = console_forwarding.plan(input.number, input.forwarding, input.line)
  local options = setmetatable({ ring_limit = math.huge }, { __index = run.options })
  local key = "settings " .. json.encode(plan) .. " " .. input.to
  if not run.proved[key] then
    run.proved[key], run.report.plans = true, run.report.plans + 1
    local found = proof_plan.follow(plan, input, options)
    local warnings = run.report.warnings
    if found then
      warnings[#warnings + 1] = ("settings of %s: %s: %s"):format(input.to, found.message, found.path)
    end
  end
end

local function decided(run, input, first)
  local ok, index, plan, reads
  for _ = 1, MOST_TIMEOUTS do
    ok, index, plan, reads = run.rules.decide(input, false, first)
    if ok or plan ~= "time" then break end
  end
  return ok, index, plan, reads
end

-- Note a fault. True if there are enough.
local function found_fault(run, fault)
  local key = fault.key or ("%s %s"):format(fault.line, fault.message)
  if not run.known_faults[key] then
    run.known_faults[key] = true
    run.faults[#run.faults + 1] = fault
  end
  return #run.faults >= MOST_FAULTS or fault.late
end

-- Note which rule decided a call, and what it did.
local function account(run, call, first, index, plan, reads)
  local report, words = run.report, call.words
  local passed = index and index - 1 or #run.list
  if first == 1 then
    report.passed = math.max(report.passed, passed)
  else
    for i = first, passed do report.passed_behind[i] = true end
  end
  local of_rule = index and report.accounts[index]
  if not of_rule then
    return
  end
  of_rule.calls = of_rule.calls + 1
  local some = of_rule.some
  -- The first ones, and then ever fewer.
  if #some < MOST_SOME and (#some < MOST_SOME // 2 or of_rule.calls % (8 << #some - MOST_SOME // 2) == 0) then
    some[#some + 1] = { input = call.input, at = call.input.at, words = words }
  end
  if of_rule.calls == 1 then
    of_rule.example, of_rule.public, of_rule.plan = words(reads), words(reads, "public"), plan or false
  end
end

-- The rule that a call goes on with when one has failed.
local function behind_failed(run, message, first)
  local name = message:match('rule "(.-)": ')
  for index = first, #run.list - 1 do
    if run.list[index].name == name then
      return index + 1
    end
  end
end

local judge_from

-- A call that a rule decided which has a mistake goes on to the rules behind it.
local function behind_unsure(run, call, index, reads)
  if not (index and run.list[index].unsure and index < #run.list) then
    return reads
  end
  local more, enough = judge_from(run, call, index + 1)
  return reads .. more, enough
end

-- Decide a call by the rules from `first` on, and follow its plan. Returns what they read, and whether to
-- stop.
function judge_from(run, call, first)
  local input, words = call.input, call.words
  local ok, index, plan, reads = decided(run, input, first)
  reads = reads or "{}"
  if not ok then
    local message = tostring(index)
    local fault = faults.failure(message, words(reads), run.options.t)
    fault.late = plan == "time"
    if found_fault(run, fault) then
      return reads, true
    end
    local next_rule = behind_failed(run, message, first)
    if not next_rule then
      return reads
    end
    local more, enough = judge_from(run, call, next_rule)
    return reads .. more, enough
  end
  local misspelt = proof_fields.fault(reads, run.options.t)
  if misspelt and found_fault(run, misspelt) then
    return reads, true
  end
  local rule = index and run.list[index]
  local key = plan and json.encode(plan) or index
  plan = plan or (rule and rule.plan)
  account(run, call, first, index, plan, reads)
  if not plan then
    settings_plan(run, input)
    return behind_unsure(run, call, index, reads)
  end
  local found = follow(run, key, plan, input)
  if found and found_fault(run, faults.dead_end(rule, found, words(reads))) then
    return reads, true
  end
  return behind_unsure(run, call, index, reads)
end

local function judge(run, input, words)
  run.report.calls = run.report.calls + 1
  return judge_from(run, { input = input, words = words }, 1)
end

-- Some calls of each rule that holds by mistake go on to the rules behind it.
local function look_behind(run)
  local list = run.rules.list()
  for index = 1, #list - 1 do
    local got_past = list[index].held and rule_summary.got_past(run.report, index)
    if list[index].held and rule_summary.holds_by_mistake(list[index], got_past) then
      for _, call in ipairs(run.report.accounts[index].some) do
        call.input.at = call.at
        if select(2, judge_from(run, call, index + 1)) then
          return
        end
      end
      list = run.rules.list()
    end
  end
end

local function of_examples(run)
  for number, example in ipairs(run.options.examples) do
    local input, message = examples.input(example, examples.zone(example, run.options))
    local enough, _
    if input then
      _, enough = judge(run, input, function() return ("example %d"):format(number) end)
    else
      enough = found_fault(run, { message = ("example %d: %s"):format(number, message), path = "",
        line = places.examples(run.options.t)[number] })
    end
    if enough then
      return true
    end
  end
end

-- Plans written in the file, including rules that no call reached.
local function written_out(run, input)
  for index, rule in ipairs(run.list) do
    local found = rule.plan and follow(run, index, rule.plan, input)
    if found and found_fault(run, faults.dead_end(rule, found, "any call")) then
      return
    end
  end
end

-- Calls decided before the rules run, and each number's settings.
local function without_rules(run)
  local blocked = examples.input({ caller = { blocked = true } }, run.options.zone)
  local closed = examples.input({ number = { is_active = 0 } }, run.options.zone)
  for _, input in ipairs { blocked, closed } do
    local decision = decide.first(input)
    follow(run, decision.source, decision.plan, input)
  end
  for _, entry in ipairs(run.options.facts and run.options.facts.numbers or {}) do
    for _, busy in ipairs { false, true } do
      settings_plan(run, {
        from = blocked.from, to = entry.number.phone_number, number = entry.number,
        forwarding = entry.forwarding, line = { busy = busy, online = true },
      })
    end
  end
end

-- The rules that no call has reached, but for those behind one that decides all calls.
local function unreached(run)
  local found = {}
  for index, rule in ipairs(run.list) do
    local of_rule = run.report.accounts[index]
    if of_rule.calls == 0 then
      found[#found + 1] = { line = rule.line, reached = function() return of_rule.calls > 0 end,
        leave = function() of_rule.untried = true end }
    end
    if rule.always then break end
  end
  return found
end

---@param rules table the module rules, or a stand-in for it
---@param options ProofOptions
---@return Proof
---@return ProofFault? the first
---@return ProofFault[] faults at most 20
function proof.run(rules, options)
  local t = options.t or tokens.read(options.source or "")
  local filled = setmetatable({
    source = options.source or "", at = options.at or 0, zone = options.zone or "UTC", t = t,
    known = options.known or constants.of(t), examples = rules.examples(), rules = #rules.list(),
    calendar = options.calendar or rules.calendar(),
  }, { __index = options })
  filled.zone = examples.zone({}, filled)
  local run = {
    rules = rules, list = rules.list(), options = filled, proved = {}, walked = {}, faults = {},
      known_faults = {},
    report = { calls = 0, plans = 0, warnings = {}, accounts = {}, passed = 0, passed_behind = {} },
  }
  for index in ipairs(run.list) do run.report.accounts[index] = { calls = 0, some = {} } end
  filled.unreached = function() return unreached(run) end
  local ordinary
  local enough = of_examples(run)
  if not enough then
    enough = select(2, proof_calls.each(filled, function(input, words)
      ordinary = ordinary or input
      return judge(run, input, words)
    end))
  end
  if not enough then
    look_behind(run)
    written_out(run, ordinary)
  end
  if #run.faults == 0 then without_rules(run) end
  return run.report, run.faults[1], run.faults
end

return proof
