-- rota.lua: who is on call, taking turns by the wall clock of a place.
--
--   ONCALL = rota.new { zone = "America/Denver", every = "week", from = "2026-01-05 08:00",
--                       JOE, ANA, SUE, ["2026-03-09..2026-03-12"] = SUE }
--   ONCALL:at(call.at)            whoever is on call: JOE; or a list, where the turn is a list's
--   ONCALL:next_change(call.at)   when someone else takes over, or nil
--
-- The first person's turn begins at `from`; turns rotate from there, and before that date too. A turn is a
-- week, a day or { days = 14 }, and ends at the same local time, summer or winter. A date (dates.lua) belongs
-- to its person regardless of turns: from that day's hand-over to the next day's.

local clock = require("calls.hours.clock")
local dates = require("calls.hours.dates")
local freeze = require("calls.freeze")
local mistake = require("calls.mistake")
local targets = require("calls.plans.targets")
local tz = require("tz")
local zone_names = require("calls.zone_names")

local TURNS = { day = 1, week = 7 }
local MOST_DAYS, MOST_PEOPLE = 366, 100
local SEARCH_DAYS = 400 -- limit for a swap's beginning and end

---@class Rota
local Rota = {}
local rota = {}

---@class RotaContent
---@field zone string
---@field people any[] what ring takes
---@field first integer number of the day of the first turn
---@field days integer of a turn
---@field hour integer of the hand-over
---@field minute integer
---@field swaps { spec: DateSpec, whom: any }[] by precedence
---@field asked integer? the last time that was asked about
---@field answer any

---@type table<Rota, RotaContent>
local content = setmetatable({}, { __mode = "k" })

local META = {
  __index = Rota,
  __newindex = function() mistake("a rota cannot be changed") end,
  __metatable = "rota",
  __call = function() mistake("ask a rota with ONCALL:at(call.at)") end,
}

setmetatable(Rota, { __index = mistake.without_fields("a rota has no", "ask it, ONCALL:at(call.at)") })

local KNOWN = { zone = true, every = true, from = true }

local MEANT = { weekly = '"week"', daily = '"day"', fortnight = "{ days = 14 }",
  biweekly = "{ days = 14 }", day = '"day"', days = '"day"', week = '"week"', weeks = '"week"' }

--- "weekly", "3 days", "2 weeks" as every has it.
local function turn_meant(every)
  local count, unit = every:lower():match("^(%d+)%s*(%a+)$")
  local unit_days = unit and ({ day = 1, days = 1, week = 7, weeks = 7 })[unit]
  local days = unit_days and unit_days * tonumber(count)
  if days and days >= 1 and days <= MOST_DAYS then
    return ("{ days = %d }"):format(days)
  end
  return MEANT[every:lower():gsub("^every%s+", "")]
end

local function days_of(every)
  local days = type(every) == "string" and TURNS[every]
  if type(every) == "table" then
    for key in pairs(every) do
      if key ~= "days" then
        mistake(("rota: every has no %s: write every = { days = 14 }"):format(mistake.show(key)))
      end
    end
    days = math.type(every.days) and math.tointeger(every.days)
  end
  local meant = not days and type(every) == "string" and turn_meant(every)
  if meant then
    mistake(("rota: every must be %s, not %s"):format(meant, mistake.show(every)))
  end
  if not days or days < 1 or days > MOST_DAYS then
    mistake(('rota: every must be "week", "day" or { days = %d }, not %s'):format(
      math.type(every) == "integer" and every > 0 and every <= MOST_DAYS and every or 14,
      type(every) == "table" and "{ days = " .. mistake.show(every.days) .. " }" or mistake.show(every)))
  end
  return days
end

--- "2026-01-05 08:00" -> number of the day, minutes since midnight.
local function beginning(text)
  local date, time = (type(text) == "string" and text or ""):match("^(%d%d%d%d%-%d%d%-%d%d)[ T](.+)$")
  local minutes = time and clock.minutes(time)
  if not minutes or minutes >= 24 * 60 then
    mistake(('rota: from is the date and time of the first hand-over, such as "2026-01-05 08:00", not %s')
      :format(mistake.show(text)))
  end
  local year, month, day = date:match("(%d+)-(%d+)-(%d+)")
  year, month, day = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  if not dates.exists(year, month, day) then mistake(("rota: %q isn't a date"):format(text)) end
  return dates.number(year, month, day), minutes
end

--- A person's entry, read-only, as ring takes it.
local function person(value, where, country)
  if value == nil then
    mistake(("rota: %s is nil: is its name misspelt?"):format(where))
  end
  local read = targets.read(value, nil, country)
  if type(value) == "string" then
    return read[1].phone or value
  elseif type(value) ~= "table" or targets.is_named(value) or next(value) == nil then
    return value
  end
  local copy = {}
  for key, each in pairs(value) do copy[key] = each end
  return freeze.sealed(copy)
end

local function refuse_conflicts(swaps)
  dates.sort(swaps)
  for i, one in ipairs(swaps) do
    for k = i + 1, #swaps do
      local other = swaps[k]
      local day = one.whom ~= other.whom and dates.conflict(one.spec, other.spec)
      if day then
        mistake(('rota: "%s" and "%s" both name %s'):format(one.spec.text, other.spec.text, day))
      end
    end
  end
end

--- The people in order, and the swaps.
local function read_entries(spec, country)
  local people, swaps, count = {}, {}, 0
  local function read(key, value)
    if math.type(key) == "integer" then
      count = math.max(count, key)
    elseif not KNOWN[key] then
      local date, why = dates.read(type(key) == "string" and key or "")
      if not date then
        local meant = mistake.nearest(key, KNOWN)
        local is_word = meant ~= "" or (type(key) == "string" and key:find("^[%a_]+$"))
        mistake(not is_word and "rota: " .. why or ("rota has no field %s%s"):format(mistake.show(key),
          meant ~= "" and meant or ": it takes every, from, zone, dates, and people by themselves: JOE, ANA"))
      end
      swaps[#swaps + 1] = { spec = date, whom = person(value, key, country) }
    end
  end
  for key, value in pairs(spec) do mistake.apart(read, key, value) end
  for i = 1, math.min(count, MOST_PEOPLE + 1) do
    people[i] = { user = "0" } -- refused with its mistake
    mistake.apart(function() people[i] = person(spec[i], ("number %d"):format(i), country) end)
  end
  if count == 0 then
    mistake('rota needs people: rota { zone = …, every = "week", from = "2026-01-05 08:00", JOE, ANA }')
  elseif count > MOST_PEOPLE then
    mistake(("rota: at most %d take turns"):format(MOST_PEOPLE))
  end
  refuse_conflicts(swaps)
  return people, swaps
end

-- What is read of a rota's table, in this order.
local READS = {
  function(own, spec)
    local zone, message = zone_names.of(spec)
    own.zone = zone or mistake("rota" .. message)
  end,
  function(own, spec, country) own.people, own.swaps = read_entries(spec, country) end,
  function(own, spec) own.days = days_of(spec.every) end,
  function(own, spec)
    local first, minutes = beginning(spec.from)
    own.first, own.hour, own.minute = first, minutes // 60, minutes % 60
  end,
}

---@param spec table
---@param country string? of numbers written without one
---@return Rota
---@return Calendar
function rota.new(spec, country)
  if type(spec) ~= "table" then
    mistake('rota needs a table: rota { zone = …, every = "week", from = …, JOE, ANA }')
  end
  local own = {}
  mistake.each(READS, function(_, read) read(own, spec, country) end)
  local self, texts = setmetatable({}, META), {}
  content[self] = own
  for i, swap in ipairs(own.swaps) do texts[i] = swap.spec.text end
  return self, {
    zone = own.zone, minutes = { own.hour * 60 + own.minute }, dates = texts,
    turns = { first = own.first, days = own.days, count = #own.people },
  }
end

--- When the turn of a day begins: the number of a day -> seconds since 1970.
local function hand_over(own, number)
  local day = dates.of_number(number)
  return (tz.instant(own.zone, {
    year = day.year, month = day.month, day = day.day, hour = own.hour, min = own.minute, sec = 0,
  }))
end

--- The current turn's day: yesterday until the hand-over.
local function day_at(own, at)
  local now = tz.local_time(own.zone, at)
  local number = dates.number(now.year, now.month, now.day)
  return at < hand_over(own, number) and number - 1 or number
end

local function whom(own, number)
  if #own.swaps > 0 then
    local day = dates.of_number(number)
    for _, swap in ipairs(own.swaps) do
      if swap.spec.holds(day) then
        return swap.whom
      end
    end
  end
  return own.people[(number - own.first) // own.days % #own.people + 1]
end

local function mine(self, method)
  local own = content[self]
  if not own then mistake(("%s is a method of a rota: ONCALL:%s(call.at)"):format(method, method)) end
  return own
end

---@param at integer seconds since 1970
---@return any whoever is on call
function Rota:at(at)
  local own = mine(self, "at")
  at = clock.seconds(at, "at")
  -- Many rules ask about the same call: keep the last answer.
  if own.asked ~= at then
    own.answer = whom(own, day_at(own, at))
    own.asked = at
  end
  return own.answer
end

---@param at integer seconds since 1970
---@return integer? at when someone else takes over; nil: never
function Rota:next_change(at)
  local own = mine(self, "next_change")
  local today = day_at(own, clock.seconds(at, "next_change"))
  local now = whom(own, today)
  for number = today + 1, today + own.days * #own.people + SEARCH_DAYS do
    if whom(own, number) ~= now then
      return hand_over(own, number)
    end
  end
end

return rota
