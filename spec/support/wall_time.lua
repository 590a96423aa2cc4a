-- wall_time.lua: "2026-03-09 09:30" as the clocks of a zone show it (Denver, if none is named), as seconds
-- since 1970.
dofile("spec/support/native.lua")
local tz = require("tz")

return function(text, zone)
  local year, month, day, hour, min = text:match("^(%d+)-(%d+)-(%d+) (%d+):(%d+)$")
  return (tz.instant(zone or "America/Denver", {
    year = math.tointeger(year), month = math.tointeger(month), day = math.tointeger(day),
    hour = math.tointeger(hour), min = math.tointeger(min), sec = 0,
  }))
end
