-- interned.lua: tables that are found again by what they were made of.
--
--   interned.tree()             -> the root of a tree of places; unused places are collected
--   interned.at(place, value)   -> the place below that belongs to the value
--   interned.fields(make)       -> make(first, options), which gives the same table for the same arguments
--
-- A rule that makes its plan in the call gives the words the same arguments again and again. Texts, numbers,
-- true and false are the same by their content, as are users, and tables and lists of all these; persons and
-- groups by themselves. Mistakes aren't kept.

local freeze = require("calls.freeze")
local targets = require("calls.plans.targets")

local next, metatable = freeze.next, debug.getmetatable

local interned = {}

local WEAK = { __mode = "v" }
local KINDS = { string = true, number = true, boolean = true }
local NOTHING, USER, TABLE, LAST = {}, {}, {}, {} -- values that no rule has

function interned.tree()
  return setmetatable({}, WEAK)
end

---@param place table
---@param value any not nil
---@return table
function interned.at(place, value)
  local below = place[value]
  if not below then
    below = setmetatable({}, WEAK)
    place[value] = below
  end
  return below
end

local at = interned.at

-- The place of one value; nil: it can't be told from others.
local function at_value(place, value)
  if value == nil then value = NOTHING end
  local below = place[value]
  if below then
    return below
  elseif value == NOTHING or KINDS[type(value)] and value == value or targets.is_named(value) then
    return at(place, value)
  end
  local user_id = targets.user_id(value)
  return user_id and at(at(place, USER), user_id)
end

-- The same for a value or a table of them, in the order in which they are met.
local function at_argument(place, given)
  local found = at_value(place, given)
  if found or type(given) ~= "table" or metatable(given) then
    return found
  end
  place = at(place, TABLE)
  for name, value in next, given do
    place = at_value(place, name)
    place = place and at_value(place, value)
    if not place then
      return nil
    end
  end
  return at(place, LAST)
end

---@param make fun(first: any, options: any): table it depends on nothing else, and the table never changes
---@return fun(first: any, options: any): table
function interned.fields(make)
  local tree = interned.tree()
  return function(first, options)
    local place = at_argument(tree, first)
    place = place and at_argument(place, options)
    local fields = place and place.fields
    if not fields then
      fields = make(first, options)
      if place then place.fields = fields end
    end
    return fields
  end
end

return interned
