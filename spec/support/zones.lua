-- zones.lua: the module `tz` for specs: the native one when it is built, else a
-- stand-in that knows a few zones by their rules of today.
local native = os.getenv("HS_NATIVE")
if native and package.loadlib(native, "luaopen_native") then
  package.loadlib(native, "luaopen_native")()
  package.loaded.tz = nil
  return require("tz")
end

local DAY = 86400

--- Days since 1970 of a date.
local function days(year, month, day)
  local y = month <= 2 and year - 1 or year
  local era = y // 400
  local doy = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  local yoe = y - era * 400
  return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
end

local function weekday(day_number)
  return (day_number + 3) % 7 + 1
end

--- The n-th Sunday of a month; n = 0 is the last.
local function sunday(year, month, n)
  if n == 0 then
    local last = days(month == 12 and year + 1 or year, month % 12 + 1, 1) - 1
    return last - weekday(last) % 7
  end
  local first = days(year, month, 1)
  return first + (7 - weekday(first)) % 7 + 7 * (n - 1)
end

local function american(standard)
  return function(year)
    return sunday(year, 3, 2) * DAY + 2 * 3600 - standard,
      sunday(year, 11, 1) * DAY + 2 * 3600 - standard - 3600
  end
end

local function european(year)
  return sunday(year, 3, 0) * DAY + 3600, sunday(year, 10, 0) * DAY + 3600
end

local ZONES = {
  UTC = { offset = 0 },
  ["Asia/Kolkata"] = { offset = 19800 },
  ["America/Denver"] = { offset = -25200, summer = american(-25200) },
  ["America/New_York"] = { offset = -18000, summer = american(-18000) },
  ["Europe/London"] = { offset = 0, summer = european },
}

local tz = {}

local function civil(day_number)
  local z = day_number + 719468
  local era = z // 146097
  local doe = z - era * 146097
  local yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
  local doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
  local mp = (5 * doy + 2) // 153
  local month = mp + (mp < 10 and 3 or -9)
  return yoe + era * 400 + (month <= 2 and 1 or 0), month, doy - (153 * mp + 2) // 5 + 1
end

local function offset_at(name, at)
  local zone = ZONES[name]
  if not zone.summer then return zone.offset, false end
  local from, to = zone.summer((civil(at // DAY)))
  local dst = at >= from and at < to
  return zone.offset + (dst and 3600 or 0), dst
end

function tz.exists(name)
  if ZONES[name] then return true end
  return nil, ('there is no time zone "%s"'):format(name), "unknown_zone"
end

function tz.local_time(name, at)
  local offset, dst = offset_at(name, at)
  local wall = at + offset
  local year, month, day = civil(wall // DAY)
  return {
    year = year, month = month, day = day, hour = wall % DAY // 3600, min = wall % 3600 // 60,
      sec = wall % 60,
    weekday = weekday(wall // DAY), offset = offset, dst = dst, abbr = "",
  }
end

function tz.instant(name, t)
  local wall = days(t.year, t.month, t.day) * DAY + (t.hour or 0) * 3600 + (t.min or 0) * 60 + (t.sec or 0)
  local before, after = offset_at(name, wall - DAY), offset_at(name, wall + DAY)
  if offset_at(name, wall - before) == before then return wall - before end
  if offset_at(name, wall - after) == after then return wall - after end
  return wall - before
end

function tz.next_change(name, at)
  local zone = ZONES[name]
  if not zone.summer then return nil end
  for year = (civil(at // DAY)), (civil(at // DAY)) + 1 do
    for _, change in ipairs({ zone.summer(year) }) do
      if change > at then return change end
    end
  end
end

package.loaded.tz = tz
return tz
