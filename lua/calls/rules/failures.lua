-- failures.lua: what Lua says when a rule fails, in the words of its author.
--
--   failures.words(message, t?, line?)   "attempt to index a nil value (field 'job')" ->
--                             "call.lookups.job is nil here and has no fields: ask first, such as if
--                             call.lookups.job then …"
--
-- Lua tells the last word of a name only; the tokens of the file have the whole one.
--
-- What Lua says of its own in another way, and our own messages, stay as they are.

local failures = {}

local KINDS = { string = "a text", number = "a number", boolean = "true or false", table = "a table",
  ["function"] = "a function", ["nil"] = "nil", ["no value"] = "nothing" }

--- The dotted name that ends with this word on a line, if it is one only; and is it asked for a method?
local function whole(t, line, word)
  local found, is_asked
  for i = 1, t and line and t.count or 0 do
    if t.line[i] == line and t.kind[i] == "name" and t.text[i] == word and t.text[i - 1] == "." then
      local first = i
      while t.text[first - 1] == "." and t.kind[first - 2] == "name" do first = first - 2 end
      local text = t.source:sub(t.from[first], t.last[i])
      if t.text[first - 1] == "." or (found and found ~= text) then
        return word
      end
      found, is_asked = text, is_asked or (t.text[i + 1] == ":" and t.text[i + 2])
    end
  end
  return found or word, is_asked
end

--- The one value with a computed key on a line that is asked for a field: VIPS[call.from].name
local function computed(t, line)
  local found
  for i = 1, t and line and t.count or 0 do
    local opened = t.line[i] == line and t.text[i] == "]" and t.pair[i]
    local behind = opened and t.text[i + 1]
    if opened and (behind == "." or behind == ":" or behind == "[") and t.kind[opened - 1] == "name" then
      local first = opened - 1
      while t.text[first - 1] == "." and t.kind[first - 2] == "name" do first = first - 2 end
      local text = t.source:sub(t.from[first], t.last[i])
      if found and found ~= text then
        return nil
      end
      found = text
    end
  end
  return found
end

local function kind_words(kind)
  return KINDS[kind] or kind
end

-- "(field 'job')" -> "job"
local function name_of(message, t, line)
  local kind, name = message:match("%((%a+) '([^']+)'%)")
  if kind == "field" and name == "?" then
    return computed(t, line) or "this"
  elseif kind == "field" then
    return whole(t, line, name)
  end
  return name or "this"
end

local function indexed(message, t, line)
  local kind = message:match("^attempt to index an? (%a+) value")
  if not kind then
    return nil
  end
  local name, method = name_of(message, t, line)
  if kind == "nil" and method and string[method] then
    return ('%s is nil here: write (%s or ""):%s(…)'):format(name, name, method)
  elseif kind == "nil" then
    return ("%s is nil here and has no fields: ask first, such as if %s then …"):format(name,
      name == "this" and "x" or name)
  end
  return ("%s is %s here and has no fields"):format(name, kind_words(kind))
end

local function called(message)
  local kind = message:match("^attempt to call an? (%a+) value")
  if not kind then
    return nil
  end
  local name, method = name_of(message), message:find("(method '", 1, true)
  if kind == "nil" then
    return ("%s%s(…) isn't a function here"):format(method and ":" or "", name)
  end
  return ("%s is %s here, and only a function can be called"):format(name, kind_words(kind))
end

local function calculated(message, t, line)
  local what, kind = message:match("^attempt to (%a[%a ]-) an? (%a+) value")
  if what == "concatenate" then
    local name = name_of(message, t, line)
    return ("%s is %s here and can't be joined with .. to a text%s"):format(name, kind_words(kind),
      kind == "nil" and (': write (%s or "")'):format(name == "this" and "x" or name) or "")
  elseif what == "perform arithmetic on" then
    return ("%s is %s here, and only numbers can be calculated with"):format(
      (name_of(message, t, line)), kind_words(kind))
  elseif what == "perform bitwise operation on" then
    return ("%s is %s here, and & and | calculate with whole numbers: write and, or or; to ring several "
      .. "write ring { JOE, ANA }"):format((name_of(message, t, line)), kind_words(kind))
  elseif what == "get length of" then
    return ("%s is %s here and has no length"):format((name_of(message, t, line)), kind_words(kind))
  end
end

--- What Lua says of texts that are no numbers: attempt to add a 'string' with a 'string'.
local function added(message)
  local what, one, other = message:match("^attempt to (%a+) a '(%a+)' with a '(%a+)'")
  return what and ("%s and %s can't be calculated with%s"):format(kind_words(one), kind_words(other),
    what == "add" and ": to join texts write .. in place of +" or "") or nil
end

local function compared(message)
  local both = message:match("^attempt to compare two (%a+) values")
  if both then
    return ("< and > can't compare %s with %s"):format(kind_words(both), kind_words(both))
  end
  local one, other = message:match("^attempt to compare (%a+) with (%a+)")
  return one and ("< and > can't compare %s with %s"):format(kind_words(one), kind_words(other))
end

local function given(message)
  local position, name, wanted, got = message:match("^bad argument #(%d+) to '([^']+)' %((%a+) expected, "
    .. "got ([%a ]+)%)")
  if not position then
    return nil
  elseif name == "for iterator" or name == "ipairs" or name == "pairs" then
    return ("this loop needs a table, not %s"):format(kind_words(got))
  end
  return ("%s needs %s, not %s (value %s in its parentheses)"):format(name, kind_words(wanted),
    kind_words(got), position)
end

---@param message string without its position
---@param t Tokens? of the file
---@param line integer? on which it failed
---@return string
function failures.words(message, t, line)
  -- 'rule "x": ' comes from the host, which knows which rule was being tried.
  local rule, rest = message:match('^(rule ".-": )(.*)$')
  rest = rest or message
  local words = indexed(rest, t, line) or called(rest) or calculated(rest, t, line) or added(rest)
    or compared(rest) or given(rest)
  return (rule or "") .. (words or rest)
end

return failures
