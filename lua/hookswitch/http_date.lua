-- hookswitch.http_date: the dates of HTTP headers and of Twilio's answers.
--
--   http_date.read("Sun, 22 Nov 2026 09:30:00 GMT")    1795339800
--   http_date.read("Sun, 22 Nov 2026 09:30:00 +0000")  the same
--   http_date.reported(text, now)                      milliseconds: when something reported now happened

local instant = require("hookswitch.instant")

local http_date = {}

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10,
  Nov = 11, Dec = 12 }

---@param text string
---@return integer? seconds since 1970; nil for anything else
function http_date.read(text)
  local day, month, year, hour, minute, second, zone =
    text:match("^%a%a%a, (%d%d?) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) (%S+)$")
  if not day or not MONTHS[month] or (zone ~= "GMT" and zone ~= "+0000") then
    return nil
  end
  local at = instant.of(tonumber(year), MONTHS[month], tonumber(day), tonumber(hour), tonumber(minute),
    tonumber(second), 0)
  return at // 1000
end

local OLDEST_MS, CLOCKS_DIFFER_MS = 24 * 3600 * 1000, 10 * 60 * 1000

--- When something happened that is reported now: the reporter's time where it can be true, else ours. A
--- report may be late by a day, and the reporter's clock ahead of ours by minutes.
---@param text string?
---@param now integer milliseconds
---@return integer milliseconds
function http_date.reported(text, now)
  local seconds = text and #text < 40 and http_date.read(text)
  local at = seconds and seconds * 1000
  return at and at > now - OLDEST_MS and at < now + CLOCKS_DIFFER_MS and at or now
end

return http_date
