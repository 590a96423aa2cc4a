-- words.lua: coverage as calendars on a terminal.
--
--   coverage_words.report(found, columns)   -> text, 80 to 120 columns wide
--
-- One line per day, a letter for each plan that reaches a person, "." where callers can only leave a message,
-- "!" where they can't even do that. Classes of callers treated alike share a calendar.

local calendar = require("calls.coverage.calendar")
local replay_words = require("calls.replay.words")
local time_words = require("calls.time_words")

local coverage_words = {}

local WIDE = 112 -- columns of a calendar with a cell every quarter of an hour

-- Spans as a text, to compare classes.
local function signature(spans)
  local parts = {}
  for position, span in ipairs(spans) do
    local said = { span.from, span.words, span.rule or "", span.source, tostring(span.gap) }
    parts[position] = table.concat(said, "\1")
  end
  return table.concat(parts, "\2")
end

-- { { title, spans } }: the classes, those treated alike joined.
local function groups(number)
  local by_signature, order = {}, {}
  for _, class in ipairs(number.classes) do
    local key = signature(class.spans)
    local group = by_signature[key]
    if not group then
      group = { names = {}, spans = class.spans }
      by_signature[key], order[#order + 1] = group, group
    end
    group.names[#group.names + 1] = class.class
  end
  for _, group in ipairs(order) do
    local last = table.remove(group.names)
    local others = #group.names > 0 and table.concat(group.names, ", ") .. " and " or ""
    group.title = others .. last .. " callers"
  end
  return order
end

local function by(span)
  local words = replay_words.by(span)
  return span.error and ("%s: %s"):format(words, span.error) or words
end

local function change_words(number)
  local lines = {}
  for position, change in ipairs(number.dst) do
    local at = change.at // 1000
    local hours = math.abs(change.to_offset - change.from_offset) / 3600
    lines[position] = ("  * %s: the clocks go %s by %g h, to %s"):format(time_words.day(number.zone, at - 1),
      change.to_offset > change.from_offset and "forward" or "back", hours, time_words.clock(number.zone, at))
  end
  return lines
end

local function append(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

-- "Mon 23 Nov 18:00 - 22:00", or with both days.
local function range(zone, from, to)
  local first, last = time_words.day(zone, from), time_words.day(zone, to)
  return ("%s %s - %s%s"):format(first, time_words.clock(zone, from), first ~= last and last .. " " or "",
    time_words.clock(zone, to))
end

local MOST_GAPS = 20

local function gap_lines(number, spans)
  local lines, count = {}, 0
  for _, span in ipairs(spans) do
    if span.gap then
      count = count + 1
      lines[#lines + 1] = count <= MOST_GAPS and ("  ! %s: %s (%s)"):format(
        range(number.zone, span.from // 1000, span.to // 1000), span.words, by(span)) or nil
    end
  end
  if count > MOST_GAPS then
    lines[#lines + 1] = ("  ! and %d more"):format(count - MOST_GAPS)
  end
  return lines
end

local function group_lines(number, group, columns)
  local lines, spans = { "", group.title }, group.spans
  if #spans == 1 then
    lines[#lines + 1] = ("  always: %s (%s)%s"):format(spans[1].words, by(spans[1]),
      spans[1].gap and "  ! nobody is reached" or "")
    return lines
  end
  local cell = columns >= WIDE and 15 or 30
  local marks, legend = calendar.marks(spans)
  append(lines, calendar.lines(number, spans, marks, cell))
  for _, entry in ipairs(legend) do
    lines[#lines + 1] = ("  %s  %s (%s)"):format(entry.mark, entry.span.words, by(entry.span))
  end
  append(lines, gap_lines(number, spans))
  return lines
end

---@param found table from models.coverage
---@param columns integer of the terminal
---@return string
function coverage_words.report(found, columns)
  if #found.numbers == 0 then
    return "No numbers yet."
  end
  local lines = {}
  for position, number in ipairs(found.numbers) do
    local name = number.friendly_name ~= "" and number.friendly_name ~= number.phone_number
      and "  " .. number.friendly_name or ""
    append(lines, position > 1 and { "", "" } or {})
    lines[#lines + 1] = ("%s%s  %s  (%s)"):format(number.phone_number, name,
      range(number.zone, found.from // 1000, found.to // 1000), number.zone)
    append(lines, change_words(number))
    for _, group in ipairs(groups(number)) do
      append(lines, group_lines(number, group, columns))
    end
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = (". only a message can be left   ! nobody is reached, and no message can be left\n"
    .. "Assumes browsers %s, free lines, and lookups without an answer.")
    :format(found.online and "online" or "offline")
  return table.concat(lines, "\n")
end

return coverage_words
