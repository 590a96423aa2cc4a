-- environment.lua: the language available to a rule file.
--
-- An allow list: anything not named here is missing. Left out on purpose: load, require, dofile (other code),
-- setmetatable, getmetatable, rawset, rawget (they undo freeze.lua), coroutine and xpcall (the time limit
-- can't stop them), collectgarbage, debug, io, os (the world outside), math.random and addresses in text
-- (they differ on a replay). In a rule VM the libraries' functions are the bounded ones, which the time limit
-- can interrupt, and pairs and next have a fixed order.

local freeze = require("calls.freeze")

local environment = {}

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
local tables = pick(table, "concat insert move pack remove sort unpack")

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
function environment.environment(words)
  local env = pick(_G, "assert error ipairs next pairs pcall rawequal select tonumber type")
  env.rawlen, env.tostring = freeze.rawlen, text_of
  env.string, env.table, env.math, env.utf8 = strings, tables, maths, texts
  for name, word in pairs(words) do env[name] = word end
  return env
end

return environment
