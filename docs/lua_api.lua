-- lua_api.lua: writes docs/lua-api.md from the annotations in lua/types.
--
--   lua5.4 docs/lua_api.lua >docs/lua-api.md      (make docs)
--
-- The annotations are the source: an editor shows them, this prints them. A
-- lint compares the page with what this prints.

local TYPES = "lua/types/"

local HEAD = [[
# The Lua API

Made by `make docs` from [lua/types](../lua/types), which editors read too: with LuaLS they complete
`call.` and `ring(`.

`f(a: string, b?: integer) → string?` takes a text and perhaps a whole number, and returns a text or nil.
What depends on the outside world returns `nil, message, code`; every other failure is raised.
]]

-- The files in the order in which a newcomer meets them; the rest are modules.
local PARTS = {
  { "Words of a rule file", { "plan" } },
  { "What a rule sees", { "call" } },
  { "Requests", { "request" } },
}
local MODULES = "Modules, for routes, lookups and scripts"

local function lines_of(path)
  local file = assert(io.open(path))
  local list = {}
  for line in file:lines() do
    list[#list + 1] = line
  end
  file:close()
  return list
end

--- Cut a type off the front of a text: brackets belong together, and `fun(…): T`.
local function cut_type(text)
  local depth, position = 0, 1
  while position <= #text do
    local char = text:sub(position, position)
    if char:find("[%(%[{<]") then
      depth = depth + 1
    elseif char:find("[%)%]}>]") then
      depth = depth - 1
    elseif char == '"' then
      position = text:find('"', position + 1, true) or #text
    elseif char == " " and depth == 0 and not text:find("^[:,]", position - 1) then
      break
    end
    position = position + 1
  end
  return text:sub(1, position - 1), text:sub(position + 1)
end

-- "name? type words" of @param and @field; "[string] type" names an index.
local function named(text)
  local name, rest = text:match("^(%b[])%s+(.*)$")
  if not name then
    name, rest = text:match("^(%S+)%s+(.*)$")
  end
  local kind, words = cut_type(rest)
  return { name = name, kind = kind, words = words }
end

-- "type name? words" of @return; words without a name stand behind "#".
local function returned(text)
  local kind, rest = cut_type(text)
  local name, words = rest:match("^([%w_]*)%s*#?%s*(.*)$")
  return { name = name ~= "" and name or nil, kind = kind, words = words }
end

local READERS = {
  param = function(block, text) table.insert(block.params, named(text)) end,
  field = function(block, text) table.insert(block.fields, named(text)) end,
  ["return"] = function(block, text) table.insert(block.returns, returned(text)) end,
  class = function(block, text) block.class, block.note = text:match("^([%w_]+)[^%s]*%s*:?%s*(.*)$") end,
  alias = function(block, text) block.alias, block.kind = text:match("^([%w_]+)%s+(.*)$") end,
  type = function(block, text) block.kind = text end,
}

local function new_block()
  return { text = {}, params = {}, fields = {}, returns = {} }
end

--- The annotated things of a file, in order: blocks of comment and the line they stand above.
local function read(path)
  local blocks, block, intro = {}, nil, {}
  for number, line in ipairs(lines_of(path)) do
    local tag, rest = line:match("^%-%-%-@(%w+)%s*(.*)$")
    local comment = line:match("^%-%-%-(.*)$")
    if comment and line ~= "---@meta" then
      block = block or new_block()
      if tag and READERS[tag] then
        READERS[tag](block, rest)
      elseif not tag then
        table.insert(block.text, comment)
      end
    elseif block then
      block.owner, block.separator, block.name, block.arguments =
        line:match("^function ([%w_]*)([.:]?)([%w_]+)(%b()) end")
      block.value = line:match("^([%w_.]+) = ")
      blocks[#blocks + 1], block = block, nil
    elseif number > 1 and #blocks == 0 and line:find("^%-%- ") then
      intro[#intro + 1] = line:sub(4)
    end
  end
  local text = table.concat(intro, " "):gsub("^types/%S+%.lua:?%s*", "")
  return blocks, text
end

local function capital(text)
  return text:sub(1, 1):upper() .. text:sub(2)
end

local function code(text)
  return "`" .. text .. "`"
end

local function bullet(out, name, kind, words)
  local type_text = kind and kind ~= "" and ": " .. code(kind) or ""
  local separator = words == "" and "" or type_text ~= "" and ", " or ": "
  out[#out + 1] = "- " .. name .. type_text .. separator .. words
end

local LONGEST = 120 -- columns of a heading that tells all types

local function title(name, arguments, returns)
  local arrow = #returns > 0 and " → " or ""
  local text = ("%s(%s)%s%s"):format(name, table.concat(arguments, ", "), arrow, table.concat(returns, ", "))
  return "### " .. code(text)
end

--- The heading tells the types, unless it got too long; the list below it whatever else is to be said.
local function write_function(out, block)
  local name = (block.owner or "") .. (block.separator or "") .. block.name
  local arguments, typed, returns = {}, {}, {}
  for i, parameter in ipairs(block.params) do
    arguments[i], typed[i] = parameter.name, ("%s: %s"):format(parameter.name, parameter.kind)
  end
  for i, result in ipairs(block.returns) do
    local is_named = #block.returns > 1 and result.name
    returns[i] = is_named and ("%s: %s"):format(result.name, result.kind) or result.kind
  end
  local whole = title(name, typed, returns)
  local is_long = utf8.len(whole) > LONGEST
  out[#out + 1] = is_long and title(name, arguments, {}) or whole
  out[#out + 1] = ""
  if #block.text > 0 then
    out[#out + 1] = table.concat(block.text, "\n")
    out[#out + 1] = ""
  end
  for _, parameter in ipairs(block.params) do
    if is_long or parameter.words ~= "" then
      bullet(out, code(parameter.name), is_long and parameter.kind, parameter.words)
    end
  end
  for _, result in ipairs(block.returns) do
    if is_long or result.words ~= "" then
      local label = #block.returns > 1 and result.name and code(result.name) or "returns"
      bullet(out, label, is_long and result.kind, result.words)
    end
  end
end

local function write_class(out, block)
  out[#out + 1] = "### " .. code(block.class)
  out[#out + 1] = ""
  local words = table.concat(block.text, "\n")
  if block.note:find("^%u%w+$") then
    words = ("With the fields of %s."):format(code(block.note))
  elseif block.note ~= "" then
    words = words ~= "" and words .. "\n" .. block.note or capital(block.note) .. "."
  end
  if words ~= "" then
    out[#out + 1] = words
    out[#out + 1] = ""
  end
  for _, field in ipairs(block.fields) do
    bullet(out, code(field.name), field.kind, field.words)
  end
end

local function write_alias(out, block)
  out[#out + 1] = "### " .. code(block.alias)
  out[#out + 1] = ""
  local kind, words = cut_type(block.kind)
  bullet(out, "is", kind, words)
end

local function write_value(out, block)
  out[#out + 1] = "### " .. code(block.value)
  out[#out + 1] = ""
  out[#out + 1] = table.concat(block.text, "\n")
end

local function write_blocks(out, blocks)
  for _, block in ipairs(blocks) do
    local write = block.name and write_function or block.class and write_class or block.alias and write_alias
      or block.value and block.text[1] and write_value
    if write then
      write(out, block)
      if out[#out] ~= "" then
        out[#out + 1] = ""
      end
    end
  end
end

local function write_file(out, name, heading)
  local blocks, intro = read(TYPES .. name .. ".lua")
  out[#out + 1] = "## " .. (heading or code(name))
  out[#out + 1] = ""
  if intro ~= "" then
    out[#out + 1] = capital(intro)
    out[#out + 1] = ""
  end
  write_blocks(out, blocks)
end

local function other_files()
  local known, list = {}, {}
  for _, part in ipairs(PARTS) do
    for _, name in ipairs(part[2]) do
      known[name] = true
    end
  end
  local listing = assert(io.popen("ls " .. TYPES))
  for file in listing:lines() do
    local name = file:match("^(.+)%.lua$")
    if name and not known[name] then
      list[#list + 1] = name
    end
  end
  listing:close()
  table.sort(list)
  return list
end

local out = { HEAD }
for _, part in ipairs(PARTS) do
  for _, name in ipairs(part[2]) do
    write_file(out, name, part[1])
  end
end
out[#out + 1] = "## " .. MODULES
out[#out + 1] = ""
out[#out + 1] = "Each with `local x = require(\"x\")`."
out[#out + 1] = ""
for _, name in ipairs(other_files()) do
  write_file(out, name)
end
while out[#out] == "" do
  out[#out] = nil
end
io.write(table.concat(out, "\n"), "\n")
