-- ruleset.lua: loads a rule file and decides calls with it.
--
--   rules.load(source, name, options) -> Ruleset, or nil and all that is wrong: "forwarding.lua:12: …"
--   rules.open(source, name, options) -> Ruleset, or raises the first of it
--   ruleset.decide(call, first)       -> index, plan? of the first rule whose `when` holds, or nothing; rules
--                                        before `first` aren't asked
--
-- The plan comes along when `go` is a function; one written into the file stands
-- in ruleset.list. An index with no plan in either place means that `go`
-- returned nil: the console's settings apply, as when no rule matches.
--
-- Runs in the rule VM. Once open has returned, nothing that the file can reach
-- changes any more (freeze.lua), so a decision depends on `call` alone.

local absent = require("calls.lint.known.absent")
local clock = require("calls.hours.clock")
local environment = require("calls.rules.environment")
local freeze = require("calls.freeze")
local hours = require("calls.hours.hours")
local interned = require("calls.plans.interned")
local literal_numbers = require("calls.source.literal_numbers")
local mistake = require("calls.mistake")
local plans = require("calls.plans.plan")
local rota = require("calls.hours.rota")
local rule_file = require("calls.rules.rule_file")
local team = require("calls.team.team")
local words = require("calls.rules.words")

local rules = {}

---@class Ruleset
---@field list RuleEntry[]
---@field decide fun(call: table, first?: integer): integer?, FlatPlan?
---@field examples table[]
---@field calendar Calendar[] of the hours and rotas that were made while the file loaded
---@field fields table<string, fun(call: Call): any> what `call` has besides the host's fields
---@field functions integer[] lines on which the functions begin that a decision can reach
---@field numbers table<FlatPlan, integer> of plans that may be decided again, in another call
---@field progress integer[] [1] is the rule being tried: the host names it when it fails

--- Put the functions of `t`, and of the tables in it, in `known`; seal those tables.
local function take(t, known, prefix)
  for name, value in pairs(t) do
    if type(value) == "function" then
      known[value] = known[value] or prefix .. name
    elseif type(value) == "table" and prefix == "" then
      take(value, known, name .. ".")
      if not debug.getmetatable(value) then freeze.sealed(value) end
    end
  end
end

local function refuse_global(_, name)
  mistake(("%s is not local: write local %s"):format(mistake.show(name), tostring(name)))
end

-- What stands in for the value of a word that was given something wrong, while the rest of the file is read.
local function any_plan()
  return plans.new("ring", { targets = {}, seconds = 0, confirm = false })
end
local INSTEAD = {
  ring = any_plan, voicemail = any_plan, say = any_plan, play = any_plan, reject = any_plan,
    hangup = any_plan,
  menu = any_plan, twiml = any_plan,
  user = function() return { user = "0" } end,
  hours = function() return hours.new { zone = "UTC", ["mon-fri"] = "08:00-17:00" } end,
  rota = function()
    return rota.new { zone = "UTC", every = "week", from = "2026-01-05 08:00", { user = "0" } }
  end,
  contacts = function() return {} end, phone = function() return "+13035550142" end,
  person = function() return { user = "0" } end, group = function() return { user = "0" } end,
  oncall = function() return { user = "0" } end, open = function() return false end,
  greeting = function() end,
}

--- The words, refusing surplus arguments.
local function checked_words(options, calendar)
  local found = words.environment(options, calendar)
  for name, word in pairs(found) do
    if type(word) == "function" then found[name] = mistake.checked(name, word, INSTEAD[name]) end
  end
  return found
end

--- The names that the file may use, sealed, and the functions among them.
local function make_environment(options, calendar)
  local env, known, names = environment.environment(checked_words(options, calendar)), {}, {}
  take(env, known, "")
  for name in pairs(env) do names[name] = true end
  freeze.sealed(env, function(name) return mistake.unknown(absent.message(name, names)) end, refuse_global)
  return env, known
end

--- What Lua says of a text that it doesn't read, and what may be meant.
local function syntax_problems(file)
  local found = {}
  local syntax = require("calls.syntax.syntax") -- which rules that load don't need
  for i, problem in ipairs(syntax.explain(file.source)) do
    found[i] = ("%s:%d: %s"):format(file.name, problem.line, problem.message)
  end
  return found
end

--- A plan that can be stored. The rule may make the same one in the next call.
local function flattened(file, made)
  local place = plans.place(file.plans, made)
  local flat = place.flat
  if not flat then
    flat = plans.flatten(made, file.options)
    file.count = file.count + 1
    place.flat, file.numbers[flat] = flat, file.count
  end
  return flat
end

--- What `go` returned, as a plan that can be stored.
local function finished(file, entry, made)
  if made == nil or mistake.is_unknown(made) then
    return nil
  elseif not plans.is(made) then
    rule_file.fail(file, entry.line, ('rule "%s": go must return a plan or nil, not %s'):format(
      entry.name, plans.instead(made)))
  end
  return flattened(file, made)
end

--- What a `when` gave that is neither true nor false, kept for the trial of the file.
local function note_held(entry, held)
  entry.held = type(held) == "number" and tostring(held) or mistake.show(held)
  return true
end

local function decider(file, list, entries, progress)
  local whens, gos = {}, {}
  for i, rule in ipairs(list) do
    rule = type(rule) == "table" and rule or {}
    whens[i] = type(rule.when) == "function" and rule.when or false
    gos[i] = type(rule.go) == "function" and not file.known[rule.go] and rule.go or false
  end
  return function(call, first)
    for i = first or 1, #whens do
      local when, go = whens[i], gos[i]
      progress[1] = i
      local held = not when or when(call)
      if held and (held == true or note_held(entries[i], held)) then
        return i, go and finished(file, entries[i], go(call)) or nil
      end
    end
  end
end

---@param source string the file's text
---@param name string its name in messages: "forwarding.lua"
---@param options { data: (fun(name: string): string?)?, ring_limit: integer?, zone: string?,
--- country: string?, in_spite: boolean? }? in_spite: give the rules that can run, too
---@param problems any[]? a list for them; they stay there when the file raises something else
---@return Ruleset?
---@return any[]? problems what is wrong, "forwarding.lua:12: …" each
function rules.load(source, name, options, problems)
  options = options or {}
  local numbers = literal_numbers.read(source)
  local country = literal_numbers.country(numbers, options.country)
  local file = { name = name, source = source, problems = problems or {}, plans = interned.tree(), count = 0,
    numbers = setmetatable({}, { __mode = "k" }) }
  local beside = team.read(options.data or function() end, country, numbers.files)
  if #beside.problems > 0 then
    return nil, team.messages(beside)
  end
  file.options = setmetatable({ country = country, team = beside }, { __index = options })
  local env
  local calendar = { open = true }
  env, file.known = make_environment(file.options, calendar)
  local chunk = load(source, "@" .. name, "t", env)
  if not chunk then
    return nil, syntax_problems(file)
  end
  literal_numbers.check(numbers, country, function(line, message)
    file.problems[#file.problems + 1] = ("%s:%d: %s"):format(name, line, message)
  end)
  local list = mistake.collect(file.problems, chunk)
  calendar.open = nil
  table.move(beside.calendar, 1, #beside.calendar, #calendar + 1, calendar)
  local entries = rule_file.read(file, list)
  list = type(list) == "table" and not mistake.is_unknown(list) and not plans.is(list) and list or {}
  local examples = rule_file.examples(file, list)
  entries.try_for = rule_file.try_for(file, list)
  local progress = { 0 }
  local decide = decider(file, list, entries, progress)
  local ok, functions = pcall(freeze.reachable, list, file.known, "@" .. name, function(line, message)
    rule_file.fail(file, line, message)
  end)
  if not ok then file.problems[#file.problems + 1], functions = functions, {} end
  if #file.problems > 0 and not options.in_spite then
    return nil, file.problems
  end
  return {
    list = entries, decide = decide, examples = examples, progress = progress, calendar = calendar,
    fields = clock.fields(file.options.zone), functions = functions, numbers = file.numbers,
  }
end

--- The same, raising the first problem.
---@return Ruleset
function rules.open(source, name, options)
  local set, problems = rules.load(source, name, options)
  if not set then
    error(problems[1], 0)
  end
  return set
end

return rules
