-- problems.lua: all problems of a rule file, as one text.
--
--   problems.text(list)                  "forwarding.lua:12: …" a line, at most 20, of RuleProblems
--   problems.sorted(list)                the same list in the order of lines, without echoes
--   problems.follows(message)            may it come of another problem?
--   problems.meant(source, team?, t?)    what its text says and can't have meant (lint/meant.lua), and
--                                        names that the files beside it don't have
--   problems.refused(name, source, options)  the text for a file that doesn't load, and what is left of it

local blame = require("calls.source.blame")
local environment = require("calls.rules.environment")
local failures = require("calls.rules.failures")
local loading = require("calls.rules.loading")
local meant = require("calls.lint.meant")
local places = require("calls.source.places")
local syntax = require("calls.syntax.syntax")
local team = require("calls.team.team")
local team_beside = require("calls.team.beside")
local tokens = require("calls.source.tokens")
local words = require("calls.rules.words")

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

local KINDS = { person = "people", group = "groups", open = "hours", greeting = "hours", oncall = "oncall" }

--- The rule that a line belongs to: the last one that begins before it.
local function rule_at(starts, line)
  local name, best = nil, 0
  for each, lines in pairs(starts) do
    for _, first in ipairs(lines) do
      if first <= line and first > best then name, best = each, first end
    end
  end
  return name
end

--- person "joe", open("office", …) with a name that no file has.
local function unknown_names(read, beside)
  local t, rules = read.t, nil
  for i = 1, t.count do
    local kind = t.kind[i] == "name" and not read.known.declared[t.text[i]]
      and t.text[i - 1] ~= "." and t.text[i - 1] ~= ":" and KINDS[t.text[i]]
    local at = kind and (t.text[i + 1] == "(" and i + 2 or i + 1)
    if at and t.kind[at] == "string" and (at == i + 1 or t.text[at + 1] == ")" or t.text[at + 1] == ",") then
      local made, message = team.find(beside, kind, tokens.value(t, at))
      rules = rules or select(2, places.rules(t.source))
      local rule = not made and rule_at(rules, t.line[i])
      if not made then
        read.problems[#read.problems + 1] = { line = t.line[i], echoes = true,
          message = rule and ('rule "%s": %s'):format(rule, message) or message }
      end
    end
  end
end

---@param source string
---@param beside Team? the data files
---@param t Tokens? of the source, if they have been read
---@return Meant
function problems.meant(source, beside, t)
  local read = meant.read(t or tokens.read(source), environment.environment(words.environment({})))
  if beside then unknown_names(read, beside) end
  return read
end

--- Messages about missing values, and values of the wrong kind.
function problems.follows(message)
  message = message:gsub("a plan or nil", "a plan")
  return message:find("nil", 1, true) or message:find("no field", 1, true)
    or message:find("isn't defined", 1, true) or message:find("isn't a function", 1, true)
    or message:find("this value has no name", 1, true) or message:find("when must be function", 1, true)
    or message:find("%.txt has no ") or message:find("looks like", 1, true)
    or message:find("a plan has no", 1, true) or message:find("write it in quotes", 1, true)
    or message:find("only a function can be called", 1, true) or message:find("is not local", 1, true)
    or message:find("< and > can't compare", 1, true) or message:find("can't be calculated with", 1, true)
    or message:find(": ask it, ", 1, true) or message:find(": ask them, ", 1, true)
    or message:find("needs a time in seconds", 1, true) or message:find("is a method of", 1, true)
    or message:find("options are a table", 1, true) or message:find("needs a phone or a user", 1, true)
end

--- By line, without consequences of an earlier problem on the same line.
---@param list RuleProblem[]
---@return RuleProblem[]
function problems.sorted(list)
  local silent, known, order, out = {}, {}, {}, {}
  for position, problem in ipairs(list) do
    local line = problem.line or 0
    local key = line .. " " .. problem.message:gsub(" %(.*", ""):gsub("^ring: ", ""):gsub("%.$", "")
    local is_echo = silent[line] and silent[line] ~= problem.stage and problems.follows(problem.message)
    if not known[key] and not is_echo then
      known[key], order[problem] = true, position
      if problem.echoes and line > 0 then silent[line] = problem.stage end
      out[#out + 1] = problem
    end
  end
  table.sort(out, function(a, b)
    if (a.line or 0) ~= (b.line or 0) then
      return (a.line or 0) < (b.line or 0)
    end
    return order[a] < order[b]
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

--- Is it what follows from a name in the same list or call that is told already, or from a function that is
--- called without a call?
local function comes_of(read, line, message)
  for _, problem in ipairs(message:find("^call is nil here") and read.problems or {}) do
    if problem.message:find("runs while the file is read", 1, true) then
      return true
    end
  end
  local last = line and problems.follows(message) and blame.last_line(read.t, line)
  for _, problem in ipairs(last and read.problems or {}) do
    if problem.echoes and problem.line >= line and problem.line <= last then
      return true
    end
  end
  return false
end

--- One problem for each line of a contacts file that is wrong, which come as one message.
local function apart(list)
  local out = {}
  for _, problem in ipairs(list) do
    if problem.message:find("^[%w_/-]+%.%a+:%d+: .*\n") then
      for message in problem.message:gmatch("[^\n]+") do
        out[#out + 1] = { line = problem.line, message = message, elsewhere = problem.elsewhere }
      end
    else
      out[#out + 1] = problem
    end
  end
  return out
end

---@param list RuleProblem[] sorted
---@param name string? of the file
---@return string
function problems.text(list, name)
  local out = {}
  list, name = apart(list), name or FILE
  for i = 1, math.min(#list, MOST) do out[i] = placed(list[i], name) end
  if #list > MOST then out[MOST + 1] = ("%s: and %d more"):format(name, #list - MOST) end
  return table.concat(out, "\n")
end

--- Messages about the shape of a rule or of the list.
local SHAPE = { "has no go", "has an unknown field", "has no name", "must begin with its name", "must return",
  "not a list of them", "nothing follows this plan" }

--- Messages about a value or a name, which a bracket beside it doesn't change.
local OWN = { "has no option \"", "^call has no field", "^call%.%S* has no field", "isn't a phone number",
  "%.txt has no ", "as a time;", "unknown day", "^nothing here has a method", "^opening hours have no" }

local function is_own(message)
  for _, pattern in ipairs(OWN) do
    if message:find(pattern) then
      return not message:find("has no option \"when\"") and not message:find("has no option \"go\"")
    end
  end
  return false
end

--- What is told of a file with slips, as it is without them: not what only follows from how they were undone.
local Mended = {}
Mended.__index = Mended

--- Lines that differ between two texts of as many lines.
---@param unsure table<integer, boolean|"marks"> of them, as syntax.explain gives it
function Mended.new(source, mended, unsure)
  local changed, line, next_line, written = {}, 0, (mended .. "\n"):gmatch("(.-)\n"), {}
  for text in (source .. "\n"):gmatch("(.-)\n") do
    line = line + 1
    written[line] = text
    if text ~= next_line() and unsure[line] ~= false then changed[#changed + 1] = line end
  end
  return setmetatable({ changed = changed, unsure = unsure, written = written, t = tokens.read(mended) },
    Mended)
end

local function changed_between(self, first, last)
  for _, line in ipairs(self.changed) do
    if line >= first and line <= last then
      return true
    end
  end
  return false
end

--- "x" is not local, of a line that begins with it: whatever else was undone there.
local function begins_with(text, message)
  local name = message:match('^"([%a_][%w_]*)" is not local')
  return name and (text:match("^%s*function%s+([%w_]+)") or text:match("^%s*([%w_]+)%s*=")) == name
end

function Mended:may_follow(line, message)
  if #self.changed == 0 or line and begins_with(self.written[line], message) then
    return false
  end
  if line and self.unsure[line] == "marks" and is_own(message) then
    return false
  elseif not line or changed_between(self, line, line) or message:find("^rule of line") then
    return true
  end
  for _, text in ipairs(SHAPE) do
    if message:find(text, 1, true) then
      local field = loading.field_at(self.t, line)
      return not field or changed_between(self, self.t.line[field.start], self.t.line[field.last])
    end
  end
  return false
end

---@param name string of the file: "forwarding.lua"
---@param source string that doesn't load
---@param options table as rules.load has them
---@return string
---@return string? rest what loads in spite of all that, line by line; nil: nothing does
function problems.refused(name, source, options)
  local list = {}
  local function add(stage, line, message, echoes)
    list[#list + 1] = { stage = stage, line = line, message = message, echoes = echoes }
  end
  local found, mended, unsure = syntax.explain(source)
  for _, problem in ipairs(found) do add(1, problem.line, problem.message) end
  if not mended then
    return problems.text(problems.sorted(list), name)
  end
  local slips = Mended.new(source, mended, unsure)
  source = mended
  local beside = team_beside.read(source, options.data, options.country)
  for _, message in ipairs(team.messages(beside)) do
    list[#list + 1] = { message = message, elsewhere = true }
  end
  if #team.messages(beside) > 0 then
    return problems.text(problems.sorted(list), name)
  end
  local read, told, doubts = problems.meant(source, beside), {}, {}
  for _, problem in ipairs(read.problems) do
    if not slips:may_follow(problem.line, problem.message) then
      add(1, problem.line, problem.message, problem.echoes)
    end
    told[problem.message] = true
  end
  for _, doubt in ipairs(read.warnings) do
    if not slips:may_follow(doubt.line, doubt.message) then doubts[#doubts + 1] = doubt end
  end
  local messages, rest = loading.messages(source, FILE, options)
  for _, message in ipairs(messages) do
    local line, text = tostring(message):match("^" .. FILE .. ":(%d+): (.*)$")
    text = failures.words(text or tostring(message), read.t, math.tointeger(line))
    if line then line = blame.line(read.t, math.tointeger(line), text) end
    local unknown = text:match('^"([%a_][%w_]*)" isn\'t defined')
    if not told[text] and not read.renamed[unknown]
      and not slips:may_follow(line, text) and not comes_of(read, line, text) then
      add(2, line, text)
    end
  end
  -- Alone they refuse nothing, and are told as warnings.
  for _, doubt in ipairs(#list > 0 and doubts or {}) do
    add(1, doubt.line, doubt.message .. " (a warning)")
  end
  return problems.text(problems.sorted(list), name), rest
end

return problems
