-- team_words.lua: what the hours and rotas beside the rules said at a moment, for people.
--
--   team_words.lines(source, text, country, at)
--     { "open: office until Mon 23 Nov 17:00 America/Denver", "on call: nights, joe until …" }, of those
--     that rules name; on a date with hours of its own "closed: office (12-24: 08:00-12:00) until …"

local hours = require("calls.hours.hours")
local next_turns = require("calls.report.next_turns")
local team_beside = require("calls.team.beside")
local time_words = require("calls.time_words")

local team_words = {}

local MOST = 10

local function until_words(made, zone, at)
  local change = made:next_change(at)
  return change
    and (" until %s %s %s"):format(time_words.day(zone, change), time_words.clock(zone, change), zone) or ""
end

-- Why the weekday's hours don't apply: the holiday, or the line of hours.txt.
local function date_words(entry, made, at)
  local date, holiday = hours.date_at(made, at)
  if holiday then
    return (" (%s)"):format(holiday)
  end
  for _, day in ipairs(entry.dates) do
    if day.date == date then
      return (" (%s: %s)"):format(date, #day.ranges > 0 and table.concat(day.ranges, ", ") or "closed")
    end
  end
  return ""
end

---@param source string the rules
---@param text fun(name: string): string? of a file beside them
---@param country string? the setting
---@param at integer seconds since 1970
---@return string[]
function team_words.lines(source, text, country, at)
  local read, lines = team_beside.read(source, text, country), {}
  local function named(id)
    return #lines < MOST
      and (source:find('"' .. id .. '"', 1, true) or source:find("'" .. id .. "'", 1, true))
  end
  for _, entry in ipairs(read.hours) do
    local made = read.made.hours[entry.id]
    if made and named(entry.id) then
      lines[#lines + 1] = ("%s: %s%s%s"):format(made:open_at(at) and "open" or "closed", entry.id,
        date_words(entry, made, at), until_words(made, entry.zone, at))
    end
  end
  for _, entry in ipairs(read.oncall) do
    local made = read.made.oncall[entry.id]
    if made and named(entry.id) then
      lines[#lines + 1] = ("on call: %s, %s%s"):format(entry.id, next_turns.name(read, made:at(at)),
        until_words(made, entry.zone, at))
    end
  end
  return lines
end

return team_words
