-- reads.lua: what a decision read of its call: JSON of "dotted.path": value, as the rule VM writes it.
--
--   reads.paths("from", "caller*")  -> ReadPaths; "caller*" stands for caller and its fields
--   reads.any(text, paths)          was one of them read? Yes, if not all that was read is kept
--   reads.value(text, "line.busy")  the true, false, number or json.null that was read; nil: it wasn't read
--   reads.without(text, "at")       the text without that integer, and whether it was there
--   reads.is_cut(text)              more was read than is kept
--   reads.absent(text)              the paths at which there was nothing
--
-- Thousands of decisions are asked in a row, so the text is searched, not decoded. Quotes within a value are
-- escaped, so a path in quotes with a colon after it is always a key.

local json = require("json")

local reads = {}

local CUT = '"…truncated":true' -- host/script/rule_vm/rule_call.c
local WORDS = { ["true"] = true, ["false"] = false, null = json.null }

-- A path as it is written in the text.
local KEYS = setmetatable({}, { __index = function(keys, path)
  local key = '"' .. path .. '":'
  keys[path] = key
  return key
end })

---@alias ReadPaths string[] as they begin in the text

---@param ... string
---@return ReadPaths
function reads.paths(...)
  local found = {}
  for i, path in ipairs({ ... }) do
    found[i] = path:sub(-1) == "*" and '"' .. path:sub(1, -2) or '"' .. path .. '":'
  end
  return found
end

---@param text string
---@return boolean
function reads.is_cut(text)
  return text:find(CUT, 1, true) ~= nil
end

---@param text string
---@param paths ReadPaths
---@return boolean
function reads.any(text, paths)
  for _, path in ipairs(paths) do
    if text:find(path, 1, true) then
      return true
    end
  end
  return reads.is_cut(text)
end

---@param text string
---@param path string one of a few that the program asks for
---@return boolean|number|userdata|nil
function reads.value(text, path)
  local _, last = text:find(KEYS[path], 1, true)
  local value = last and text:match("^[%w.-]+", last + 1)
  if value and WORDS[value] ~= nil then
    return WORDS[value]
  end
  return tonumber(value)
end

---@param text string
---@param path string one word, of an integer
---@return string
---@return boolean was_read
function reads.without(text, path)
  local rest, count = text:gsub('"' .. path .. '":%-?%d+', "")
  return rest, count > 0
end

---@param text string
---@return string[]
function reads.absent(text)
  local found = {}
  if text:find(":null", 1, true) then
    for path, value in pairs(json.decode(text) or {}) do
      if value == json.null then
        found[#found + 1] = path
      end
    end
  end
  return found
end

return reads
