-- allowed.lua: the language as a rule file sees it.
--
-- An allow list: what is not named here is not there. Left out on purpose: load,
-- require, dofile (other code), setmetatable, getmetatable, rawset, rawget (they
-- undo freeze.lua), coroutine and xpcall (the time limit does not reach into
-- them), collectgarbage, debug, io, os (the world outside), math.random and
-- addresses in text (not the same on a replay). The matching functions of
-- `string` are the budgeted ones when this runs in a rule VM.
--
-- A function of the library that works in C for as long as its arguments say
-- is bounded here, since the time limit cannot interrupt it.

local freeze = require("calls.freeze")
local mistake = require("calls.mistake")

local SHIFTED = 100000 -- elements that one call may move

local allowed = {}

local function pick(library, names)
  local out = {}
  for name in names:gmatch("%S+") do
    out[name] = library[name] or error("the library lacks " .. name)
  end
  return out
end

local strings = pick(string, "byte char find format gmatch gsub len lower match rep reverse sub upper")
local maths = pick(math, "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min "
  .. "mininteger modf pi rad sin sqrt tan tointeger type ult")
local texts = pick(utf8, "char charpattern codepoint codes len offset")
local tables = pick(table, "concat pack unpack")

-- # can be 2^62 for a table of a few keys, and these walk up to it.
local function bounded(t, name)
  if type(t) == "table" and #t > SHIFTED then
    mistake(("table.%s: the list is too long"):format(name))
  end
end

local insert, remove, move, sort = table.insert, table.remove, table.move, table.sort

function tables.insert(t, ...)
  bounded(t, "insert")
  return insert(t, ...)
end

function tables.remove(t, ...)
  bounded(t, "remove")
  return remove(t, ...)
end

function tables.move(from, first, last, ...)
  if math.type(first) == "integer" and math.type(last) == "integer" and last >= first
    and math.ult(SHIFTED, last - first) then
    mistake("table.move: the list is too long")
  end
  return move(from, first, last, ...)
end

local function less(a, b)
  return a < b
end

--- Comparing in Lua lets the time limit in between two comparisons.
function tables.sort(t, before)
  bounded(t, "sort")
  return sort(t, before or less)
end

--- tostring without addresses.
local function text_of(value)
  local kind = type(value)
  local meta = debug.getmetatable(value)
  if kind == "table" or kind == "function" or kind == "userdata" then
    return meta and meta.__tostring and tostring(value) or kind
  end
  return tostring(value)
end

--- The names a rule file may use: `words` and the language. Not sealed yet.
---@param words table<string, any>
---@return table<string, any>
function allowed.environment(words)
  local env = pick(_G, "assert error ipairs pairs pcall rawequal select tonumber type")
  env.next, env.rawlen, env.tostring = freeze.next, freeze.rawlen, text_of
  env.string, env.table, env.math, env.utf8 = strings, tables, maths, texts
  for name, word in pairs(words) do env[name] = word end
  return env
end

return allowed
