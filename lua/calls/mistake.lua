-- mistake.lua: errors in a rule file, reported at the author's own line.
--
--   mistake(message)          raises "forwarding.lua:12: message"
--   mistake.checked(name, f, instead)  f, refusing surplus arguments
--   mistake.collect(into, f, …)        run f; errors of checked functions go into a list
--   mistake.apart(f, …)                f for one entry of several: a mistake in it doesn't hide the next
--   mistake.each(t, f)                 f(key, value) for each entry: the same, and the last mistake is raised
--   mistake.unknown(message)  notes or raises it; what then stands in for the value that is missing
--   mistake.any(value?)       the value, or that
--   mistake.is_unknown(value)
--   mistake.without_fields(what, instead)  the __index of a value that has methods only
--   mistake.nearest(word, t)  ' (did you mean "busy"?)', or ''
--   mistake.names(t)          "busy, declined, failed and no_answer"
--
-- A hard-coded level breaks when a helper is added, and a rule with `return ring(…)` has left the stack when
-- ring finds the mistake. So the position is that of the nearest frame outside this folder.

local spelling = require("spelling")

local mistake = {}

--- "dir/" of this folder's modules, as in positions.
local function folder()
  local _, position = pcall(error, "", 2)
  return (position:match("^(.*)mistake%.lua:%d+: $"))
end

local HERE = folder()

--- "file:line: " of the nearest caller outside the folder; "" when there is none.
local function position()
  for level = 3, 40 do
    local _, found = pcall(error, "", level)
    if found ~= "" and (not HERE or found:sub(1, #HERE) ~= HERE) then
      return found
    end
  end
  return ""
end

--- ' (did you mean "busy"?)' when a known word is close to `word`, else ''.
---@param word any
---@param known table<string, any> the known words are its keys
---@return string
function mistake.nearest(word, known)
  if type(word) ~= "string" or #word > 60 then
    return ""
  end
  local best, best_distance
  for candidate in pairs(known) do
    if type(candidate) == "string" then
      local d = spelling.distance(word, candidate)
      if not best or d < best_distance or (d == best_distance and candidate < best) then
        best, best_distance = candidate, d
      end
    end
  end
  if not best or best_distance > math.max(1, #word // 3) or best_distance >= #word then
    return ""
  end
  return (' (did you mean "%s"?)'):format(best)
end

--- Known words as a list for people: "caller_id, confirm, order and seconds".
---@param known table<string, any> the words are its keys
---@return string
function mistake.names(known)
  local list = {}
  for name in pairs(known) do list[#list + 1] = name end
  table.sort(list)
  local last = table.remove(list)
  return #list > 0 and table.concat(list, ", ") .. " and " .. last or last
end

--- At most 40 bytes of a text, cut between two characters, with ? for unprintable ones.
local function short(text)
  if not utf8.len(text) then text = text:gsub("[\128-\255]", "?") end
  if #text > 40 then
    local cut = 38
    while text:find("^[\128-\191]", cut) do cut = cut - 1 end
    text = text:sub(1, cut - 1) .. "..."
  end
  return (text:gsub("%c", "?"))
end

local WORDS = setmetatable({}, { __mode = "k" }) -- checked functions -> the word that each is
mistake.OPENING_HOURS = "opening hours"
mistake.SOMEONE = "someone to ring"
local KINDS = { plan = "a plan", hours = mistake.OPENING_HOURS,
  rota = "a rota", someone = mistake.SOMEONE, contacts = "a list of contacts" }

--- Quote a value for a message: strings in quotes and cut, others by kind.
---@param value any
---@return string
function mistake.show(value)
  if WORDS[value] then
    return ("%s without its parentheses: %s(…)"):format(WORDS[value], WORDS[value])
  elseif type(value) == "table" then
    return KINDS[getmetatable(value)] or "a table"
  end
  if type(value) == "string" then
    return '"' .. short(value) .. '"'
  end
  if type(value) == "number" or type(value) == "boolean" or value == nil then
    return tostring(value)
  end
  return "a " .. type(value)
end

-- What the words look for in any value, which nobody has written.
local LOOKED_FOR = { go = true, when = true, name = true, phone = true, user = true, id = true }

--- The __index of a value that has methods only: whoever asks it for anything else is told what to ask.
---@param what string "a rota has no"
---@param instead string
---@return fun(methods: table, key: any)
function mistake.without_fields(what, instead)
  return function(methods, key)
    if math.type(key) == "integer" and key > 1000 then
      mistake(("%s fields: %s"):format(what, instead)) -- ONCALL[call.at]
    elseif type(key) == "string" and not LOOKED_FOR[key] then
      mistake(("%s %s%s: %s"):format(what, mistake.show(key), mistake.nearest(key, methods), instead))
    end
  end
end

local MOST_COLLECTED = 20
local collected -- a list while a file loads, so that all its mistakes are reported together

-- Stands in for what a file names and nothing has, while the rest of the file is read: anything can be done
-- with it.
local UNKNOWN = {}
local some_unknown = false -- has a file been given it?

do
  local function same() return UNKNOWN end
  local function no() return false end
  setmetatable(UNKNOWN, {
    __index = same, __call = same, __newindex = function() end, __concat = same, __len = same,
    __unm = same, __add = same, __sub = same, __mul = same, __div = same, __mod = same, __idiv = same,
    __lt = no, __le = no, __metatable = "unknown",
  })
end

---@param value any
---@return any value; if there is none, what goes with everything
function mistake.any(value)
  some_unknown = some_unknown or not value
  return value or UNKNOWN
end

---@param value any
---@return boolean
function mistake.is_unknown(value)
  return rawequal(value, UNKNOWN)
end

--- Is it one of some values, or in a table among them?
local function given_unknown(depth, ...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if rawequal(value, UNKNOWN) then
      return true
    end
    for key, inner in pairs(depth > 0 and type(value) == "table" and value or {}) do
      if given_unknown(depth - 1, key, inner) then
        return true
      end
    end
  end
  return false
end

---@param message string
---@return any
function mistake.unknown(message)
  if not collected or #collected == MOST_COLLECTED then mistake(message) end
  collected[#collected + 1] = position() .. message
  return mistake.any()
end

--- Refuse arguments that a word would ignore; trailing nils don't count.
local function refuse_surplus(name, most, method, ...)
  for i = most + 1, select("#", ...) do
    local extra = select(i, ...)
    if extra ~= nil then
      local takes = most - method
      mistake(("%s takes %s, and %s would be lost%s"):format(name,
        takes == 0 and "nothing" or takes == 1 and "one value" or takes .. " values", mistake.show(extra),
        name == "ring" and ": several are a list, ring({ JOE, ANA }, { seconds = 20 })" or ""))
    end
  end
end

--- A function that refuses surplus arguments. While mistakes are collected, it returns `instead`'s value if
--- its arguments are wrong.
---@generic F: function
---@param name string as messages call it; ":otherwise" for a method
---@param f F takes a fixed number of arguments
---@param instead (fun(...: any): any)? nil: its errors are raised
---@return F
function mistake.checked(name, f, instead)
  local most, method = debug.getinfo(f, "u").nparams, name:find("^:") and 1 or 0
  local function checked(...)
    if select("#", ...) > most then refuse_surplus(name, most, method, ...) end
    return f(...)
  end
  local function word(...)
    if not instead or not (collected or some_unknown) then
      return checked(...)
    end
    local before = collected and #collected or 0
    local ok, result = pcall(checked, ...)
    local noted = collected and #collected or 0
    local follows = some_unknown and (not ok or noted > before) and given_unknown(2, ...)
    for i = noted, follows and before + 1 or noted + 1, -1 do collected[i] = nil end
    if ok then
      return result
    elseif not follows and (not collected or noted == MOST_COLLECTED) then
      error(result, 0)
    elseif not follows then
      collected[noted + 1] = result
    end
    return instead(...)
  end
  if method == 0 then WORDS[word] = name end
  return word
end

--- Run f for one entry of several. While mistakes are collected, its own is noted and the others are read.
---@param f function
---@return boolean fine
function mistake.apart(f, ...)
  if not collected then
    f(...)
    return true
  end
  local ok, raised = pcall(f, ...)
  if not ok then
    if type(raised) ~= "string" or #collected == MOST_COLLECTED then error(raised, 0) end
    collected[#collected + 1] = raised
  end
  return ok
end

--- Run f for each entry of a table. While mistakes are collected, those before the last are noted, and the
--- last is raised.
---@param t table
---@param f fun(key: any, value: any)
function mistake.each(t, f)
  local last
  for key, value in pairs(t) do
    local ok, raised = true, nil
    if collected then
      ok, raised = pcall(f, key, value)
    else
      f(key, value)
    end
    if not ok then
      if type(raised) ~= "string" or #collected == MOST_COLLECTED then error(raised, 0) end
      if last then collected[#collected + 1] = last end
      last = raised
    end
  end
  if last then error(last, 0) end
end

--- Run f; the mistakes of checked functions go into a list. Other errors pass through unchanged, with nothing
--- run on the way, so that the host can tell where memory ran out.
---@param into string[]
---@param f function
---@return any
function mistake.collect(into, f, ...)
  collected = into
  local result = f(...)
  collected = nil
  return result
end

setmetatable(mistake, {
  ---@param message string
  __call = function(_, message) error(position() .. message, 0) end,
})

return mistake
