-- constants.lua: what the names of a rule file stand for, as far as its text alone tells.
--
--   constants.of(t)            -> Constants
--   known:value(i)             what the dotted name that begins at token i is, or nil when nobody can tell
--   known.declared[name]       is it a local, a parameter or a loop's variable anywhere in the file?
--
-- Only names that are declared once and never assigned are known, and tables only if nothing in the file can
-- add to them: what is known is certain.

local tokens = require("calls.source.tokens")

---@class Constant
---@field kind "string"|"number"|"table"|"function"|"nil"|"absent"
---@field value any of a string or number
---@field token integer where it is written; of an absent field, the table's brace
---@field name string? of an absent field
---@field keys table<any, TableField>? of a table, and of what an absent field isn't in
---@field list boolean? of a table that has positions only

---@class Constants
---@field t Tokens
---@field declared table<string, integer> how often
---@field first table<string, integer> token of the first declaration
---@field values table<string, Constant>
local Constants = {}
Constants.__index = Constants

local constants = {}

-- Functions that only read a table that they are given.
local READERS = { ipairs = true, pairs = true, next = true, type = true, ring = true, menu = true,
  select = true,
  concat = true, unpack = true }
local BOUNDARY = { [","] = true, [";"] = true, [")"] = true, ["}"] = true, ["]"] = true }

--- The value that begins at token i, when it is one token or bracket, and the token behind it.
local function simple(t, i)
  local kind, text = t.kind[i], t.text[i]
  local last = i
  if kind == "op" and text == "{" or kind == "keyword" and text == "function" then
    last = t.pair[i]
  elseif not (kind == "string" or kind == "number" or text == "nil") then
    return nil
  end
  if not last then
    return nil
  end
  local behind, mark = t.kind[last + 1], t.text[last + 1]
  local ends = behind == "eof" or behind == "name" or (behind == "keyword" and mark ~= "and" and mark ~= "or")
    or (behind == "op" and BOUNDARY[mark])
  if not ends then
    return nil
  end
  local word = (text == "{" and "table") or (text == "function" and "function") or (text == "nil" and "nil")
    or kind
  return { kind = word, token = i, value = tokens.value(t, i) }, last + 1
end

--- The keys of a table constructor; nil when some are computed.
local function keys_of(t, brace)
  local keys, list = {}, true
  for _, field in ipairs(tokens.fields(t, brace)) do
    if field.key == nil then
      return nil
    end
    keys[field.key] = keys[field.key] or field
    list = list and field.positional
  end
  return keys, list and next(keys) ~= nil
end

local function declare(self, name, i)
  self.declared[name] = (self.declared[name] or 0) + 1
  self.first[name] = self.first[name] or i
end

--- Names between i and a token that is neither name, comma nor attribute.
local function name_list(t, i)
  local names = {}
  while t.kind[i] == "name" do
    names[#names + 1] = i
    i = i + 1
    if t.text[i] == "<" and t.text[i + 2] == ">" then i = i + 3 end
    if t.text[i] ~= "," then break end
    i = i + 1
  end
  return names, i
end

local function read_local(self, i)
  local t = self.t
  if t.text[i + 1] == "function" then
    declare(self, t.text[i + 2], i + 2)
    self.values[t.text[i + 2]] = { kind = "function", token = i + 1 }
    return
  end
  local names, behind = name_list(t, i + 1)
  for _, name in ipairs(names) do declare(self, t.text[name], name) end
  if t.inside[i] ~= 0 then
    return
  end
  local at = t.text[behind] == "=" and behind + 1 or nil
  for _, name in ipairs(names) do
    local value, after
    if at then
      value, after = simple(t, at)
    elseif t.text[behind] ~= "=" then
      value = { kind = "nil", token = name }
    end
    self.values[t.text[name]] = value
    at = after and t.text[after] == "," and after + 1 or nil
  end
end

local function read_parameters(self, i)
  local t, open = self.t, i + 1
  if t.kind[open] == "name" and t.text[i - 1] ~= "local" then
    declare(self, t.text[open], open)
    self.written[t.text[open]] = true -- function T.name() adds to T
  end
  while open < t.count and t.text[open] ~= "(" do open = open + 1 end
  if t.text[open - 2] == ":" then declare(self, "self", open) end -- function T:name()
  for _, name in ipairs((name_list(t, open + 1))) do declare(self, t.text[name], name) end
end

local function read_declarations(self)
  local t = self.t
  for i = 1, t.count do
    if t.kind[i] == "keyword" then
      local text = t.text[i]
      if text == "local" then
        read_local(self, i)
      elseif text == "function" then
        read_parameters(self, i)
      elseif text == "for" then
        for _, name in ipairs((name_list(t, i + 1))) do declare(self, t.text[name], name) end
      end
    end
  end
end

--- Is the name at i one of a statement's left side, with or without fields?
local function is_written(t, i)
  local behind = i + 1
  while t.text[behind] == "." or t.text[behind] == "[" do
    behind = t.text[behind] == "." and behind + 2 or (t.pair[behind] or t.count) + 1
  end
  if t.text[behind] == "=" and t.kind[behind] == "op" then
    return t.text[t.inside[i]] ~= "{" or behind > i + 1
  end
  -- a, b = b, a
  return t.text[behind] == "," and t.text[t.inside[i]] ~= "{" and t.text[t.inside[i]] ~= "("
    and t.kind[behind + 1] == "name" and (t.text[behind + 2] == "=" or t.text[behind + 2] == ",")
    and t.line[behind + 1] == t.line[i]
end

--- Is the table at token i passed to code that could change it?
local function is_handed_on(t, i)
  local behind = t.text[i + 1]
  if behind == "." or behind == "[" or behind == ":" or t.text[i - 1] == "#" then
    return false
  end
  return not (t.text[i - 1] == "(" and READERS[t.text[i - 2]])
end

local function read_uses(self)
  local t = self.t
  for i = 1, t.count do
    local name = t.kind[i] == "name" and t.text[i - 1] ~= "." and t.text[i - 1] ~= ":" and t.text[i]
    if name and self.declared[name] and i ~= self.first[name] then
      local is_key = t.text[i + 1] == "=" and t.text[t.inside[i]] == "{"
      if not is_key then
        if is_written(t, i) then self.written[name] = true end
        if is_handed_on(t, i) then self.handed[name] = true end
      end
    end
  end
end

---@param t Tokens
---@return Constants
function constants.of(t)
  local self = setmetatable({ t = t, declared = {}, first = {}, values = {}, written = {}, handed = {} },
    Constants)
  read_declarations(self)
  read_uses(self)
  for name, value in pairs(self.values) do
    if self.declared[name] > 1 or self.written[name] then
      self.values[name] = nil
    elseif value.kind == "table" then
      value.keys, value.list = keys_of(t, value.token)
      value.open = self.handed[name]
    end
  end
  return self
end

--- Is every use of the name one of a field of it? Then nobody holds a table inside.
local function is_looked_into_only(self, name)
  local t = self.t
  for i = 1, t.count do
    if t.kind[i] == "name" and t.text[i] == name and i ~= self.first[name] and t.text[i + 1] ~= "." then
      return false
    end
  end
  return true
end

---@param i integer
---@return Constant?
---@return integer last token of the name
function Constants:value(i)
  local t = self.t
  local words, last = tokens.chain(t, i)
  local known = words and self.values[t.text[i]]
  if not known or t.text[i - 1] == "." or t.text[i - 1] == ":" then
    return nil, last
  end
  for word in words:sub(#t.text[i] + 2):gmatch("[^.]+") do
    if known.kind ~= "table" or not known.keys then
      return nil, last
    end
    local field = known.keys[word]
    if not field then
      return not known.open and { kind = "absent", token = known.token, name = word, keys = known.keys }
        or nil, last
    end
    local inner, behind = simple(t, field.first)
    if not inner or behind ~= field.last + 1 then
      return nil, last
    end
    if inner.kind == "table" then
      inner.keys, inner.list = keys_of(t, inner.token)
      inner.open = not is_looked_into_only(self, t.text[i])
    end
    known = inner
  end
  return known, last
end

return constants
