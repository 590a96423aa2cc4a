-- next_turns.lua: who is on call now and next, by a rota or a calendar.
--
--   next_turns.of(read, entry, at)      -> NextTurn[], the running one first
--   next_turns.name(read, whom)         what a turn is called in the files

local time_words = require("calls.time_words")

local next_turns = {}

local MOST = 6
local BACK_DAYS = { 8, 64 } -- how far back a running turn's beginning is looked for
local DAY = 86400

---@class NextTurn
---@field person string of people.txt or groups.txt
---@field from string? "2026-01-05 08:00" on the clock of the rota's zone; nil: for months
---@field to string? nil: nobody else takes over
---@field starts_at integer? milliseconds since 1970
---@field ends_at integer?

---@param read Team
---@param whom any what a rota gives
---@return string
function next_turns.name(read, whom)
  for id, group in pairs(read.made.groups) do
    if group == whom then
      return id
    end
  end
  return whom.person
end

local function began(made, at)
  for _, days in ipairs(BACK_DAYS) do
    local last, change = nil, made:next_change(at - days * DAY)
    while change and change <= at do
      last, change = change, made:next_change(change)
    end
    if last then
      return last
    end
  end
end

---@param read Team
---@param entry TeamRota
---@param at integer seconds since 1970
---@return NextTurn[] none while the rota has mistakes
function next_turns.of(read, entry, at)
  local list, made = {}, read.made.oncall[entry.id]
  local from = made and began(made, at)
  while made and #list < MOST do
    local to = made:next_change(math.max(from or at, at))
    list[#list + 1] = {
      person = next_turns.name(read, made:at(math.max(from or at, at))),
      from = from and time_words.date_and_time(entry.zone, from), starts_at = from and from * 1000,
      to = to and time_words.date_and_time(entry.zone, to), ends_at = to and to * 1000,
    }
    from = to
    if not to then break end
  end
  return list
end

return next_turns
