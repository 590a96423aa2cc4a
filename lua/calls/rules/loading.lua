-- loading.lua: loads a rule file that has mistakes, as far as it goes.
--
--   loading.messages(source, name, options)  -> what is collected and raised, and the text that loads at last
--   loading.field_at(t, line)                the rule that stands on a line, or nil
--
-- What is raised ends a load, so the file is loaded again with it mended, or without the statement or rule
-- that raised it. Lines stay where they are.

local parts = require("calls.source.parts")
local ruleset = require("calls.rules.ruleset")
local tokens = require("calls.source.tokens")

local loading = {}

local MOST = 20
local LARGE = 64 * 1024 -- bytes of a file that takes too long to be loaded many times
local ABSENT = "unread" -- a name that nothing has: what stands in for it goes with everything

---@param t Tokens
---@param line integer
---@return table? field as tokens.fields has it
function loading.field_at(t, line)
  local brace
  for i = 1, t.count do
    if t.text[i] == "return" and t.kind[i] == "keyword" and t.inside[i] == 0 then brace = i + 1 end
  end
  for _, field in ipairs(brace and t.text[brace] == "{" and tokens.fields(t, brace) or {}) do
    if t.line[field.start] <= line and line <= t.line[field.last] then
      return field
    end
  end
end

--- The source with something else from one byte up to another, all lines kept.
local function with(source, from, upto, instead)
  local breaks = source:sub(from, upto):gsub("[^\n]", "")
  return source:sub(1, from - 1) .. instead .. breaks .. source:sub(upto + 1)
end

--- Without the rule that stands on a line; nil when none stands there.
local function without_rule(t, line)
  local field = loading.field_at(t, line)
  if not field then
    return nil
  end
  local behind = field.last + 1
  local last = (t.text[behind] == "," or t.text[behind] == ";") and behind or field.last
  local instead = field.positional and parts.RULE:format(line) .. "," or ""
  return with(t.source, t.from[field.start], t.last[last], instead)
end

local BLOCKS = { ["function"] = true, ["do"] = true, ["if"] = true, ["for"] = true, ["while"] = true,
  ["repeat"] = true, ["then"] = true, ["end"] = true, ["until"] = true, ["return"] = true }

--- Without the value of the names that are declared on a line or above it, at the outermost level.
local function without_value(t, line)
  local first, equals
  for i = 1, t.count do
    if t.inside[i] == 0 and t.line[i] <= line and t.text[i] == "local" and t.kind[i] == "keyword" then
      first, equals = i, nil
    elseif first and not equals and t.inside[i] == 0 and t.text[i] == "=" then
      equals = i
    elseif t.inside[i] == 0 and t.kind[i] == "keyword" and BLOCKS[t.text[i]] and t.line[i] <= line then
      first = nil
    end
  end
  if not equals or not first or t.line[equals] > line then
    return nil
  end
  local last = equals
  while last < t.count do
    local i = last + 1
    local is_next = t.inside[i] == 0 and (t.kind[i] == "keyword" and t.text[i] ~= "and" and t.text[i] ~= "or"
      and t.text[i] ~= "not" and t.text[i] ~= "nil" and t.text[i] ~= "true" and t.text[i] ~= "false"
      or t.kind[i] == "name" and t.text[i + 1] == "=")
    if is_next then break end
    last = i
  end
  if t.line[last] < line or last == equals then
    return nil
  end
  return with(t.source, t.from[equals + 1], t.last[last], ABSENT)
end

--- With `local` before a name of the outermost level that is given a value without it.
local function with_local(t, line, name)
  for i = 1, t.count do
    if t.line[i] == line and t.inside[i] == 0 and t.text[i] == name then
      local first = t.text[i - 1] == "function" and i - 1 or i
      while t.text[first - 1] == "," and t.kind[first - 2] == "name" do first = first - 2 end
      local from = t.from[first]
      return t.source:sub(1, from - 1) .. "local " .. t.source:sub(from)
    end
  end
end

-- What is raised, and the lines of the file that led there, innermost first.
local function traced(file)
  local lines = {}
  return lines, function(raised)
    for level = 2, 60 do
      local info = debug.getinfo(level, "Sl")
      if not info then break end
      if info.source == "@" .. file then lines[#lines + 1] = info.currentline end
    end
    return raised
  end
end

-- The source without what led to an error.
local function mended(source, raised, lines, file)
  local line, text = tostring(raised):match("^" .. file .. ":(%d+): (.*)$")
  if not line or #source > LARGE then
    return nil
  end
  local t, name = tokens.read(source), text:match('^"([%a_][%w_]*)" is not local')
  local found = name and with_local(t, math.tointeger(line), name)
  table.insert(lines, 1, math.tointeger(line))
  for _, each in ipairs(lines) do
    found = found or without_rule(t, each) or without_value(t, each)
  end
  return found
end

---@param source string
---@param file string
---@param options table as rules.load has them
---@return any[] messages
---@return string? rest nil: nothing loads
function loading.messages(source, file, options)
  local messages = {}
  local absent = ('"%s" isn\'t defined'):format(ABSENT)
  for _ = 1, MOST do
    local some = {}
    local lines, handler = traced(file)
    local ok, set, problems = xpcall(ruleset.load, handler, source, file, options, some)
    for _, message in ipairs(some) do
      if not tostring(message):find(absent, 1, true) then messages[#messages + 1] = message end
    end
    if ok then
      -- Others are those of a text that isn't Lua.
      return messages, (set or problems == some) and source or nil
    end
    messages[#messages + 1] = set
    source = mended(source, set, lines, file)
    if not source then
      break
    end
  end
  return messages
end

return loading
