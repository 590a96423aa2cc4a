-- api/calls_csv.lua: the call log as a table for spreadsheets: for programs, with
-- the fields of the API, or for people, with headings, names and plain local times.

local call_words = require("calls.report.call_words")
local contacts = require("models.contacts")
local csv = require("api.csv")
local csv_words = require("api.csv_words")
local instant = require("hookswitch.instant")
local json = require("json")
local numbers = require("models.numbers")

local calls_csv = {}

local BOM = "\xEF\xBB\xBF"
local TIMES = { "started_at", "answered_at", "ended_at" }
local FIELDS = { "call_sid", "direction", "from", "to", "status", "started_at", "answered_at", "ended_at",
  "duration", "price", "price_unit", "end_reason", "recording_sid", "rule_version" }
local HEADINGS = { "Date", "Time", "Direction", "Name", "Number", "Our number", "Outcome", "Length",
  "Answered", "Ended", "Price", "Currency", "Message", "Call SID" }

local function plain(row, zone)
  for _, field in ipairs(TIMES) do
    row[field] = row[field] and instant.text(row[field], zone)
  end
  return row
end

-- "2026-11-22" and "09:30:05", which spreadsheets can read.
local function local_time(at, zone)
  if not at then
    return nil, nil
  end
  return instant.text(at, zone):match("^(.-)T(%d%d:%d%d:%d%d)")
end

local function length(seconds)
  return seconds and ("%d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60)
end

-- The headings in the reader's language.
local function headings(word)
  local row = {}
  for _, heading in ipairs(HEADINGS) do
    row[heading] = word(heading == "Answered" and "Answered|when" or heading)
  end
  return row
end

local function for_people(row, zone, names, word)
  local inbound = row.direction == "inbound"
  local other, ours = inbound and row.from or row.to, inbound and row.to or row.from
  local date, time = local_time(row.started_at, zone)
  local _, answered = local_time(row.answered_at, zone)
  local _, ended = local_time(row.ended_at, zone)
  return {
    Date = date, Time = time, Direction = word(inbound and "Incoming" or "Outgoing"),
    Name = names[other], Number = call_words.address(other, word),
    ["Our number"] = names[ours] or call_words.address(ours, word),
    Outcome = call_words.outcome(row, word), Length = length(row.duration),
    Answered = answered, Ended = ended,
    Price = row.price, Currency = row.price and row.price_unit, ["Call SID"] = row.call_sid,
    Message = row.outcome == "message" and row.recording_sid and word("yes") or nil,
  }
end

-- The names of everyone on these calls; our own numbers by their friendly names.
local function names_of(user_id, rows)
  local all, seen = json.array {}, {}
  for _, row in ipairs(rows) do
    for _, address in ipairs { row.from, row.to } do
      if not seen[address] then
        seen[address], all[#all + 1] = true, address
      end
    end
  end
  local names = contacts.names(user_id, all)
  for _, number in ipairs(numbers.list(user_id)) do
    local phone, name = number.phone_number, number.friendly_name
    names[phone] = name ~= "" and name or names[phone]
  end
  return names
end

--- A piece of the table.
---@param user_id string
---@param rows table[] of models.call_log
---@param options { zone: string, style: "fields"|"people", language: string, bom: boolean?, begins: boolean }
--- begins: the first
---@return string
function calls_csv.text(user_id, rows, options)
  local people = options.style == "people"
  local names, word = people and names_of(user_id, rows), csv_words.of(options.language)
  local list = { people and options.begins and headings(word) or nil }
  for _, row in ipairs(rows) do
    list[#list + 1] = people and for_people(row, options.zone, names, word) or plain(row, options.zone)
  end
  local text = people and csv.lines(HEADINGS, list)
    or options.begins and csv.write(FIELDS, list) or csv.lines(FIELDS, list)
  return options.begins and options.bom and BOM .. text or text
end

return calls_csv
