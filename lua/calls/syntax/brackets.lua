-- brackets.lua: brackets and blocks that aren't closed, and how to undo it.
--
--   brackets.unclosed(t, e)             -> Slip[], as in slips.lua, of brackets opened before token e
--   brackets.left_open(t, first, last)  the same of brackets that some lines open
--   brackets.cut_call(t, e)             -> Slip?, of a call that another bracket ends
--   brackets.early_end(t, e)            the same of a list of rules that ends too early
--   brackets.unclosed_block(t, e, try)  try(slip) for each function, if or do without its end

local insert = require("calls.syntax.insertion").must_pass

local brackets = {}

--- The last token of a line, without the marks that go on with a list.
local function end_of_line(t, i)
  local last = i
  while last < t.count - 1 and t.line[last + 1] == t.line[i] do last = last + 1 end
  while last > i and (t.text[last] == "," or t.text[last] == ";") do last = last - 1 end
  return last
end

--- The token before which something is put in at the end of what ends with token i: not behind its commas,
--- nor on another line than theirs.
local function before_commas(t, i)
  local behind = i + 1
  while t.text[behind - 1] == "," or t.text[behind - 1] == ";" do
    behind = behind - 1
    if t.line[behind - 1] ~= t.line[behind] then break end
  end
  return behind
end

local CLOSING = { ["("] = ")", ["{"] = "}", ["["] = "]" }

local NOT_CLOSED = "the %s of this line isn't closed: a %s is missing at its end"
local MISSING_HERE = "a %s is missing here: it closes the %s of line %d"
local BLOCKS = { ["function"] = true, ["if"] = true, ["do"] = true }

--- voicemail( }, where Lua waits for a value and not for the ).
---@param t Tokens
---@param e integer
---@return Slip?
function brackets.cut_call(t, e)
  if t.text[e - 1] == "(" and (t.text[e] == "}" or t.text[e] == "]") then
    return insert(t, e, ") is missing before " .. t.text[e], ")")
  end
end

--- return { { … }}, { … } }, where a } too many ends the list of rules.
---@param t Tokens
---@param e integer
---@return Slip?
function brackets.early_end(t, e)
  for i = e - 1, 1, -1 do
    if t.text[i] == "return" and t.kind[i] == "keyword" and t.inside[i] == 0 then
      local last = t.text[i + 1] == "{" and t.pair[i + 1]
      local behind = last and last + 2 <= e and t.text[last + 1] == "," and last + 2
      if behind and (behind == e or t.text[behind] == "{") then
        return { line = t.line[last], message = "this } ends the list of rules: delete it",
          edits = { { from = t.from[last], last = t.last[last], text = "" } } }
      end
      return
    end
  end
end

--- How far the line of token i is indented.
local function depth(t, i)
  while i > 1 and t.line[i - 1] == t.line[i] do i = i - 1 end
  return #t.source:sub(math.max(1, t.from[i] - 200), t.from[i] - 1):match("[^\n]*$")
end

--- Where a block ends that token i begins: with its line, or before the next one that is indented no further.
local function end_of_block(t, i, e)
  local behind = end_of_line(t, i) + 1
  local opens = t.text[behind - 1] == ")" or t.text[behind - 1] == "then" or t.text[behind - 1] == "do"
  if not opens or t.text[behind] == "," then
    return behind, t.line[i]
  end
  while behind < e and (t.line[behind] == t.line[behind - 1] or depth(t, behind) > depth(t, i)) do
    behind = behind + 1
  end
  return behind, t.line[behind]
end

--- function(call) return x, where the end is missing.
---@param t Tokens
---@param e integer
---@param try fun(slip: Slip)
function brackets.unclosed_block(t, e, try)
  for i = math.min(e, t.count) - 1, math.max(1, e - 200), -1 do
    if t.kind[i] == "keyword" and BLOCKS[t.text[i]] and not t.pair[i] then
      local behind, line = end_of_block(t, i, e)
      if behind <= e then
        local what = line > t.line[i] and "here"
          or t.kind[behind + 1] == "name" and t.text[behind + 2] == "="
          and ("before , %s = …"):format(t.text[behind + 1]) or "at the end of this line"
        try(insert(t, behind, ("end is missing %s: it closes the %s%s"):format(what, t.text[i],
          line > t.line[i] and " of line " .. t.line[i] or ""), " end ", line))
      end
    end
  end
end

--- A bracket that is opened before e and never closed: the closing one belongs to the end of its line, or
--- before e.
local function unclosed(t, e, try)
  local from = t.pair[e] and t.pair[e] < e and t.pair[e] or 0
  for i = math.min(e, t.count) - 1, from + 1, -1 do
    local close = t.kind[i] == "op" and CLOSING[t.text[i]]
    if close and (not t.pair[i] or t.pair[i] > e) then
      local last = end_of_line(t, i)
      if last < e then
        try(insert(t, last + 1, NOT_CLOSED:format(t.text[i], close), close, t.line[i]))
      end
      -- A table may end with a comma; what is behind it may not begin with one.
      local in_table = close == "}" and t.text[e] == ")"
      local behind = in_table and e or before_commas(t, e - 1)
      if t.kind[e] == "eof" then
        try(insert(t, e, ("a %s is missing at the end of the file: it closes the %s of line %d"):format(close,
          t.text[i], t.line[i]), close, t.line[e - 1]))
      elseif behind > last + 1 then
        try(insert(t, behind, MISSING_HERE:format(close,
          t.text[i], t.line[i]), close, t.line[e - 1]))
      end
      if t.pair[i] == nil then
        return
      end
    end
  end
end

--- Brackets that the lines open and don't close, whatever follows: each is closed at the end of its line or
--- of the lines.
---@param t Tokens
---@param first integer line
---@param last integer line
---@return Slip[]
function brackets.left_open(t, first, last)
  local stack, final, found = {}, 1, {}
  for i = 1, t.count - 1 do
    local text = t.kind[i] == "op" and t.line[i] >= first and t.line[i] <= last and t.text[i]
    if CLOSING[text] then
      stack[#stack + 1] = i
    elseif #stack > 0 and CLOSING[t.text[stack[#stack]]] == text then
      stack[#stack] = nil
    end
    if t.line[i] <= last then final = i end
  end
  local behind = before_commas(t, final)
  for _, i in ipairs(stack) do
    local open, close, line = t.text[i], CLOSING[t.text[i]], t.line[i]
    found[#found + 1] = insert(t, end_of_line(t, i) + 1, NOT_CLOSED:format(open, close), close, line)
    found[#found + 1] = insert(t, behind, MISSING_HERE:format(close, open, line), close, t.line[final])
  end
  return found
end

--- voicemail("x" }, where several brackets are missing before the one that closes what is around them.
local function several(t, e)
  local open = t.pair[e] and t.pair[e] < e and t.pair[e]
  local missing = {}
  for i = e - 1, (open or e) + 1, -1 do
    local close = t.kind[i] == "op" and CLOSING[t.text[i]]
    if close and not t.pair[i] then missing[#missing + 1] = close end
  end
  if #missing > 1 then
    local text = table.concat(missing)
    return insert(t, before_commas(t, e - 1), ("%s are missing before %s"):format(text, t.text[e]), text,
      t.line[e - 1])
  end
end

--- They are less likely than a comma or a key.
---@param t Tokens
---@param e integer
---@return Slip[]
function brackets.unclosed(t, e)
  local found = {}
  unclosed(t, e, function(one) found[#found + 1] = one end)
  found[#found + 1] = several(t, e)
  return found
end

return brackets
