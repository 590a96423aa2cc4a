-- ruleset.lua: loads a rule file and decides calls with it.
--
--   rules.open(source, name, options) -> Ruleset, or raises "forwarding.lua:12: what is wrong"
--   ruleset.decide(call)              -> index, plan? of the first rule whose `when` holds, or nothing
--
-- The plan comes along when `go` is a function; one written into the file stands
-- in ruleset.list. An index with no plan in either place means that `go`
-- returned nil: the console's settings apply, as when no rule matches.
--
-- Runs in the rule VM. Once open has returned, nothing that the file can reach
-- changes any more (freeze.lua), so a decision depends on `call` alone.

local clock = require("calls.rules.clock")
local environment = require("calls.rules.environment")
local freeze = require("calls.rules.freeze")
local literal_numbers = require("calls.rules.literal_numbers")
local mistake = require("calls.mistake")
local plans = require("calls.plans.plan")
local rule_file = require("calls.rules.rule_file")
local words = require("calls.rules.words")
local written_number = require("calls.parties.written_number")

local rules = {}

---@class Ruleset
---@field list RuleEntry[]
---@field decide fun(call: table): integer?, FlatPlan?
---@field examples table[]
---@field calendar Calendar[] of the hours and rotas that were made while the file loaded
---@field fields table<string, fun(call: Call): any> what `call` has besides the host's fields
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

--- The names that the file may use, sealed, and the functions among them.
local function make_environment(options, calendar)
  local env, known, names = environment.environment(words.environment(options, calendar)), {}, {}
  take(env, known, "")
  for name in pairs(env) do names[name] = true end
  freeze.sealed(env, function(name)
    mistake(("there is no %s here%s"):format(mistake.show(name), mistake.nearest(name, names)))
  end, refuse_global)
  return env, known
end

--- Run the file. Returns what it returned.
local function run(file, env)
  local chunk, message = load(file.source, "@" .. file.name, "t", env)
  if not chunk then
    local position = message:match("^.-:(%d+): ")
    rule_file.fail(file, position or 1, position and message:match("^.-:%d+: (.*)$") or message)
  end
  return chunk()
end

--- What `go` returned, as a plan that can be stored.
local function finished(file, entry, made)
  if made == nil then
    return nil
  elseif not plans.is(made) then
    rule_file.fail(file, entry.line, ('rule "%s": go must return a plan or nil, not %s'):format(
      entry.name, mistake.show(made)))
  end
  return plans.flatten(made, file.options)
end

local function decider(file, list, entries, progress)
  local whens, gos = {}, {}
  for i, rule in ipairs(list) do
    whens[i] = rule.when or false
    gos[i] = type(rule.go) == "function" and rule.go or false
  end
  return function(call)
    for i = 1, #whens do
      local when, go = whens[i], gos[i]
      progress[1] = i
      if not when or when(call) then
        return i, go and finished(file, entries[i], go(call)) or nil
      end
    end
  end
end

---@param source string the file's text
---@param name string its name in messages: "forwarding.lua"
---@param options { data: (fun(name: string): string?)?, ring_limit: integer?, zone: string?,
--- country: string? }?
---@return Ruleset
function rules.open(source, name, options)
  options = options or {}
  local country = options.country ~= "" and options.country or written_number.country(source) or "US"
  local file = { name = name, source = source }
  file.options = setmetatable({ country = country }, { __index = options })
  literal_numbers.check(source, country, function(line, message) rule_file.fail(file, line, message) end)
  local env
  local calendar = { open = true }
  env, file.known = make_environment(file.options, calendar)
  local list = run(file, env)
  calendar.open = nil
  local entries = rule_file.read(file, list)
  local examples = rule_file.examples(file, list)
  local progress = { 0 }
  local decide = decider(file, list, entries, progress)
  freeze.reachable(list, file.known, "@" .. name, function(line, message)
    rule_file.fail(file, line, message)
  end)
  return {
    list = entries, decide = decide, examples = examples, progress = progress, calendar = calendar,
    fields = clock.fields(file.options.zone),
  }
end

return rules
