-- sections.lua: the text of people.txt, groups.txt, hours.txt and oncall.txt.
--
--   sections.read(text, options)       -> Document: its sections, and the lines that can't be read
--   sections.edited(document, wanted)  -> the text with what is wanted in place of its sections
--
-- A line is "[name]", which begins a section, "field: value", or a comment behind "#".
-- An edit changes the lines concerned: all others stay as they are, byte by byte, with
-- their comments. Where fields of one key take turns, the longest run that stays the same is kept.

local sections = {}

local BOM = "\u{FEFF}"

---@class DataField
---@field key string as written
---@field value string
---@field line integer
---@field meaning string? its value in the one way that the program writes it; set by whoever reads the field
---@field kind string? what it is matched by when the file is edited; nil: its key

---@class DataSection
---@field name string "" in a file without headings
---@field line integer of its heading
---@field lead integer first line of the comment right above it
---@field last integer its last line, blank ones included
---@field fields DataField[]

---@class DataDocument
---@field list DataSection[]
---@field bad { line: integer, message: string }[]
---@field lines table[]
---@field bom string
---@field eol string

---@class WantedField
---@field key string
---@field value string
---@field kind string? as of DataField

-- Behind a value: blanks, and a comment. In texts that people hear, "#" begins one behind two blanks only.
local function split_comment(text, is_free)
  local value = text:match(is_free and "^(.-)%s%s+#.*$" or "^(.-)%s+#.*$")
    or (text:find("^#") and "") or text:match("^(.-)%s*$")
  return value, text:sub(#value + 1)
end

local function read_line(raw, options)
  if raw:find("^%s*$") then
    return { kind = "blank" }
  elseif raw:find("^%s*#") then
    return { kind = "comment" }
  end
  local name = not options.flat and raw:match("^%s*%[%s*(.-)%s*%]%s*$")
    or not options.flat and raw:match("^%s*%[%s*(.-)%s*%]%s*#.*$")
  if name then
    return { kind = "heading", name = name }
  end
  local before, key, mark, rest = raw:match("^(%s*)([^:]-)(%s*:%s*)(.*)$")
  if not key or key == "" then
    return { kind = "bad" }
  end
  local value, behind = split_comment(rest, options.free and options.free[key:lower()])
  return { kind = "field", key = key, value = value, before = before .. key .. mark, behind = behind }
end

local function read_lines(text, options)
  local lines, at = {}, 1
  while at <= #text do
    local first = text:find("[\r\n]", at) -- a lone \r ends lines of some spreadsheets
    local stop = first and (text:sub(first, first + 1) == "\r\n" and first + 1 or first)
    local raw = text:sub(at, first and first - 1 or -1)
    local eol = first and text:sub(first, stop) or ""
    local line = read_line(raw, options)
    line.raw, line.eol = raw, eol
    lines[#lines + 1] = line
    at = stop and stop + 1 or #text + 1
  end
  return lines
end

--- The first line of the comment that stands right above a heading.
local function lead_of(lines, n)
  while n > 1 and lines[n - 1].kind == "comment" do n = n - 1 end
  return n
end

---@param text string
---@param options { flat: boolean?, free: table<string, true>? } flat: there are no headings; free: fields
--- that hold a text for people
---@return DataDocument
function sections.read(text, options)
  local document = { list = {}, bad = {}, bom = "", flat = options.flat }
  if text:sub(1, #BOM) == BOM then document.bom, text = BOM, text:sub(#BOM + 1) end
  local lines = read_lines(text, options)
  document.lines = lines
  document.eol = lines[1] and lines[1].eol ~= "" and lines[1].eol or "\n"
  local section = options.flat and { name = "", line = 0, lead = 1, fields = {} } or nil
  document.list[1] = section
  for n, line in ipairs(lines) do
    if line.kind == "heading" then
      local lead = lead_of(lines, n)
      if section then section.last = lead - 1 end
      section = { name = line.name, line = n, lead = lead, fields = {} }
      document.list[#document.list + 1] = section
    elseif line.kind == "field" and section then
      section.fields[#section.fields + 1] = { key = line.key, value = line.value, line = n }
    elseif line.kind == "field" or line.kind == "bad" then
      document.bad[#document.bad + 1] = { line = n, outside = line.kind == "field" }
      if section then section.unread = true end
    end
  end
  if section then section.last = #lines end
  return document
end

-- ---- editing ----

--- Pairs of positions of two lists of texts that stay: the longest common subsequence.
local function kept_pairs(old, new)
  local length = {}
  for i = #old + 1, 1, -1 do
    length[i] = {}
    for k = #new + 1, 1, -1 do
      if i > #old or k > #new then
        length[i][k] = 0
      elseif old[i] == new[k] then
        length[i][k] = length[i + 1][k + 1] + 1
      else
        length[i][k] = math.max(length[i + 1][k], length[i][k + 1])
      end
    end
  end
  local list, i, k = {}, 1, 1
  while i <= #old and k <= #new do
    if old[i] == new[k] then
      list[#list + 1] = { i, k }
      i, k = i + 1, k + 1
    elseif length[i + 1][k] >= length[i][k + 1] then
      i = i + 1
    else
      k = k + 1
    end
  end
  return list
end

--- The entries of a list by what they are matched by.
local function by_kind(list)
  local groups, order = {}, {}
  for _, each in ipairs(list) do
    local kind = each.kind or each.key
    if not groups[kind] then
      groups[kind] = {}
      order[#order + 1] = kind
    end
    table.insert(groups[kind], each)
  end
  return groups, order
end

local function meanings(list)
  local out = {}
  for i, each in ipairs(list) do out[i] = each.meaning or each.value end
  return out
end

--- Between two pairs that stay: old fields get new values one by one; what is left over goes.
local function settle(edit, old, new, from, to)
  local i = from[1]
  for k = from[2], to[2] - 1 do
    if i < to[1] then
      edit.value[old[i].line], new[k].at = new[k], old[i].line
      i = i + 1
    end
  end
  for left = i, to[1] - 1 do edit.gone[old[left].line] = true end
end

local function match_fields(edit, old, new)
  local at = { 1, 1 }
  for _, pair in ipairs(kept_pairs(meanings(old), meanings(new))) do
    settle(edit, old, new, at, pair)
    new[pair[2]].at = old[pair[1]].line
    at = { pair[1] + 1, pair[2] + 1 }
  end
  settle(edit, old, new, at, { #old + 1, #new + 1 })
end

--- The last line of a section that isn't blank.
local function content_end(document, section)
  local n = section.last
  while n > section.line and document.lines[n].kind == "blank" do n = n - 1 end
  return n
end

local function insert_behind(edit, n, text)
  edit.behind[n] = edit.behind[n] or {}
  table.insert(edit.behind[n], text)
end

local function field_text(field)
  return field.key .. ": " .. field.value
end

local function edit_section(document, edit, section, wanted)
  local old, kinds = by_kind(section.fields)
  local new = by_kind(wanted)
  for _, kind in ipairs(kinds) do match_fields(edit, old[kind], new[kind] or {}) end
  local anchor = document.flat and content_end(document, section) or section.line
  for _, field in ipairs(wanted) do
    if field.at then
      anchor = field.at
    else
      insert_behind(edit, anchor, field_text(field))
    end
  end
end

--- The last line that goes with a section. A comment that stands by itself below it, behind a blank line,
--- is the file's own.
local function own_end(document, section)
  local lines, n = document.lines, section.last
  while n > section.line and (lines[n].kind == "blank" or lines[n].kind == "comment") do n = n - 1 end
  for _, kind in ipairs { "comment", "blank" } do
    while n < section.last and lines[n + 1].kind == kind do n = n + 1 end
  end
  return n
end

local function remove_section(document, edit, section)
  local last = own_end(document, section)
  for n = section.lead, last do edit.gone[n] = true end
  local above = document.lines[section.lead - 1]
  if last == #document.lines and above and above.kind == "blank" then
    edit.gone[section.lead - 1] = true
  end
end

local function appended(section)
  local out = { "[" .. section.name .. "]" }
  for _, field in ipairs(section.fields) do out[#out + 1] = field_text(field) end
  return out
end

local function joined(document, edit, added)
  local out, eol = {}, document.eol
  local function add(text, own)
    if out[1] and not out[#out]:find("[\r\n]$") then out[#out] = out[#out] .. eol end
    out[#out + 1] = text .. (own or eol)
  end
  for _, text in ipairs(edit.behind[0] or {}) do add(text) end
  for n, line in ipairs(document.lines) do
    local value = edit.value[n]
    if value then
      add(line.before .. value.value .. line.behind, line.eol)
    elseif not edit.gone[n] then
      add(line.raw, line.eol)
    end
    for _, text in ipairs(edit.behind[n] or {}) do add(text) end
  end
  for _, section in ipairs(added) do
    if out[1] and out[#out]:find("%S") then add("") end
    for _, text in ipairs(appended(section)) do add(text) end
  end
  return document.bom .. table.concat(out)
end

---@param document DataDocument that has been read whole, with the meaning of each field
---@param wanted { name: string, fields: WantedField[] }[] each name once
---@return string
function sections.edited(document, wanted)
  local edit, left, added = { value = {}, gone = {}, behind = {} }, {}, {}
  for _, section in ipairs(wanted) do left[section.name] = section end
  for _, section in ipairs(document.list) do
    local new = left[section.name]
    left[section.name] = nil
    if new then
      edit_section(document, edit, section, new.fields)
    else
      remove_section(document, edit, section)
    end
  end
  for _, section in ipairs(wanted) do
    if left[section.name] then added[#added + 1] = section end
  end
  return joined(document, edit, added)
end

return sections
