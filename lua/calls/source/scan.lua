-- scan.lua: a Lua source cut into tokens.
--
--   scan.each(source)   goes through them without keeping them; never raises, whatever the text is
--
-- tokens.lua keeps them, with the brackets that belong together.

local scan = {}

local find, byte, sub = string.find, string.byte, string.sub

local KEYWORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then "
  .. "true until while"):gmatch("%a+") do
  KEYWORDS[word] = true
end
local THREE = { ["..."] = true }
local TWO = {
  ["=="] = true, ["~="] = true, ["<="] = true, [">="] = true, ["//"] = true, ["::"] = true, ["<<"] = true,
  [">>"] = true, [".."] = true,
}
local DASH = byte("-")
local ONE, ALONE = {}, {} -- ALONE: no longer mark begins with it
for mark in ("+-*/%^#&~|<>=(){}[];:,."):gmatch(".") do ONE[mark] = true end
for mark in ("+-*%^#&|(){}];,"):gmatch(".") do ALONE[mark] = true end

local function bytes_of(class)
  local found = {}
  for code = 0, 255 do found[code] = find(string.char(code), class) ~= nil or nil end
  return found
end
local BLANK, DIGIT = bytes_of("[ \t\r\n\f\v]"), bytes_of("%d")
local LETTER, WORD = bytes_of("[%a_]"), bytes_of("[%w_]")

--- The first place from `at` on whose byte isn't one of these. Names and gaps are short.
local function behind_all(source, known, at)
  while known[byte(source, at)] do at = at + 1 end
  return at
end

--- The first place from `at` on where the pattern, which stands for one byte, matches. A search costs rules
--- a step a byte and may take so many, so a long text is searched piece by piece.
local function next_match(source, pattern, at)
  local piece = 64
  while at <= #source do
    local found = find(sub(source, at, at + piece - 1), pattern)
    if found then
      return at + found - 1
    end
    at, piece = at + piece, 4096
  end
end

--- The byte behind a long bracket that begins at `at`, or nil when none begins there.
local function long_end(source, at)
  local _, opened = find(source, "^%[=*%[", at)
  if not opened then
    return nil
  end
  local _, closed = find(source, "]" .. ("="):rep(opened - at - 1) .. "]", opened + 1, true)
  return (closed or #source) + 1
end

--- The byte behind a quoted string that begins at `at`; at most the end of its line.
local function string_end(source, at)
  local quote, from = sub(source, at, at), at + 1
  while true do
    local stop = next_match(source, "[\\\r\n" .. quote .. "]", from)
    if not stop then
      return #source + 1
    end
    local mark = sub(source, stop, stop)
    if mark == quote then
      return stop + 1
    elseif mark ~= "\\" then
      return stop
    elseif sub(source, stop + 1, stop + 1) == "z" then
      from = next_match(source, "%S", stop + 2) or #source + 1
    else
      from = stop + (sub(source, stop + 1, stop + 2) == "\r\n" and 3 or 2)
    end
  end
end

local function number_end(source, at)
  local _, last = find(source, "^0[xX][%x.]*[pP]?[+-]?%x*", at)
  if not last then _, last = find(source, "^[%d.]+[eE][+-]?%d*", at) end
  if not last then _, last = find(source, "^[%d.]+", at) end
  local _, tail = find(source, "^[%w_]+", last + 1)
  return (tail or last) + 1
end

--- The byte behind a comment that begins at `at`.
local function comment_end(source, at)
  return long_end(source, at + 2) or find(source, "\n", at, true) or #source + 1
end

--- Kind of the token at `at`, and the byte behind it.
local function token_at(source, at, code)
  if LETTER[code] then
    local behind = behind_all(source, WORD, at + 1)
    return KEYWORDS[sub(source, at, behind - 1)] and "keyword" or "name", behind
  end
  local mark = sub(source, at, at)
  if ALONE[mark] then
    return "op", at + 1
  elseif mark == '"' or mark == "'" then
    return "string", string_end(source, at)
  elseif DIGIT[code] or (mark == "." and find(source, "^%d", at + 1)) then
    return "number", number_end(source, at)
  end
  local long = mark == "[" and long_end(source, at)
  if long then
    return "string", long
  elseif THREE[sub(source, at, at + 2)] then
    return "op", at + 3
  elseif TWO[sub(source, at, at + 1)] then
    return "op", at + 2
  elseif ONE[mark] then
    return "op", at + 1
  end
  local _, last = find(source, "^[\194-\244][\128-\191]*", at)
  return "bad", (last or at) + 1
end

--- Counts lines up to a place; the places only go forward. A carriage return alone ends a line, too.
local function line_counter(source)
  local mark = find(source, "\r", 1, true) and "[\r\n]" or "\n"
  local line, next_break = 1, next_match(source, mark, 1)
  return function(at)
    while next_break and next_break < at do
      line = line + 1
      local step = sub(source, next_break, next_break + 1) == "\r\n" and 2 or 1
      next_break = next_match(source, mark, next_break + step)
    end
    return line
  end
end

--- Goes through the tokens of a text without keeping them.
---@param source string
---@return fun(): string?, integer, integer, integer kind, first byte, byte behind it, line; nil at the end
function scan.each(source)
  local line_of = line_counter(source)
  local at = find(source, "^#") and find(source, "\n", 1, true)
    or 1 -- a first line that begins with # is skipped
  return function()
    while true do
      at = behind_all(source, BLANK, at)
      local code, after = byte(source, at, at + 1)
      if not code then
        return nil, #source + 1, #source + 2, line_of(#source + 1)
      elseif code ~= DASH or after ~= DASH then
        local from = at
        local kind, behind = token_at(source, at, code)
        at = behind
        return kind, from, behind, line_of(from)
      end
      at = comment_end(source, at)
    end
  end
end

return scan
