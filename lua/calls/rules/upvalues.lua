-- upvalues.lua: does a function keep state in a variable outside itself?
--
--   upvalues.assigned(f)   -> "n" or "t.field", and the line, of the first assignment to a
--                             variable of the surroundings, in f or in a function that f makes;
--                             or nil
--
-- `n = n + 1` in a rule would count calls in one worker of many and be gone after
-- the next save. No library function tells, and watching the variable shows it
-- only once a call has taken that branch, so the compiled function is read:
-- Lua 5.4's format, the same in all its releases (checked when this is loaded).
-- A global is such a variable too (a field of the upvalue _ENV), and tables of
-- the file are sealed once it is loaded.

local upvalues = {}

local HEADER = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8"
local SETUPVAL, SETTABUP = 10, 15
local NUMBER = { [0x03] = true, [0x13] = true }
local TEXT = { [0x04] = true, [0x14] = true }
local ABSOLUTE = 0x80 -- in lineinfo: look the line up instead of adding to it

---@class Reader a position in the bytes of string.dump
---@field bytes string
---@field at integer
local Reader = {}
Reader.__index = Reader

function Reader:byte()
  local b = self.bytes:byte(self.at)
  self.at = self.at + 1
  return b
end

--- Seven bits a byte, the highest first; the last one has its top bit set.
function Reader:size()
  local n, b = 0, 0
  while b & 0x80 == 0 do
    b = self:byte()
    n = n << 7 | b & 0x7f
  end
  return n
end

function Reader:skip(count)
  self.at = self.at + count
end

function Reader:text()
  local size = self:size()
  if size == 0 then
    return nil
  end
  self:skip(size - 1)
  return self.bytes:sub(self.at - size + 1, self.at - 1)
end

--- The strings among the constants, from 0.
function Reader:constants()
  local strings = {}
  for i = 0, self:size() - 1 do
    local kind = self:byte()
    if NUMBER[kind] then
      self:skip(8)
    elseif TEXT[kind] then
      strings[i] = self:text()
    end
  end
  return strings
end

--- Every assignment to an upvalue or a field of one: { pc, upvalue, constant? }, all from 0.
function Reader:assignments()
  local found = {}
  for pc = 0, self:size() - 1 do
    local instruction = string.unpack("<I4", self.bytes, self.at)
    local a, b = instruction >> 7 & 0xff, instruction >> 16 & 0xff
    self:skip(4)
    if instruction & 0x7f == SETUPVAL then
      found[#found + 1] = { pc = pc, upvalue = b }
    elseif instruction & 0x7f == SETTABUP then
      found[#found + 1] = { pc = pc, upvalue = a, constant = b }
    end
  end
  return found
end

--- The upvalues, from 0: does each belong to the surroundings of the outermost function?
function Reader:outside(parent)
  local outside = {}
  for i = 0, self:size() - 1 do
    local in_stack, index = self:byte(), self:byte()
    self:skip(1)
    outside[i] = parent == nil or (in_stack == 0 and parent[index])
  end
  return outside
end

function Reader:lines()
  local count = self:size()
  local relative = self.at
  self:skip(count)
  local absolute = {}
  for _ = 1, self:size() do
    local pc = self:size()
    absolute[pc] = self:size()
  end
  return function(line, wanted)
    for pc = 0, wanted do
      local step = self.bytes:byte(relative + pc)
      line = step == ABSOLUTE and absolute[pc] or line + (step < 128 and step or step - 256)
    end
    return line
  end
end

function Reader:names()
  for _ = 1, self:size() do
    self:text()
    self:size()
    self:size()
  end
  local names = {}
  for i = 0, self:size() - 1 do names[i] = self:text() end
  return names
end

--- One function and those it makes. Returns name and line of the first such assignment.
function Reader:func(parent)
  self:text()
  local defined = self:size()
  self:size()
  self:skip(3)
  local assignments, constants = self:assignments(), self:constants()
  local outside = self:outside(parent)
  local name, line
  for _ = 1, self:size() do
    local inner_name, inner_line = self:func(outside)
    if not name then name, line = inner_name, inner_line end
  end
  local line_of, names = self:lines(), self:names()
  for _, assignment in ipairs(assignments) do
    if outside[assignment.upvalue] then
      local variable, field = names[assignment.upvalue], constants[assignment.constant]
      local what = variable == "_ENV" and field or field and variable .. "." .. field or variable
      return what, line_of(defined, assignment.pc)
    end
  end
  return name, line
end

---@param f function written in Lua
---@return string? name
---@return integer? line
function upvalues.assigned(f)
  local reader = setmetatable({ bytes = string.dump(f), at = #HEADER + 18 }, Reader)
  return reader:func(nil)
end

local kept = 0
local function clean()
  local own = 0
  return function() own = own + kept return own end
end
local function keeps() return function() kept = kept + 1 end end
assert(string.dump(clean):sub(1, #HEADER) == HEADER, "this is not Lua 5.4 as it is usually built")
assert(upvalues.assigned(keeps) == "kept" and not upvalues.assigned(clean), "compiled Lua is not understood")

return upvalues
