-- conditions.lua: conditions that are none: they always hold, never hold, or fail.
--
--   conditions.read(reader)   tells reader.say of each, at its line
--
-- reader.t and reader.known are the tokens and the constants of a rule file.

local call_fields = require("calls.lint.known.call_fields")
local joined = require("calls.lint.joined")
local operands = require("calls.lint.known.operands")
local patterns = require("calls.lint.patterns")
local tokens = require("calls.source.tokens")

local conditions = {}

local written, goes_on = operands.written, operands.goes_on

local CLOCKS = { time = true, now = true, clock = true }
local ORDERS = { ["<"] = true, [">"] = true, ["<="] = true, [">="] = true }
local COMPARES = { ["=="] = true, ["~="] = true }
--- not call.from == JOE
local function negated_compare(reader, i)
  local t = reader.t
  local _, last = tokens.chain(t, i + 1)
  while (t.text[last + 1] == "(" or t.text[last + 1] == "[")
    and t.pair[last + 1] do last = t.pair[last + 1] end
  local compare = t.text[last + 1]
  if t.kind[i + 1] == "name" and COMPARES[compare] and t.kind[last + 1] == "op" and t.text[last + 2] ~= "true"
    and t.text[last + 2] ~= "false" and t.text[last + 2] ~= "not" then
    local word = written(t, i + 1, last)
    reader.say(i, ("not comes before %s, so this compares with true or false: write %s %s …"):format(
      compare, word,
      compare == "==" and "~=" or "=="))
  end
end

--- The function that token i is in, as its token; 0 for none.
local function function_of(t, i)
  local open = t.inside[i]
  while open > 0 and t.text[open] ~= "function" do open = t.inside[open] end
  return open
end

local function is_when(t, fn)
  return fn > 2 and t.text[fn - 1] == "=" and t.text[fn - 2] == "when"
end

--- Is what stands at token i asked whether it holds?
local function is_condition(t, i)
  local level = t.inside[i]
  local at = i - 1
  while at > level do
    local text, kind = t.text[at], t.kind[at]
    local opened = t.pair[at]
    if opened and opened < at then
      at = opened
    elseif kind == "keyword" or kind == "op" then
      if text == "if" or text == "elseif" or text == "while" or text == "until" then
        return true
      elseif text == "return" then
        return is_when(t, function_of(t, i))
      elseif text == "=" then
        return t.text[at - 1] == "when"
      elseif text == "then" or text == "do" or text == "," or text == ";" then
        return false
      end
    end
    at = at - 1
  end
  local head = level > 0 and t.text[level] or ""
  if head == "if" then
    return true
  end
  local grouped = head == "(" and (t.kind[level - 1] == "keyword" or t.kind[level - 1] == "op")
  return grouped and t.text[level - 1] ~= "]" and t.text[level - 1] ~= ")" and is_condition(t, level)
end

--- is_vip and …, where is_vip is a function that nobody calls
local function uncalled(reader, i)
  local t = reader.t
  local value, last = reader.known:value(i)
  if not value or value.kind ~= "function" or t.text[i - 1] == "function" or goes_on(t, last) then
    return
  end
  local before, behind = t.text[i - 1], t.text[last + 1]
  local operand = before == "and" or before == "or" or before == "not" or behind == "and" or behind == "or"
    or before == "if" or before == "elseif"
  if operand and is_condition(t, i) then
    local word = written(t, i, last)
    local when = t.inside[i] > 0 and t.text[t.inside[i]] == "{"
    reader.say(i, ("%s is a function, and a function always counts as true: %s"):format(word,
      when and ("write when = function(call) return %s(call) … end"):format(word)
        or ("write %s(call)"):format(word)))
  end
end

--- Does the function at token fn give anything back?
local function returns_something(t, fn)
  local close = t.pair[fn]
  for i = fn + 1, close and close - 1 or fn do
    if t.text[i] == "return" and t.kind[i] == "keyword" and function_of(t, i) == fn then
      local behind = t.text[i + 1]
      if behind ~= "end" and behind ~= ";" and behind ~= "else" and behind ~= "elseif" then
        return true
      end
    end
  end
  return not close
end

--- when = function(call) x end
local function lost_return(reader, i)
  local t = reader.t
  if t.text[i + 1] ~= "=" or t.text[t.inside[i]] ~= "{" then
    return
  end
  local fn = i + 2
  if t.text[fn] ~= "function" then
    local value, last = reader.known:value(fn)
    if not value or value.kind ~= "function" or goes_on(t, last) then
      return
    end
    fn = value.token
    if not returns_something(t, fn) then
      reader.say(i, ("%s never returns anything, so this never holds: write return … in line %d"):format(
        written(t, i + 2, last), t.line[fn]))
    end
  elseif not returns_something(t, fn) then
    reader.say_cause(i, "this never holds: its function returns nothing. "
      .. "Write when = function(call) return … end")
  end
end

--- Does the function return another, which may be the condition?
local function makes_function(t, fn)
  for i = fn + 1, t.pair[fn] or t.count do
    if t.text[i] == "return" and t.text[i + 1] == "function" and function_of(t, i) == fn then
      return true
    end
  end
  return false
end

--- Is `call` at token i something of the file's own, a local or a parameter?
local function is_own_call(t, i)
  for at = 2, function_of(t, i) == 0 and i or 1 do
    if t.text[at] == "call" and t.text[at - 1] == "local" and function_of(t, at) == 0 then
      return true
    end
  end
  return function_of(t, i) > 0
end

--- when = is_open(), when = is_open(call): called while the file is read, before any call comes
local function called_at_once(reader, i)
  local t = reader.t
  local value, last = reader.known:value(i + 2)
  if t.text[i + 1] ~= "=" or t.text[t.inside[i]] ~= "{" or not value or value.kind ~= "function"
    or t.text[last + 1] ~= "(" then
    return
  end
  local argument = t.text[last + 2] == "call" and "call" or ""
  if t.text[last + (argument ~= "" and 3 or 2)] ~= ")" or argument ~= "" and is_own_call(t, last + 2)
    or makes_function(t, value.token) then
    return
  end
  local open = value.token
  while open < t.count and t.text[open] ~= "(" do open = open + 1 end
  if t.kind[open + 1] == "name" then
    local word = written(t, i + 2, last)
    reader.say_cause(i, ("%s(%s) runs while the file is read, when nobody calls: "
      .. "write %s = %s, without parentheses"):format(word, argument, t.text[i], word))
  end
end

--- local tags = call.caller.tags … tags.vip
local function field_of_tags(reader, i)
  local t = reader.t
  if t.text[i] ~= "tags" or t.text[i - 1] == "." or t.text[i + 1] ~= "." or not reader.known.declared.tags
    or reader.known.values.tags then
    return
  end
  local first = reader.known.first.tags
  if t.text[first + 1] == "=" and (tokens.chain(t, first + 2) or ""):find("%.tags$") then
    reader.say(i, call_fields.fault("caller.tags." .. t.text[i + 2]))
  end
end

local function field_of_call(reader, i)
  local t = reader.t
  if t.text[i] ~= "call" or t.text[i - 1] == "." or not reader.known.declared.call
    or t.text[i + 1] ~= "." then
    return
  end
  local words, last = tokens.chain(t, i)
  local path, asked = words:sub(6), t.text[last + 1] == "(" and t.kind[last + 2] == "string"
  -- tags.includes("vip")
  if path == "caller.tags" and (t.text[last + 1] == "[" and t.text[last + 2] == "0"
    or t.text[i - 2] == "tostring") then
    path = "caller.tags.vip"
  end
  if asked and path:find("^caller%.tags%.") then path = "caller.tags." .. tokens.value(t, last + 2) end
  local message = call_fields.fault(path) or t.text[last + 2] ~= "call" -- call.from.sub(call.from, 1, 2)
    and call_fields.misused(path, t.text[last + 1], t.kind[last + 2])
  if message and not (t.text[last + 1] == "=" and t.kind[last + 1] == "op") then
    reader.say_cause(last, message)
  end
end

--- Is the name what call.time or call:time_in(…) gave? A parameter is, when it is called so.
local function is_clock(reader, name)
  local t, first = reader.t, reader.known.first[name]
  if not first or reader.known.declared[name] > 1 and not CLOCKS[name] then
    return false
  elseif t.text[first + 1] == "=" then
    return tokens.chain(t, first + 2) == "call.time" or (t.text[first + 2] == "call"
      and t.text[first + 4] == "time_in")
  end
  return CLOCKS[name] and t.text[t.inside[first]] == "(" and t.source:find("time_in", 1, true) ~= nil
end

--- The name as a field of the call: "call.from", "call.time.hour"; nil for others.
local function field_of(reader, first, last)
  local t = reader.t
  local words, chain_end = tokens.chain(t, first)
  if words == "call" and t.text[first + 1] == ":" and t.text[first + 2] == "time_in"
    and t.text[last - 1] == "." and t.pair[last - 2] == first + 3 then
    return "call.time." .. t.text[last]
  elseif not words or chain_end ~= last then
    return nil
  elseif words:sub(1, 5) == "call." then
    return words
  end
  local name, field = words:match("^([%w_]+)%.([%w_]+)$")
  return name and is_clock(reader, name) and "call.time." .. field or nil
end

local FLIPPED = { ["<"] = ">", [">"] = "<", ["<="] = ">=", [">="] = "<=" }

--- A side of a comparison, { first =, last = }, that is a field of the call, and the other side; `order` is
--- nil for == and ~=.
local function compared(reader, i, order, side, other)
  local t = reader.t
  local words = field_of(reader, side.first, side.last)
  if not words then
    return
  end
  local constant, constant_end
  if t.text[other.first] == "{" then
    constant, constant_end = { kind = "table" }, t.pair[other.first]
  elseif t.kind[other.first] == "keyword" then
    constant, constant_end = { kind = t.text[other.first] }, other.first
  else
    constant, constant_end = operands.always_there(reader, other.first)
  end
  local message
  if constant and constant_end == other.last then
    local path, text = words:sub(6), written(t, other.first, other.last)
    if order then
      message = call_fields.never_ordered(path, order, constant, text)
    else
      message = not (constant.value == "" and operands.asks_for_nil(t, i))
        and call_fields.never_equal(path, constant, text) or nil
    end
  end
  if message then reader.say_cause(i, message) end
end

--- 8 < call.time.hour < 17
local function chained_order(reader, i)
  local t = reader.t
  local left = operands.start(t, i - 1)
  if ORDERS[t.text[left - 1]] and t.kind[left - 1] == "op" and left <= i - 1 and t.kind[left] == "name"
    and t.text[left] ~= "const" and t.text[left] ~= "close" then
    local middle = written(t, left, i - 1)
    reader.say_cause(i, ("two comparisons are joined by and: … %s %s and %s %s …"):format(t.text[left - 1],
      middle, middle, t.text[i]))
  end
end

--- What makes another value of the operand behind it: #call.from == 12
local MAKES_ANOTHER = { ["#"] = true, ["-"] = true, ["+"] = true, ["*"] = true, ["/"] = true, ["//"] = true,
  ["%"] = true, ["^"] = true, [".."] = true, ["&"] = true, ["|"] = true, ["~"] = true,
  ["<<"] = true, [">>"] = true }

local function comparison(reader, i)
  local t = reader.t
  local left = { first = operands.start(t, i - 1), last = i - 1 }
  if left.first > left.last and t.text[left.last] ~= "}" then left.first = left.last end
  if t.kind[left.first - 1] == "op" and MAKES_ANOTHER[t.text[left.first - 1]] then
    return
  end
  local right = { first = i + 1, last = operands.last(t, i + 1) }
  if goes_on(t, right.last) and t.text[right.last + 1] ~= "==" then
    return
  end
  local order = ORDERS[t.text[i]] and t.text[i]
  compared(reader, i, order, left, right)
  compared(reader, i, order and FLIPPED[order], right, left)
end

--- VIPS[call.from], where VIPS is a list
local function list_as_map(reader, i)
  local t = reader.t
  local value, last = reader.known:value(i)
  local words = t.text[last + 1] == "[" and tokens.chain(t, last + 2)
  if value and value.kind == "table" and value.list and words
    and (words == "call.from" or words == "call.to" or words == "call.forwarded_from") then
    local name = written(t, i, last)
    reader.say(i, ('%s is a list, so %s[%s] is always nil: write %s = { ["+1…"] = true, … }'):format(name,
      name, words,
      name))
  end
end

---@param reader MeantReader
function conditions.read(reader)
  local t = reader.t
  for i = 1, t.count do
    local kind, text = t.kind[i], t.text[i]
    if kind == "name" then
      uncalled(reader, i)
      field_of_call(reader, i)
      field_of_tags(reader, i)
      list_as_map(reader, i)
      patterns.read(reader, i)
      if text == "when" then lost_return(reader, i) end
      if text == "when" or text == "go" then called_at_once(reader, i) end
    elseif kind == "keyword" and text == "or" then
      joined.by_or(reader, i)
    elseif kind == "keyword" and text == "and" then
      joined.by_and(reader, i)
    elseif kind == "keyword" and text == "not" then
      negated_compare(reader, i)
    elseif kind == "op" and COMPARES[text] then
      comparison(reader, i)
    elseif kind == "op" and ORDERS[text] and t.text[i + 2] ~= ">" then
      chained_order(reader, i)
      comparison(reader, i)
    end
  end
end

return conditions
