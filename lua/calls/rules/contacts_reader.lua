-- contacts_reader.lua: reads a file of contacts.
--
--   contacts_reader.read(text, is_number, as_table)   -> ContactLine[]
--
-- A line is a number and, after a blank, a name; "#" begins a comment at the start of a line or after two
-- blanks. A file with commas, semicolons or tabs between its cells is a table: CSV, with or without a heading
-- that names the columns (as in exports from Google, Apple and Outlook, in several languages).

local written_number = require("calls.parties.written_number")

local contacts_reader = {}

local BOM = "\u{FEFF}"
local SEPARATORS = { ",", ";", "\t" }
-- Words of headings, in lower case, and words of headings for other things.
local PHONE = {
  "phone", "mobile", "cell", "telefon", "tel", "handy", "mobil", "numéro", "numero", "número", "móvil",
  "movil", "teléfono", "telefono", "téléphone", "telephone", "portable", "rufnummer", "nummer", "number",
}
local NO_PHONE = {
  "fax", "type", "label", "pager", "telex", "tty", "isdn", "extension", "customer", "account", "id", "typ",
  "house", "assistant",
}
local WHOLE_NAMES = {
  "name", "full name", "display name", "file as", "nom", "nombre", "contact", "kontakt",
}
local PART_NAMES = {
  "first name", "given name", "vorname", "prénom", "middle name", "last name", "family name", "surname",
  "nachname", "apellidos",
}
local FIRMS = {
  "company", "organization", "organization name", "organization 1 - name", "firma", "empresa", "société",
}

---@class ContactLine
---@field line integer
---@field numbers string[]
---@field name string? nil: none
---@field exported boolean from a table with a heading
---@field unclosed boolean? a quote isn't closed in this line

local function trimmed(text)
  return text:match("^%s*(.-)%s*$")
end

-- A spreadsheet's marks of a text: ="+1303…" and '+1303…
local function unmarked(cell)
  return cell:match('^="(.*)"$') or cell:match("^'([+%d(].*)$") or cell
end

-- A cell that begins with a quote: where it ends, and its text. Not closed, or closed by the quote of a cell
-- below, it would hide the numbers between: nil, and the rest of the file isn't read.
local function quoted(text, at, cell_end)
  local close = text:find('"', at + 1, true)
  while close and text:sub(close + 1, close + 1) == '"' do close = text:find('"', close + 2, true) end
  if not close then
    return #text + 1
  end
  local ends, cell = text:find(cell_end, close + 1) or #text + 1, text:sub(at + 1, close - 1)
  if not text:sub(close + 1, ends - 1):find("%S") then
    return ends, (cell:gsub('""', '"'))
  elseif cell:find("\n", 1, true) then
    return #text + 1
  end
  return ends, text:sub(at, ends - 1)
end

-- The records of a table: { line =, cells, unclosed = }. Quotes may contain separators and line ends.
local function records_of(text, separator)
  local records, line, at = {}, 1, 1
  local cell_end = "[" .. separator .. "\n]"
  while at <= #text do
    local record = { line = line }
    repeat
      local ends, cell
      if text:sub(at, at) == '"' then
        ends, cell = quoted(text, at, cell_end)
        if not cell then record.unclosed, cell = line, "" end
      else
        ends = text:find(cell_end, at) or #text + 1
        cell = text:sub(at, ends - 1)
      end
      line = line + select(2, cell:gsub("\n", ""))
      record[#record + 1] = unmarked(trimmed(cell))
      at = ends + 1
    until text:sub(ends, ends) ~= separator
    line = line + 1
    records[#records + 1] = record
  end
  return records
end

-- The separator, or nil if this isn't a table.
local function separator_of(text)
  local best, most
  local first = text:match("^[^\n]*")
  for line in text:gmatch("[^\n]+") do
    if not line:find("^%s*#") then
      first = line
      break
    end
  end
  for _, separator in ipairs(SEPARATORS) do
    local _, count = first:gsub(separator, "")
    if count > 0 and (not most or count > most) then best, most = separator, count end
  end
  return best
end

local function has_word(title, words)
  for _, word in ipairs(words) do
    if title:find("%f[%w\128-\255]" .. word .. "%f[^%w\128-\255]") then
      return true
    end
  end
  return false
end

local function is_one_of(title, words)
  for _, word in ipairs(words) do
    if title == word then
      return true
    end
  end
  return false
end

-- The columns of a heading; nil if the record isn't one.
local function columns_of(record)
  local columns = { phones = {}, whole = nil, parts = {}, firm = nil }
  for position, cell in ipairs(record) do
    local title = cell:lower()
    if written_number.may_be(cell) then
      return nil
    elseif has_word(title, PHONE) and not has_word(title, NO_PHONE) then
      columns.phones[#columns.phones + 1] = position
    elseif is_one_of(title, WHOLE_NAMES) then
      columns.whole = columns.whole or position
    elseif is_one_of(title, PART_NAMES) then
      columns.parts[#columns.parts + 1] = position
    elseif is_one_of(title, FIRMS) then
      columns.firm = columns.firm or position
    end
  end
  return #columns.phones > 0 and columns or nil
end

local function filled(text)
  return text and text ~= "" and text or nil
end

local function name_of(record, columns)
  local parts = {}
  for _, position in ipairs(columns.parts) do parts[#parts + 1] = filled(record[position]) end
  return filled(record[columns.whole or 0]) or filled(table.concat(parts, " "))
    or filled(record[columns.firm or 0])
end

-- Google writes several numbers of one kind into a cell, with " ::: " between; people write "303 555 0142, or
-- 303 555 0143".
local BETWEEN = { "%s*:::%s*", "[,|\n]", " / ", " or ", " oder ", " ou ", " o ", " and ", " und ", " et ",
  " y " }

local function add_numbers(numbers, cell)
  local split, parts, are_numbers = cell, {}, true
  for _, mark in ipairs(BETWEEN) do split = split:gsub(mark, ";") end
  for part in split:gmatch("[^;]+") do
    part = trimmed(part)
    if part ~= "" then parts[#parts + 1] = part end
    are_numbers = are_numbers and (part == "" or written_number.may_be(part))
  end
  if are_numbers or cell:find(":::", 1, true) then
    table.move(parts, 1, #parts, #numbers + 1, numbers)
  else
    numbers[#numbers + 1] = cell
  end
end

-- A record that can't be read.
local function is_unclosed(list, record)
  if record.unclosed then list[#list + 1] = { line = record.unclosed, numbers = {}, unclosed = true } end
  return record.unclosed ~= nil
end

local function of_table(records, columns)
  local list = {}
  for position = 2, #records do
    local record = records[position]
    local numbers = {}
    if not is_unclosed(list, record) then
      for _, column in ipairs(columns.phones) do add_numbers(numbers, record[column] or "") end
      list[#list + 1] = {
        line = record.line, numbers = numbers, name = name_of(record, columns), exported = true,
      }
    end
  end
  return list
end

-- Without a heading: the first cell that looks like a number is the number, the others are the name.
local function of_bare_table(records)
  local list = {}
  for _, record in ipairs(records) do
    local number, name = nil, {}
    for _, cell in ipairs(record) do
      if not number and written_number.may_be(cell) then
        number = cell
      elseif cell ~= "" then
        name[#name + 1] = cell
      end
    end
    local whole = table.concat(name, " ")
    if not is_unclosed(list, record) and (number or whole ~= "" and not whole:find("^#")) then
      list[#list + 1] = {
        line = record.line, numbers = { number or record[1] }, name = number and filled(whole),
      }
    end
  end
  return list
end

-- "303 555 0142 Grace": the longest prefix that `read` accepts as a phone number.
local function split(line, is_number)
  local plain, name = line:match("^(%+%d+)%s+([^%d%s()./+,;-].*)$")
  if plain and is_number(plain) then
    return plain, name
  end
  for _, pattern in ipairs { "^(%S.-)%s%s+(.*)$", "^(%S[^,;]*)[,;]%s*(.*)$" } do
    local number, rest = line:match(pattern)
    if number and is_number(number) then
      return number, rest
    end
  end
  local words = {}
  for word in line:gmatch("%S+") do words[#words + 1] = word end
  for count = #words, 1, -1 do
    local text = table.concat(words, " ", 1, count)
    if written_number.may_be(text) and is_number(text) then
      return text, table.concat(words, " ", count + 1)
    end
  end
  -- Joe Brown +13035550142
  local before, behind = line:match("^([^%d+(]-)[%s,:;]+([%d+(][%d%s()./+-]*)$")
  if behind and is_number(behind) then
    return behind, before
  end
  -- None is: report everything that looks like one.
  if behind and not before:find("%d") then
    return behind, before
  end
  local tried = line:match("^[%d%s()./+-]*[%d)]") or words[1]
  return tried, trimmed(line:sub(#tried + 1))
end

local function of_lines(text, is_number)
  local list, n = {}, 0
  for line in (text .. "\n"):gmatch("(.-)\n") do
    n = n + 1
    -- A spreadsheet's apostrophe says that what follows is text.
    local content = trimmed(line:gsub("^%s*'([+%d(])", "%1"):gsub("^%s*#.*$", "")
      :gsub("%s%s+#%s.*$", ""):gsub("\t+#%s.*$", ""))
    if content ~= "" then
      local number, name = split(content, is_number)
      list[#list + 1] = { line = n, numbers = { number }, name = filled(name) }
    end
  end
  return list
end

---@param text string
---@param is_number fun(text: string): boolean
---@param as_table boolean the file's name says it is a table
---@return ContactLine[]
function contacts_reader.read(text, is_number, as_table)
  if text:sub(1, #BOM) == BOM then text = text:sub(#BOM + 1) end
  if text:find("\r", 1, true) then text = text:gsub("\r\n?", "\n") end
  -- Excel's own first line, which names the separator.
  local told = text:match("^[sS]ep=([,;\t])\n")
  if told then text = text:gsub("^[^\n]*", "", 1) end
  local separator = told or separator_of(text)
  local records = separator and records_of(text, separator)
  if told then table.remove(records, 1) end
  local columns = records and records[1] and not records[1].unclosed and columns_of(records[1])
  if columns then
    return of_table(records, columns)
  elseif as_table then
    return of_bare_table(records or records_of(text, ","))
  end
  return of_lines(text, is_number)
end

return contacts_reader
