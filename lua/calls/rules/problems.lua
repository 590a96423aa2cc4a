-- problems.lua: all problems of a rule file, as one text.
--
--   problems.text(list)                  "forwarding.lua:12: …" a line, at most 20, of RuleProblems
--   problems.sorted(list)                the same list by line, without echoes
--   problems.meant(source)               things in its text that can't be meant (source/meant.lua)
--   problems.refused(name, source, options)  the text for a file that doesn't load

local blame = require("calls.source.blame")
local environment = require("calls.rules.environment")
local failures = require("calls.rules.failures")
local meant = require("calls.source.meant")
local ruleset = require("calls.rules.ruleset")
local syntax = require("calls.source.syntax")
local words = require("calls.rules.words")

local load = load

local problems = {}

local FILE = "forwarding.lua"
local MOST = 20
local LONGEST = 400 -- bytes of one message

---@class RuleProblem
---@field line integer?
---@field message string
---@field stage integer? what was found first
---@field elsewhere boolean? not in the file; the message says where
---@field echoes boolean? other stages shouldn't report its line again

---@param source string
---@return Meant
function problems.meant(source)
  return meant.read(source, environment.environment(words.environment({})))
end

--- Runtime messages about missing values.
local function follows(message)
  return message:find("nil", 1, true) or message:find("no field", 1, true)
    or message:find("there is no", 1, true) or message:find("looks like", 1, true)
end

--- By line, without consequences of an earlier problem on the same line.
---@param list RuleProblem[]
---@return RuleProblem[]
function problems.sorted(list)
  local silent, known, places, out = {}, {}, {}, {}
  for position, problem in ipairs(list) do
    local line = problem.line or 0
    local key = line .. " " .. problem.message:gsub(" %(.*", "")
    local is_echo = silent[line] and silent[line] ~= problem.stage and follows(problem.message)
    if not known[key] and not is_echo then
      known[key], places[problem] = true, position
      if problem.echoes and line > 0 then silent[line] = problem.stage end
      out[#out + 1] = problem
    end
  end
  table.sort(out, function(a, b)
    if (a.line or 0) ~= (b.line or 0) then
      return (a.line or 0) < (b.line or 0)
    end
    return places[a] < places[b]
  end)
  return out
end

local function placed(problem, name)
  local message = problem.message:gsub("%s*\n%s*", " ")
  if #message > LONGEST then message = message:sub(1, LONGEST):gsub("[\128-\255]*$", "") .. "…" end
  if problem.elsewhere then
    return message
  end
  local line = (problem.line or 0) > 0 and problem.line .. ": " or " "
  return name .. ":" .. line .. message
end

--- Is it what follows from a name in the same list or call that is told already?
local function comes_of(read, line, message)
  local last = line and follows(message) and blame.last_line(read.t, line)
  for _, problem in ipairs(last and read.problems or {}) do
    if problem.echoes and problem.line >= line and problem.line <= last then
      return true
    end
  end
  return false
end

---@param list RuleProblem[] sorted
---@param name string? of the file
---@return string
function problems.text(list, name)
  local out = {}
  name = name or FILE
  for i = 1, math.min(#list, MOST) do out[i] = placed(list[i], name) end
  if #list > MOST then out[MOST + 1] = ("%s: and %d more"):format(name, #list - MOST) end
  return table.concat(out, "\n")
end

---@param name string of the file: "forwarding.lua"
---@param source string that doesn't load
---@param options table as rules.load has them
---@return string
function problems.refused(name, source, options)
  local list = {}
  local function add(stage, line, message, echoes)
    list[#list + 1] = { stage = stage, line = line, message = message, echoes = echoes }
  end
  if not load(source, "=x", "t", {}) then
    for _, problem in ipairs(syntax.explain(source)) do add(1, problem.line, problem.message) end
    return problems.text(problems.sorted(list), name)
  end
  local read, told = problems.meant(source), {}
  for _, problem in ipairs(read.problems) do
    add(1, problem.line, problem.message, problem.echoes)
    told[problem.message] = true
  end
  local messages = {}
  local ok, raised = pcall(ruleset.load, source, FILE, options, messages)
  if not ok then messages[#messages + 1] = raised end
  for _, message in ipairs(messages) do
    local line, text = tostring(message):match("^" .. FILE .. ":(%d+): (.*)$")
    text = failures.words(text or tostring(message))
    if line then line = blame.line(read.t, math.tointeger(line), text) end
    if not told[text] and not comes_of(read, line, text) then add(2, line, text) end
  end
  return problems.text(problems.sorted(list), name)
end

return problems
