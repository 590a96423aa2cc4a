-- contacts.lua: lists of phone numbers in files beside the rules.
--
--   contacts.read(text, name, country)   a read-only table: list["+13035550188"] is the name, or true
--
-- contacts_reader.lua knows the formats. Entries that can't be numbers are refused with their line and the
-- reason, all at once.

local contacts_reader = require("calls.rules.contacts_reader")
local file_kind = require("calls.source.file_kind")
local freeze = require("calls.freeze")
local mistake = require("calls.mistake")
local written_number = require("calls.parties.written_number")

local MOST_TOLD = 20

local contacts = {}

-- Why a cell isn't a number; spreadsheets spoil numbers in their own ways.
local function why_not(text, message)
  if text:find("^%d[.,]%d+[eE]%+?%d+$") then
    return ("a spreadsheet has cut the number off to %s: format the column as text")
      :format(mistake.show(text))
  end
  return message
end

--- Do these share a phone?
local function is_among(names, name)
  return (", " .. names .. ", "):find(", " .. name .. ", ", 1, true) ~= nil
end

local function tell(name, problems)
  local told = {}
  for i = 1, math.min(#problems, MOST_TOLD) do
    told[i] = ("%s:%d: %s"):format(name, problems[i].line, problems[i].message)
  end
  mistake(table.concat(told, "\n") .. (#problems > MOST_TOLD and
    ("\n%s: and %d more"):format(name, #problems - MOST_TOLD) or ""))
end

---@param text string
---@param name string the file's name, for messages
---@param country string? of numbers written without one
---@return table<string, string|true>
function contacts.read(text, name, country)
  local entries, lines, problems = {}, {}, {}
  local read = {} -- numbers that the reader has tried
  local function is_number(part)
    read[part] = written_number.read(part, country)
    return read[part] ~= nil
  end
  local function add(contact, written)
    local number, message = read[written], nil
    if not number then number, message = written_number.read(written, country) end
    if not number then
      problems[#problems + 1] = { line = contact.line, message = why_not(written, message) }
    elseif entries[number] and not contact.exported then
      problems[#problems + 1] = { line = contact.line,
        message = ("%s is there twice, also on line %d"):format(number, lines[number]) }
    elseif not entries[number] or entries[number] == true then
      entries[number], lines[number] = contact.name or true, contact.line
    elseif contact.name and not is_among(entries[number], contact.name) then
      entries[number] = entries[number] .. ", " .. contact.name
    end
  end
  local kind_line, kind_message = file_kind.fault(text)
  if text:find("^%s*[bB][eE][gG][iI][nN]:[vV][cC][aA][rR][dD]") then
    kind_line, kind_message = 1, "this is a vCard: export the contacts as CSV"
  end
  if kind_line then tell(name, { { line = kind_line, message = kind_message } }) end
  for _, contact in ipairs(contacts_reader.read(text, is_number, name:find("%.csv$") ~= nil)) do
    for _, written in ipairs(contact.numbers) do add(contact, written) end
    if contact.unclosed then
      problems[#problems + 1] = { line = contact.line,
        message = 'a quote isn\'t closed: end the cell with ", and write "" for a quote within it' }
    end
  end
  if #problems > 0 then tell(name, problems) end
  local step = freeze.stepper(entries)
  return setmetatable({}, {
    __index = entries,
    __newindex = function() mistake(("contacts: %s is changed by editing the file"):format(name)) end,
    __pairs = function(list) return step, list, nil end,
    __metatable = "contacts",
  })
end

return contacts
