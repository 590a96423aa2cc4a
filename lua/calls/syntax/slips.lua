-- slips.lua: slips of the pen that keep a text from being Lua, and how to undo them.
--
--   slips.around(t, wrong)   what may be wrong where Lua stopped, the likeliest first
--
-- A slip is { line =, message =, edits = { { from =, last =, text = } } }; an
-- edit never adds or takes away a line.

-- Brackets are in brackets.lua, keywords and what is called or returned in structure.lua, values out of place
-- in values.lua.

local brackets = require("calls.syntax.brackets")
local insertion = require("calls.syntax.insertion")
local structure = require("calls.syntax.structure")
local values = require("calls.syntax.values")

local insert, slip = insertion.before, insertion.instead
local load = load

local slips = {}

---@class Slip
---@field line integer
---@field message string
---@field edits { from: integer, last: integer, text: string }[]
---@field sure boolean? what it becomes is what was meant
---@field must_pass boolean? only worth telling when Lua reads on past this line

--- The token's mark in a message.
local function shown(t, i)
  local text = t.text[i]
  if t.kind[i] == "eof" then
    return "the end of the file"
  end
  return #text > 30 and text:sub(1, 28):gsub("[\128-\255]*$", "") .. "…" or text
end

local VALUE_KEYWORDS = { ["end"] = true, ["nil"] = true, ["true"] = true, ["false"] = true }
local STARTS = { ["nil"] = true, ["true"] = true, ["false"] = true, ["function"] = true, ["not"] = true }

local function ends_value(t, i)
  local kind, text = t.kind[i], t.text[i]
  return kind == "name" or kind == "string" or kind == "number" or VALUE_KEYWORDS[text]
    or (kind == "op" and (text == ")" or text == "}" or text == "]")) or false
end

local function starts_value(t, i)
  local kind, text = t.kind[i], t.text[i]
  return kind == "name" or kind == "string" or kind == "number" or STARTS[text]
    or (kind == "op" and (text == "{" or text == "[" or text == "(")) or false
end

local function opener(t, i)
  return t.inside[i] > 0 and t.text[t.inside[i]] or ""
end

--- A comma that is missing before token e.
local function comma(t, e)
  local open = opener(t, e)
  if e > 1 and (open == "{" or open == "(") and ends_value(t, e - 1) and starts_value(t, e) then
    local where = t.line[e] == t.line[e - 1] and ("before %s"):format(shown(t, e))
      or "at the end of this line"
    return insert(t, e, ("a comma is missing %s"):format(where), ",", t.line[e - 1])
  end
end

--- { "mon-fri" = … }, { mon-fri = … }, { 1 = … }: a key that needs brackets; { seconds: 20 }.
local function key(t, e)
  if opener(t, e) ~= "{" then
    return nil
  end
  local mark = (t.text[e] == "=" or t.text[e] == ":") and e or (t.text[e - 1] == ":" and e - 1)
  if not mark then
    return nil
  end
  local first = mark - 1
  while first > t.inside[e] + 1 and not (t.text[first - 1] == "," or t.text[first - 1] == ";")
    and t.line[first - 1] == t.line[mark] do
    first = first - 1
  end
  local text = t.source:sub(t.from[first], t.last[mark - 1])
  if first == mark - 1 and t.kind[first] == "name" then
    return t.text[mark] == ":"
      and slip(t, mark, ("in a table write %s = …, not %s:"):format(text, text), "=")
  elseif first == mark - 1 and (t.kind[first] == "string" or t.kind[first] == "number") then
    return slip(t, first, ("this key needs brackets: [%s] = …"):format(text), ("[%s] ="):format(text), mark)
  elseif text:find("^[%w ,-]+$") then
    return slip(t, first, ('this key needs brackets and quotes: ["%s"] = …'):format(text),
      ('["%s"] ='):format(text), mark)
  end
end

--- function(call) x == y end: nothing is returned.
local function lost_return(t, e)
  -- Its own end may be where Lua stopped: function(call) call.line.busy end
  local open = t.text[e] == "end" and t.pair[e] or t.inside[e]
  while open > 0 and t.text[open] ~= "function" do open = t.inside[open] end
  if open == 0 then
    return nil
  end
  local list = open + 1
  while list < e and t.text[list] ~= "(" do list = list + 1 end
  local behind = (t.pair[list] or e) + 1
  if behind > e or t.text[behind] == "return" then
    return nil
  end
  local found = insert(t, behind, "return is missing: function(call) return … end", "return ")
  found.must_pass = true
  return found
end

local function else_ifs(t)
  local found
  for i = 1, t.count - 1 do
    if t.text[i] == "else" and t.text[i + 1] == "if" and t.line[i] == t.line[i + 1] then
      found = found or { line = t.line[i], message = "else if opens one more if: write elseif", edits = {} }
      found.edits[#found.edits + 1] = { from = t.from[i], last = t.last[i + 1], text = "elseif" }
    end
  end
  return found
end

--- What Lua says it wants here, put in.
local function wanted(t, e, wrong)
  local what, opened, line = wrong.text:match("^'(%S+)' expected %(to close '(%S+)' at line (%d+)%)")
  if not what then
    what = wrong.text:match("^'(%S+)' expected near")
    if not what or what:find("<") then
      return nil
    end
    return insert(t, e, ("%s is missing before %s"):format(what, shown(t, e)), " " .. what .. " ")
  end
  return insert(t, e, ("%s is missing before %s: it closes the %s of line %s"):format(what, shown(t, e),
    opened,
    line), " " .. what .. " ")
end

--- An unfinished text ends before the ) of its call, "Hello):otherwise(…, or where the line does, but for the
--- marks of the list that it stands in.
local function unfinished(t, e, try)
  local text = t.text[e]
  local quote = text:sub(1, 1)
  if t.kind[e] ~= "string" or (quote ~= '"' and quote ~= "'") then
    return
  end
  for _, pattern in ipairs { "()%)%s*:%a", "()[%s,;)}]*$" } do
    local at = text:match(pattern)
    local from = at and t.from[e] + at - 1
    try(from and { line = t.line[e], edits = { { from = from, last = from - 1, text = quote } },
      message = ("this text isn't closed: a %s is missing at its end"):format(quote) })
  end
end

local function escapes(t, e, try)
  local edits, mark = {}, nil
  for at, letter in t.text[e]:gmatch("()\\([^abfnrtvxzu%d\\'\"\n\r])") do
    mark = mark or letter
    edits[#edits + 1] = { from = t.from[e] + at - 1, last = t.from[e] + at - 2, text = "\\" }
  end
  try(mark and { line = t.line[e], edits = edits,
    message = ("\\%s can't be used in a text: in a pattern write %%%s, else \\\\%s"):format(mark, mark,
      mark) })
end

local WANTS = { ["="] = true, ["=="] = true, ["~="] = true, ["and"] = true, ["or"] = true, ["not"] = true,
  [".."] = true, ["+"] = true, ["-"] = true, ["*"] = true, ["<"] = true, [">"] = true }

--- seconds = , or a comparison with nothing.
local function lost_value(t, e)
  if WANTS[t.text[e - 1]] and t.kind[e - 1] ~= "string" then
    return insert(t, e, ("a value is missing between %s and %s"):format(t.text[e - 1], shown(t, e)), " nil ")
  end
end

local BEGIN_STATEMENT = { ["local"] = true, ["if"] = true, ["for"] = true }

-- Fields of the list that a file returns.
local OF_LIST = { examples = "examples belongs in the list of rules: return { …, examples = { … } }",
  try_for = "try_for belongs in the list of rules: return { …, try_for = { … } }" }

--- return x print(y): nothing follows a return
local function early_return(t, e, wrong)
  local begins = t.kind[e] == "name" or BEGIN_STATEMENT[t.text[e]]
  if not wrong.text:find("expected", 1, true) or not begins then
    return nil
  end
  for i = e - 1, t.inside[e] + 1, -1 do
    if t.text[i] == "return" and t.kind[i] == "keyword" and t.inside[i] == t.inside[e] then
      if OF_LIST[t.text[e]] and t.text[e + 1] == "=" then
        return { line = t.line[e], message = OF_LIST[t.text[e]], edits = {
          { from = t.from[i], last = t.last[i], text = "do return" },
          { from = t.from[e], last = t.from[e] - 1, text = " end local " } } }
      end
      return { line = t.line[i],
        message = "return is the last thing a function does: what is behind it never runs",
        edits = { { from = t.from[i], last = t.last[i], text = "do return" },
          { from = t.from[e], last = t.from[e] - 1, text = " end " } } }
    end
  end
end

--- ring(JOE). }
local function lost_name(t, e, wrong)
  local mark = t.text[e - 1]
  if wrong.text:find("^<name> expected") and (mark == "." or mark == ":") and t.kind[e - 1] == "op" then
    return slip(t, e - 1, ("a name is missing behind the %s: ring(…):otherwise(…)"):format(mark), " ")
  end
end

--- More than belongs here.
local function surplus(t, e)
  local text = t.text[e]
  if text == "," or text == ";" then
    return slip(t, e, "one comma too many", " ")
  elseif text == "return" and t.inside[e] == 0 then
    return slip(t, e, "the file has a second return: put its rules into the list of the first one", "",
      t.count)
  elseif text == "end" or text == "}" or text == ")" or text == "]" then
    return slip(t, e, ("this %s closes nothing: delete it, or find what is closed too early"):format(text),
      " ")
  end
end

--- The token at which Lua stopped. Of several that look alike it is the first with which the text is
--- refused for more than ending too soon.
function slips.stopped_at(t, wrong)
  if wrong.near == "<eof>" then
    return t.count
  end
  local found
  for i = 1, t.count do
    if t.line[i] == wrong.line and wrong.near and t.text[i]:sub(1, #wrong.near) == wrong.near then
      found = i
      local _, message = load(t.source:sub(1, t.last[i]), "=x", "t", {})
      if message and not message:find("near <eof>", 1, true) then break end
    end
  end
  return found
end

--- { from, to }: the field of a table that token `e` is in.
local function field_start(t, e)
  local first = e
  while first > t.inside[e] + 1 and t.text[first - 1] ~= "," and t.text[first - 1] ~= ";" do
    first = t.pair[first - 1] and t.pair[first - 1] < first - 1 and t.pair[first - 1] or first - 1
  end
  return first
end

--- when = call.from == JOE end
local function lost_function(t, e)
  local first = t.text[e] == "end" and opener(t, e) == "{" and field_start(t, e)
  if first and (t.text[first] == "when" or t.text[first] == "go") and t.text[first + 1] == "=" then
    return insert(t, first + 2,
      ("%s needs a function: %s = function(call) return … end"):format(t.text[first],
      t.text[first]), "function(call) return ")
  end
end

--- ring(JOE, seconds = 20)
local function named_argument(t, e)
  local open = t.inside[e]
  if t.text[e] ~= "=" or opener(t, e) ~= "(" or t.kind[e - 1] ~= "name" or not t.pair[open] then
    return nil
  end
  local found = insert(t, e - 1, ("options are a table, in braces: { %s = … }"):format(t.text[e - 1]), "{")
  found.edits[2] = { from = t.from[t.pair[open]], last = t.from[t.pair[open]] - 1, text = "}" }
  return found
end

--- return [ … ]
local function square_list(t, e)
  if t.text[e] == "[" and t.pair[e] then
    local found = slip(t, e, "a list is written in braces: { … }, not [ … ]", "{")
    found.edits[2] = { from = t.from[t.pair[e]], last = t.last[t.pair[e]], text = "}" }
    return found
  end
end

local CLOSED = { [","] = true, [";"] = true, ["}"] = true }
--- # our rules: a word in front of others, so no length is asked for.
local function hash_comment(t, e)
  for i = e, 1, -1 do
    local begins = i == 1 or t.line[i - 1] < t.line[i] or CLOSED[t.text[i - 1]]
    local alone = t.line[i + 2] ~= t.line[i] or t.kind[i + 2] == "name" or t.kind[i + 2] == "bad"
    if t.text[i] == "#" and t.kind[i] == "op" and begins and alone then
      return slip(t, i, "a comment begins with --, not #", "--")
    elseif t.line[i] < t.line[e] - 1 then
      return nil
    end
  end
end

--- Strings of the line, when Lua stopped within one.
local function strings_of(t, line)
  local list = {}
  for i = 1, t.count do
    if t.line[i] == line and t.kind[i] == "string" then list[#list + 1] = i end
  end
  return list
end

local function sure(found)
  if found then found.sure = true end
  return found
end

---@param t Tokens
---@param wrong { line: integer, text: string, near: string? }
---@return Slip[]
function slips.around(t, wrong)
  local found = {}
  local function try(one)
    if one then found[#found + 1] = one end
  end
  if wrong.text:find("unfinished string", 1, true) or wrong.text:find("escape sequence", 1, true) then
    local closes = wrong.text:find("unfinished", 1, true)
    local read = closes and unfinished or escapes
    for _, i in ipairs(strings_of(t, wrong.line)) do read(t, i, try) end
    return found
  end
  local e = slips.stopped_at(t, wrong)
  if e then
    try(hash_comment(t, e))
    try(else_ifs(t))
    try(brackets.cut_call(t, e))
    for _, one in ipairs(values.slips(t, e, wrong)) do try(one) end
    for _, one in ipairs(structure.slips(t, e, wrong)) do try(one) end
    try(sure(key(t, e)))
    try(named_argument(t, e))
    try(sure(comma(t, e)))
    if t.text[e] == "=" then
      local of_list = t.inside[e] == 0 and OF_LIST[t.text[e - 1]] -- return { … }, examples = { … }
      try(slip(t, e, of_list or "to compare, write == instead of =", "=="))
    end
    try(lost_function(t, e))
    try(lost_return(t, e))
    if t.text[e] == "//" then try(slip(t, e, "a comment begins with --, not //", "--")) end
    try(square_list(t, e))
    for _, one in ipairs(brackets.unclosed(t, e)) do try(one) end
    try(early_return(t, e, wrong))
    try(lost_name(t, e, wrong))
    try(wanted(t, e, wrong))
    try(lost_value(t, e))
    try(brackets.early_end(t, e))
    try(surplus(t, e))
  end
  return found
end

return slips
