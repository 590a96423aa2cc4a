-- trial.lua: the tests that rules must pass before they decide calls.
--
--   trial.run(rules, options)  -> Trial, and a TrialFault if they don't pass
--   trial.in_spite(rules, options, told, written)  all problems of a file that doesn't load
--
-- The one list of tests: a save, `hookswitch check` and the editor in the
-- console all come here (host/script/trial.c). `rules` is the module of that name, or a ruleset with the same
-- functions.
--
-- The proof makes up calls to every number of the account, and its messages name numbers, settings and what
-- the rules do with them. If users don't see each other's rows, they see faults as the proof finds them with
-- only `options.shown`; one that needs the rest of the account is shown without details.

local rule_summary = require("calls.proof.rule_summary")
local contacts = require("calls.rules.contacts")
local depends = require("calls.source.depends")
local examples = require("calls.rules.examples")
local json = require("json")
local literal_numbers = require("calls.source.literal_numbers")
local literals = require("calls.lint.literals")
local places = require("calls.source.places")
local problems = require("calls.rules.problems")
local proof = require("calls.proof.proof")
local state = require("calls.lint.state")
local team_beside = require("calls.team.beside")
local tokens = require("calls.source.tokens")

local trial = {}

---@class TrialOptions: ProofOptions
---@field zone string IANA name, for times without one
---@field ring_limit integer total seconds of ringing a caller may hear
---@field text (fun(name: string): string?)? of a file beside the rules
---@field country string?
---@field shown ProofFacts? what the reader of the fault may see; nil: all of `facts`

---@class Trial how far it went
---@field rules integer
---@field examples integer that hold
---@field calls integer that the proof made up
---@field plans integer that it followed to their ends
---@field problems string all problems, a line "forwarding.lua:12: …" each
---@field warnings string possible problems, a line each
---@field accounts string what each rule decides, a line each
---@field rules_json string the same as a JSON list of AccountLine

---@class TrialFault the first problem
---@field code "meaning"|"example"|"proof"|"time" time: it ran out, which says little on a busy machine
---@field message string
---@field line integer? in forwarding.lua
---@field path string? the path to a dead end
---@field shown { message: string, line: integer?, path: string?, problems: string }? what users see; nil: all

local UNSHOWN = "these rules fail for a number that not every user may see: "
  .. "run `hookswitch check` on the host"

local function add(list, stage, code, found)
  for _, problem in ipairs(found) do
    problem.stage, problem.code = stage, problem.late and "time" or code
    list[#list + 1] = problem
  end
end

local function failing_examples(rules, options, lines)
  local found = {}
  for i, failing in ipairs(examples.check(rules, options)) do
    found[i] = failing.line and {
      line = failing.line, late = failing.late,
      message = ("%s (example %d)"):format(failing.why, failing.number),
    } or {
      line = lines[failing.number], message = ("example %d: %s"):format(failing.number, failing.why),
    }
  end
  return found
end

-- What the proof found but for rules that can't run, which has been told.
local function apart_from(read, faults)
  local told, found = {}, {}
  for _, problem in ipairs(read.problems) do
    if problem.rule then told[problem.rule] = true end
  end
  for _, fault in ipairs(faults) do
    if not told[fault.message:match('^rule "(.-)": ')] then found[#found + 1] = fault end
  end
  return found
end

-- What users may see of the problems; nil: all.
local function shown_of(rules, options, read, found)
  local list, unseen = {}, nil
  for _, problem in ipairs(found) do
    if problem.stage == 3 then unseen = unseen or problem else list[#list + 1] = problem end
  end
  if not options.shown or not unseen then
    return nil
  end
  local _, _, known = proof.run(rules, setmetatable({ facts = options.shown }, { __index = options }))
  known = apart_from(read, known)
  add(list, 3, "proof", #known > 0 and known or { { message = UNSHOWN, line = unseen.line } })
  list = problems.sorted(list)
  local first = list[1]
  return { message = first.message, line = first.line, path = first.path, problems = problems.text(list) }
end

-- Numbers in the contacts files of the rules.
local function numbers_beside(t, options)
  local list = {}
  for _, name in ipairs(options.text and literals.files(t) or {}) do
    local text = options.text(name)
    local ok, known = pcall(contacts.read, text or "", name, options.country)
    for number in pairs(ok and known or {}) do list[#list + 1] = number end
  end
  table.sort(list)
  return list
end

-- What is read of a file before its rules are asked.
local function read_of(rules, options)
  local source = options.source or ""
  local t = tokens.read(source)
  local beside = team_beside.read(source, options.text, options.country, t)
  local read = problems.meant(source, beside, t)
  local filled = setmetatable({
    t = t, known = read.known, calendar = rules.calendar(),
    country = literal_numbers.country(literal_numbers.read(source, t), options.country),
  }, { __index = options })
  filled.contacts = numbers_beside(t, filled)
  return read, filled, beside
end

-- What was told of a file, as problems; nil when there was too much.
local function told_before(text)
  local list = {}
  for said in text:gmatch("[^\n]+") do
    if said:find("^forwarding%.lua: and %d+ more$") then
      return nil
    end
    local line, message = said:match("^forwarding%.lua:(%d+): (.*)$")
    list[#list + 1] = { line = math.tointeger(line), message = message or said, stage = 1,
      elsewhere = not line or nil }
  end
  return list
end

-- Lines on which two texts of as many lines differ.
local function changed_lines(one, other)
  local changed, line, next_line = {}, 0, (other .. "\n"):gmatch("(.-)\n")
  for text in (one .. "\n"):gmatch("(.-)\n") do
    line = line + 1
    changed[line] = text ~= next_line() or nil
  end
  return changed
end

-- Is it what was told of its line already?
local function is_told(told, fault)
  local message = fault.message:gsub('^rule ".-": ', ""):gsub("^call:", ""):gsub(" %([^()]*%)$", "")
  for _, problem in ipairs(told) do
    if problem.line == fault.line and problem.message:find(message, 1, true) then
      return true
    end
  end
  return false
end

-- Is a field of the call missing that nothing was said of? That follows from nothing.
local function is_of_call(told, message)
  local field = message:match("%f[%w]call%.[%w_.]-([%w_]+) is nil here")
  for _, problem in ipairs(field and told or {}) do
    if problem.message:find(field, 1, true) then
      return false
    end
  end
  return field ~= nil
end

--- A file with mistakes that it shows while it loads: what there is to say of the rules that can run in spite
--- of them is told, too.
---@param rules table the module rules
---@param options TrialOptions `source` is what loads
---@param told string all that was found while it loaded
---@param written string the file
---@return string problems
function trial.in_spite(rules, options, told, written)
  local list = told_before(told)
  local set = list and rules.open(options.source, true)
  if not set then
    return told
  end
  local read, filled = read_of(set, setmetatable({ facts = options.shown or options.facts },
    { __index = options }))
  local changed = changed_lines(written, options.source)
  local wrong = setmetatable({}, { __index = changed })
  local found = {}
  add(found, 1, "meaning", state.kept(filled.t, set.functions()))
  local _, _, faults = proof.run(set, filled)
  add(found, 3, "proof", apart_from(read, faults))
  set.close()
  for _, problem in ipairs(list) do
    if problem.line then wrong[problem.line] = true end
  end
  local uses = depends.on(filled.t, wrong)
  for _, fault in ipairs(found) do
    local follows = fault.line and uses(fault.line) and problems.follows(fault.message)
      and not is_of_call(list, fault.message)
    if not follows and not changed[fault.line] and not is_told(list, fault) then list[#list + 1] = fault end
  end
  return problems.text(problems.sorted(list))
end

-- Was it told already why a condition always holds?
local function always_told(read, problem)
  for _, each in ipairs(problem.message:find("always holds: compare it", 1, true) and read.problems or {}) do
    if each.line == problem.line and each.message:find("this always holds", 1, true) then
      return true
    end
  end
  return false
end

---@param rules table
---@param options TrialOptions
---@return Trial
---@return TrialFault?
function trial.run(rules, options)
  local read, filled, beside = read_of(rules, options)
  local t = filled.t
  local found, report = {}, { rules = #rules.list() }
  add(found, 1, "meaning", read.problems)
  add(found, 1, "meaning", state.kept(t, rules.functions and rules.functions() or {}))
  local example_lines = places.examples(t)
  local failing = failing_examples(rules, filled, example_lines)
  report.examples = #rules.examples() - #failing
  add(found, 2, "example", failing)
  local proved, _, faults = proof.run(rules, filled)
  report.calls, report.plans = proved.calls, proved.plans
  add(found, 3, "proof", apart_from(read, faults))
  local account = rule_summary.of(rules.list(), proved, filled, #faults == 0, rules.decide)
  report.accounts = rule_summary.text(account.lines, proved.calls)
  report.rules_json = json.encode(json.array(account.lines))
  for _, problem in ipairs(account.problems) do
    if not always_told(read, problem) then add(found, 4, "meaning", { problem }) end
  end
  local warnings = account.warnings
  add(warnings, nil, nil, read.warnings)
  for _, each in ipairs(examples.twice(rules, filled)) do
    warnings[#warnings + 1] = { line = example_lines[each.number],
      message = ("example %d: %s"):format(each.number, each.why) }
  end
  for _, list in ipairs { proved.warnings, beside.warnings } do
    for _, message in ipairs(list) do warnings[#warnings + 1] = { message = message, elsewhere = true } end
  end
  found = problems.sorted(found)
  report.problems, report.warnings = problems.text(found), problems.text(problems.sorted(warnings))
  local first = found[1]
  if first then
    first.shown = shown_of(rules, filled, read, found)
  end
  return report, first
end

return trial
