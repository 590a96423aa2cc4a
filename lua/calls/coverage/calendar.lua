-- calendar.lua: spans of time as a calendar of letters, one line per day.
--
--   calendar.marks(spans)                       -> mark of each span by what it says, legend
--   calendar.lines(number, spans, marks, cell)  -> lines
--
-- Lines show wall-clock time: an hour that the clocks skip is "~", and for an hour they repeat the worse half
-- is shown.

local tz = require("tz")
local time_words = require("calls.time_words")

local calendar = {}

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
local HOUR_STEP = 3 -- hours between two numbers of the heading
local DAY_MINUTES = 24 * 60
local STEP = 5 * 60 -- seconds: every span begins and ends on a multiple
local LABEL = "  %-11s "

-- Letters rank best.
local WORSE = { ["!"] = 3, ["."] = 2, ["-"] = 1 }

local function says(span)
  return table.concat({ span.words, span.rule or "", span.source, span.error or "" }, "\1")
end

--- Letters for plans that reach a person; "." for a message only, "!" for a gap, "-" for an intended refusal.
---@param spans CoverageSpan[]
---@return table<CoverageSpan, string>
---@return { mark: string, span: CoverageSpan }[] legend each plan once
function calendar.marks(spans)
  local marks, legend, seen, letters = {}, {}, {}, 0
  for _, span in ipairs(spans) do
    local key = says(span)
    local mark = seen[key]
    if not mark then
      if span.reaches == "person" then
        letters = math.min(letters + 1, #LETTERS)
        mark = LETTERS:sub(letters, letters)
      else
        mark = span.reaches == "voicemail" and "." or span.gap and "!" or "-"
      end
      seen[key], legend[#legend + 1] = mark, { mark = mark, span = span }
    end
    marks[span] = mark
  end
  table.sort(legend, function(a, b)
    local x, y = WORSE[a.mark] or 0, WORSE[b.mark] or 0
    return x < y or x == y and a.mark < b.mark
  end)
  return marks, legend
end

local function heading(cell)
  local text = ""
  for hour = 0, 24 - HOUR_STEP, HOUR_STEP do
    text = text .. ("%-" .. HOUR_STEP * 60 // cell .. "d"):format(hour)
  end
  return LABEL:format("") .. text .. "24"
end

local function worse(before, mark)
  if not before or (WORSE[mark] or 0) > (WORSE[before] or 0) then
    return mark
  end
  return before
end

-- An empty list of days, and a function that finds a moment's day (adding it if it is new) and its cell.
local function days_of(zone, cell)
  local days, by_label = {}, {}
  return days, function(at)
    local clock = tz.local_time(zone, at)
    local label = time_words.day(zone, at)
    local day = by_label[label]
    if not day then
      day = { label = label, cells = {}, offset = clock.offset }
      by_label[label], days[#days + 1] = day, day
    end
    day.changes = day.changes or clock.offset ~= day.offset
    return day, (clock.hour * 60 + clock.min) // cell + 1
  end
end

-- On a day when the clocks change: cells without a moment, between two that have one.
local function fill_hole(day, cells)
  local first, last
  for position = 1, cells do
    if day.cells[position] then
      first, last = first or position, position
    end
  end
  for position = first or 1, last or 0 do
    day.cells[position] = day.cells[position] or "~"
  end
end

---@param number { zone: string }
---@param spans CoverageSpan[]
---@param marks table<CoverageSpan, string>
---@param cell integer minutes of a cell
---@return string[]
function calendar.lines(number, spans, marks, cell)
  local days, place = days_of(number.zone, cell)
  for _, span in ipairs(spans) do
    for at = span.from // 1000, span.to // 1000 - 1, STEP do
      local day, position = place(at)
      day.cells[position] = worse(day.cells[position], marks[span])
    end
  end
  local lines, cells = { heading(cell) }, DAY_MINUTES // cell
  for _, day in ipairs(days) do
    if day.changes then
      fill_hole(day, cells)
    end
    local text = {}
    for position = 1, cells do
      text[position] = day.cells[position] or " "
    end
    local line = LABEL:format(day.label .. (day.changes and " *" or "")) .. table.concat(text)
    lines[#lines + 1] = (line:gsub("%s+$", ""))
  end
  return lines
end

return calendar
