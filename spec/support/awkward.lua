-- awkward.lua: calls every function that its environment has with arguments nobody would choose.
-- spec/native/library_bounds_test.c puts a line with FULL before it, which says whether metatables and
-- modules are there, and what follows calls driver(), in each kind of VM.

local MEGABYTE = 1 << 20

local function long(unit)
  local text = unit:rep(MEGABYTE // #unit)
  return text .. text .. text
end

local function list(n, value)
  local t = {}
  for i = 1, n do t[i] = value or i end
  return t
end

--- A list of few elements whose # is enormous.
local function sparse()
  local t = {}
  for i = 0, 62 do
    t[1 << i], t[(1 << i) + 1] = 1, 1
  end
  return t
end

--- An object of many keys, whose values are fractions.
local function object(n)
  local t = {}
  for i = 1, n do t[("%x"):format(i * 7919 % 1000003)] = i / 7 end
  return t
end

--- A small list many times over, many levels deep.
local function shared()
  local t = list(1000, 1 / 3)
  for _ = 1, 3 do t = list(100, t) end
  return t
end

local function endless()
  while true do end
end

local function twin(...)
  return ...
end

--- A table that answers everything, and says that it is long.
local function liar()
  local length = 0
  return setmetatable({}, {
    __len = function()
      length = length + 1
      return length % 2 == 1 and 3 or 1 << 62
    end,
    __index = function(_, key) return key end, __newindex = twin, __call = twin,
    __lt = function() return true end, __le = function() return true end, __concat = twin,
    __name = "liar", __tostring = function() return "liar" end,
  })
end

local function looping()
  return setmetatable({}, { __len = endless, __index = endless, __newindex = endless, __call = endless,
    __tostring = endless, __pairs = endless, __lt = endless, __eq = endless, __close = endless,
    __concat = endless })
end

-- Made again for each call: a huge one of each would be over the VM's memory.
local VALUES = {
  function() return nil end, function() return true end, function() return 0 end, function() return 1 end,
  function() return -1 end, function() return 2 end, function() return 1.5 end, function() return 1e308 end,
  function() return -1e308 end, function() return 0 / 0 end, function() return 1 / 0 end,
  function() return -1 / 0 end, function() return 3e9 end, function() return -3e9 end,
  function() return 1 << 31 end, function() return 1 << 53 end, function() return 2.0 ^ 62 end,
  function() return 100000 end, function() return 16000000 end,
  function() return math.maxinteger end, function() return math.mininteger end,
  function() return "3e9" end, function() return "1000000000" end, function() return "0x7fffffffffffffff" end,
  function() return "-1" end, function() return "nan" end, function() return "" end,
  function() return "x" end, function() return "%d%s%99.99f%q" end, function() return "c9999999" end,
  function() return "(.-)*(.-)*(.-)*x" end, function() return "*t" end,
  function() return {} end, function() return sparse() end, function() return list(20000) end,
  function() return list(20000, "text") end, function() return { [1 << 62] = 1, [3.5] = 2, x = 3 } end,
  function() return twin end, function() return endless end, function() return string.rep end,
  function() return pcall end, function() return function() return "local x = 1 " end end,
}
local HUGE = {
  function() return long("x") end, function() return long("9") end, function() return long("0") end,
  function() return long("\u{20AC}") end, function() return long("\x80") end,
  function() return long("%c") end,
  function() return long("[") end, function() return long("\"") end,
  function() return long("local x = 1 ") end,
  function() return long(" ") end, function() return long("{}") end, function() return list(200000) end,
  function() return list(200000, true) end, function() return list(200000, 1 / 3) end,
  function() return object(50000) end, shared,
  function() return "[" .. long("[],") .. "0]" end, function() return "[" .. long("1,") .. "0]" end,
  function() return "{" .. long('"a":{},') .. '"b":0}' end,
  function() return '"' .. long("\\u0001") .. '"' end,
}
if FULL then
  for _, value in ipairs({ liar, looping, function() return coroutine.create(endless) end,
    function() return coroutine.wrap(function() while true do coroutine.yield("x") end end) end }) do
    VALUES[#VALUES + 1], VALUES[#VALUES + 2] = value, value
  end
end

-- What functions with positions take: a list or a text, and from where to where.
local SPANS = {}
for _, far in ipairs({ 3e9, "1000000000", "0x7fffffff", 2.0 ^ 40, math.maxinteger, math.maxinteger - 1 }) do
  local bases = { function() return {} end, sparse, function() return "text" end, FULL and liar or nil }
  for _, what in ipairs(bases) do
    SPANS[#SPANS + 1] = function() return what(), 1, far, 2 end
    SPANS[#SPANS + 1] = function() return what(), "", 1, far end
    SPANS[#SPANS + 1] = function() return what(), far, 1 end
    SPANS[#SPANS + 1] = function() return what(), -2, far, 0, {} end
  end
end

-- What the language itself does with its operands.
local OPERATORS = {
  add = function(a, b) return a + b end, idiv = function(a, b) return a // b end,
  pow = function(a, b) return a ^ b end, band = function(a, b) return a & b end,
  unm = function(a) return -a end, len = function(a) return #a end,
  concat = function(a, b, c) return a .. b .. c end, lt = function(a, b) return a < b end,
  eq = function(a, b) return a == b end, index = function(a, b) return a[b] end,
  set = function(a, b, c) a[b] = c end, call = function(a, ...) return a(...) end,
  loop = function(a, b, c) for _ = a, b, c do twin() end end,
  each = function(a) for _ in pairs(a) do twin() end end,
  step = function(a) for _ in next, a do twin() end end,
  walk = function(a) for _ in ipairs(a) do twin() end end,
  spread = function(a) return select("#", table.unpack(a)) end,
  thrown = function(a) error(a) end,
  method = function(a, b, c) return a:find(b, c) end,
}

--- Every function that can be reached from `env`, by its name.
local function reachable(env)
  local found, seen = {}, {}
  local function walk(t, prefix, depth)
    for key, value in pairs(t) do
      if type(key) == "string" and not seen[value] then
        if type(value) == "function" then
          seen[value] = true
          found[#found + 1] = { name = prefix .. key, call = value }
        elseif type(value) == "table" and depth < 5 then
          seen[value] = true
          walk(value, prefix .. key .. ".", depth + 1)
        end
      end
    end
  end
  walk(OPERATORS, "operator ", 1)
  walk(env, "", 1)
  return found
end

--- A repeatable stream of numbers: below(n) is from 1 to n.
local function generator(seed)
  return function(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % n + 1
  end
end

--- The arguments of try number `try`: each value alone, the spans, then several values.
local function arguments(which, try)
  local below = generator(which * 1009 + try)
  if try <= #VALUES then
    return 1, { VALUES[try]() }
  elseif try <= #VALUES + #HUGE then
    return 1, { HUGE[try - #VALUES]() }
  elseif try <= #VALUES + #HUGE + #SPANS then
    return 5, { SPANS[try - #VALUES - #HUGE]() }
  end
  local n, values = below(4) + 1, {}
  local huge = below(4) == 1 and below(2)
  for i = 1, n do
    values[i] = (i == huge and HUGE[below(#HUGE)] or VALUES[below(#VALUES)])()
  end
  return n, values
end

--- run(which, try, entered): how many functions there are, or tries that are always the same; or the name of
--- one, or one call of it. entered() is called just before, when the arguments stand.
local function driver(env)
  local functions = reachable(env)
  return function(which, try, entered)
    if which == 0 then
      return try == 0 and #functions or #VALUES + #HUGE + #SPANS
    elseif try == 0 then
      return functions[which].name
    end
    local n, values = arguments(which, try)
    local call = functions[which].call
    entered()
    call(table.unpack(values, 1, n))
  end
end
