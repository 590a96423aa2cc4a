-- freeze.lua: makes everything a rule can reach read-only once the file is loaded.
--
--   freeze.sealed(t, missing?, set?)          make t read-only in place; missing(key) and set(key)
--                                             answer absent keys and assignments
--   freeze.reachable(list, known, chunk, at)  seal every table that a rule file's list leads to
--   freeze.stepper(content)                   the iterator of __pairs for a table that never changes
--   freeze.rawlen                             the language's own, for sealed tables too
--   freeze.next                               the language's own, without an order
--
-- A sealed table keeps its identity and becomes empty; its content moves behind
-- a metatable. Indexing, pairs, next, ipairs, #, table.concat and table.unpack still work. Values of calls/
-- that hide their content the same way (plans, hours, contacts) are left alone.

local mistake = require("calls.mistake")

local freeze = {}

-- next is the language's own here: no order is needed, and any key works.
local metatable, next = debug.getmetatable, next
freeze.next = next

local function refuse(_, key)
  mistake(("%s cannot be set: rules keep no state between calls"):format(mistake.show(key)))
end

--- A step to the entry after `key`. The keys are sorted at the first step.
---@param content table that no longer changes
---@return fun(t: any, key: any): any, any
function freeze.stepper(content)
  local keys, places
  return function(_, key)
    if not keys then
      keys, places = {}, {}
      for each in pairs(content) do
        keys[#keys + 1] = each
        places[each] = #keys
      end
    end
    local place = key == nil and 0 or places[key]
    if not place then error("invalid key to 'next'", 2) end
    key = keys[place + 1]
    if key ~= nil then
      return key, content[key]
    end
  end
end

--- The length of a list up to its first hole; `#` isn't reliable with holes.
local function list_length(t)
  local n = 0
  while t[n + 1] ~= nil do n = n + 1 end
  return n
end

---@param t table without metatable
---@param missing (fun(key: any): any)?
---@param set fun(t: table, key: any)? raises
---@return table t
function freeze.sealed(t, missing, set)
  local content, length = {}, list_length(t)
  for key, value in next, t do content[key] = value end
  for key in next, content do t[key] = nil end
  local step = freeze.stepper(content)
  if missing then
    setmetatable(content, { __index = function(_, key) return missing(key) end })
  end
  return setmetatable(t, {
    __index = content, __newindex = set or refuse, __len = function() return length end,
    __pairs = function() return step, t, nil end, __metatable = "read-only",
  })
end

--- A table whose content is behind a metatable that refuses changes.
local function is_sealed(t)
  local meta = metatable(t)
  return meta and meta.__newindex and next(t) == nil
end

---@param v table|string
function freeze.rawlen(v)
  if type(v) == "table" and is_sealed(v) then
    return #v
  end
  return rawlen(v)
end

--- Follow the upvalues of a function of the rule file.
local function inspect(f, push)
  local info = debug.getinfo(f, "Su")
  for i = 1, info.nups do
    local upvalue, value = debug.getupvalue(f, i)
    push(value, info.linedefined, upvalue)
  end
  return info.linedefined
end

--- Methods of calls/ values keep no state either.
local function add_methods(known, value)
  local methods = metatable(value).__index
  if type(methods) == "table" then
    for name, method in next, methods do
      if type(method) == "function" then known[method] = known[method] or name end
    end
  end
end

--- Follow everything from `list` and seal it.
---@param list table of the rule file
---@param known table<function, any> functions known to keep no state
---@param chunk string the rule file's chunk name
---@param at fun(line: integer, message: string) raises
---@return integer[] functions first lines of the functions it leads to
function freeze.reachable(list, known, chunk, at)
  local seen, queue, strangers, functions = {}, {}, {}, {}

  local function push(value, line, name)
    local kind = type(value)
    if (kind == "table" or kind == "function") and not seen[value] then
      seen[value] = true
      queue[#queue + 1] = { value = value, line = line, name = name }
    elseif kind == "userdata" or kind == "thread" then
      at(line, ('"%s" holds a %s, which may change between calls'):format(name, kind))
    end
  end

  local function visit_function(item)
    if debug.getinfo(item.value, "S").source == chunk then
      functions[#functions + 1] = inspect(item.value, push)
    else
      strangers[#strangers + 1] = item
    end
  end

  local function visit_table(item)
    local value, line = item.value, item.line
    if is_sealed(value) then
      add_methods(known, value)
      return
    elseif metatable(value) then
      at(line, ('"%s" holds a value that cannot be kept between calls: make it inside the function')
        :format(item.name))
    end
    for key, inner in next, value do
      push(key, line, item.name)
      push(inner, line, type(key) == "string" and key or item.name)
    end
    freeze.sealed(value)
  end

  push(list, 1, "the list of rules")
  while #queue > 0 do
    local item = table.remove(queue)
    if type(item.value) == "function" then
      visit_function(item)
    else
      visit_table(item)
    end
  end
  for _, item in ipairs(strangers) do
    if not known[item.value] then
      at(item.line, ('"%s" holds a function that isn\'t from this file, such as an iterator or a method: '
        .. "call it inside a rule's function"):format(item.name))
    end
  end
  return functions
end

return freeze
