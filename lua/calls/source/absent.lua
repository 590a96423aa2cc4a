-- absent.lua: names of other languages, and of Lua, that rules don't have, and why.
--
--   absent.message(name, known?, library?)   what to tell whoever wrote the name

local mistake = require("calls.mistake")

local absent = {}

local CLOCK = "rules have no clock: call.at is when the call came, and hours { … } knows the time of day"
local CHANCE = "rules have no chance, so that a past call can be decided again"
local OUTSIDE = "rules see nothing but the call: what they need from outside comes through lookups.lua"
local OTHER_CODE = "a rule file is whole: put what it needs into it"
local META = "rules keep no state between calls, so tables have no metatables"
local NIL = "write nil"

local WHY = {
  ["math.random"] = CHANCE, ["math.randomseed"] = CHANCE,
  os = CLOCK, ["os.time"] = CLOCK, ["os.date"] = CLOCK, ["os.clock"] = CLOCK, time = CLOCK, date = CLOCK,
    now = CLOCK,
  io = OUTSIDE, http = OUTSIDE, db = OUTSIDE, json = OUTSIDE, log = OUTSIDE, config = OUTSIDE,
    debug = OUTSIDE,
  fetch = OUTSIDE, print = "nobody would read it: `hookswitch simulate` shows what a call does",
  console = "nobody would read it: `hookswitch simulate` shows what a call does",
  require = OTHER_CODE, load = OTHER_CODE, loadstring = OTHER_CODE, dofile = OTHER_CODE,
    loadfile = OTHER_CODE,
  package = OTHER_CODE, import = OTHER_CODE,
  setmetatable = META, getmetatable = META, rawset = META, rawget = META, _G = META, _ENV = META,
  coroutine = "the time limit of rules doesn't reach into coroutines",
    collectgarbage = "memory is the host's business",
  xpcall = "write pcall",
  null = NIL, None = NIL, undefined = NIL, NULL = NIL, Nil = NIL, NIL = NIL, none = NIL,
  True = "write true", TRUE = "write true", False = "write false", FALSE = "write false",
  elif = "write elseif", elsif = "write elseif", var = "write local", let = "write local",
    const = "write local",
  def = "write function", fn = "write function", func = "write function", AND = "write and", OR = "write or",
  NOT = "write not", this = "the call is the function's parameter: function(call) … end",
  self = "the call is the function's parameter: function(call) … end",
  call = "only functions know the call: when = function(call) return … end",
}

---@param name string
---@param known table<string, any>? what the file may use, for "did you mean"
---@param library table<string, any>? the same of the library that the name is of
---@return string
function absent.message(name, known, library)
  local why = WHY[name] or WHY[name:match("^[^.]+") or ""]
  if library and not WHY[name] then
    local field = name:match("[^.]+$")
    return ("there is no %s here%s"):format(mistake.show(name), mistake.nearest(field, library))
  elseif why then
    return ("there is no %s here: %s"):format(mistake.show(name), why)
  end
  return ("there is no %s here%s"):format(mistake.show(name), mistake.nearest(name, known or {}))
end

return absent
