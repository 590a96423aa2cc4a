-- depends.lua: what in a rule file uses what stands on some of its lines.
--
--   depends.on(t, lines)   -> uses(line): does the statement, or the rule, of that line use them, itself or
--                             through other names of the file?
--   depends.texts(t)   -> text(line): what the statement or rule of that line says, and what it uses says

local tokens = require("calls.source.tokens")

local depends = {}

local BEGINS = { ["local"] = true, ["function"] = true, ["return"] = true }

--- Statements that begin a line with local, function or return, and instead of the list its rules.
local function parts_of(t)
  local parts = {}
  for i = 1, t.count do
    local begins = BEGINS[t.text[i]] and t.kind[i] == "keyword" and t.inside[i] == 0
      and t.source:sub(t.from[i] - 1, t.from[i] - 1):find("^\n?$")
    if begins and t.text[i] == "return" and t.text[i + 1] == "{" then
      if parts[#parts] then parts[#parts].last = i - 1 end
      for _, field in ipairs(tokens.fields(t, i + 1)) do
        parts[#parts + 1] = { first = field.start, last = field.last, names = {} }
      end
      return parts
    elseif begins then
      if parts[#parts] then parts[#parts].last = i - 1 end
      parts[#parts + 1] = { first = i, last = t.count, names = {} }
    end
  end
  return parts
end

local function add_names(t, part)
  local i = part.first
  if t.text[i] == "local" then i = i + 1 end
  if t.text[i] == "function" then i = i + 1 end
  while i > part.first and t.kind[i] == "name" do
    part.names[#part.names + 1] = t.text[i]
    i = i + (t.text[i + 1] == "," and 2 or 1)
  end
end

local function uses_any(t, part, names)
  for i = part.first, part.last do
    if t.kind[i] == "name" and names[t.text[i]] and t.text[i - 1] ~= "." and t.text[i - 1] ~= ":" then
      return true
    end
  end
  return false
end

--- What stands in a part, and the parts that its names lead to.
local function gather(t, part, of_name, done, out)
  done[part], out[#out + 1] = true, t.source:sub(t.from[part.first], t.last[part.last])
  for i = part.first, part.last do
    local other = t.kind[i] == "name" and of_name[t.text[i]]
    if other and not done[other] then gather(t, other, of_name, done, out) end
  end
end

---@param t Tokens
---@return fun(line: integer): string
function depends.texts(t)
  local parts, of_name = parts_of(t), {}
  for _, part in ipairs(parts) do
    add_names(t, part)
    for _, name in ipairs(part.names) do of_name[name] = part end
  end
  return function(line)
    local out = {}
    for _, part in ipairs(parts) do
      if t.line[part.first] <= line and line <= t.line[part.last] then gather(t, part, of_name, {}, out) end
    end
    return table.concat(out, "\n")
  end
end

---@param t Tokens
---@param lines table<integer, any>
---@return fun(line: integer): boolean
function depends.on(t, lines)
  local parts, names, more = parts_of(t), {}, true
  for _, part in ipairs(parts) do
    add_names(t, part)
    for line = t.line[part.first], t.line[part.last] do part.uses = part.uses or lines[line] ~= nil end
  end
  while more do
    more = false
    for _, part in ipairs(parts) do
      if not part.done and (part.uses or uses_any(t, part, names)) then
        part.uses, part.done, more = true, true, true
        for _, name in ipairs(part.names) do names[name] = true end
      end
    end
  end
  return function(line)
    for _, part in ipairs(parts) do
      if part.uses and t.line[part.first] <= line and line <= t.line[part.last] then
        return true
      end
    end
    return false
  end
end

return depends
