-- now_words.lua: what happens to a call that comes in now, as a sentence.
--
--   now_words.text(now, at)   "Rule "nights": rings Joe (+1303…) for 20 s, then takes a message."
--   now_words.report(list)    the same for each number, for a terminal

local time_words = require("calls.time_words")

local now_words = {}

local DOES = {
  voicemail = "takes a message", say = "says something", play = "plays a recording",
  reject = "rejects the call", hangup = "hangs up", menu = "offers a menu",
  twiml = "follows the rule's own TwiML",
}
local STATES = { offline = "offline", refused = "not allowed" }
local DAY_MS, FAR_MS = 24 * 3600 * 1000, 6 * 24 * 3600 * 1000

--- "15:00", "Mon 08:00" or "Mon 30 Nov 08:00".
---@param at integer milliseconds
---@param now integer milliseconds
---@param zone string
---@return string
function now_words.moment(at, now, zone)
  local clock, day = time_words.clock(zone, at // 1000), time_words.day(zone, at // 1000)
  if at - now < DAY_MS and day == time_words.day(zone, now // 1000) then
    return clock
  end
  return (at - now < FAR_MS and day:match("^%a+") or day) .. " " .. clock
end

local function rings_by_target(now)
  local by_target = {}
  for _, one in ipairs(now.rings) do by_target[one.target] = one end
  return by_target
end

local function target_words(target, rings)
  local one = rings[target] or { target = target }
  local shown = target:gsub("^user:", "the browser of ")
  if one.name then
    shown = target:find("^user:") and one.name .. "'s browser" or ("%s (%s)"):format(one.name, target)
  end
  local state = STATES[one.state]
  return state and ("%s [%s]"):format(shown, state) or shown
end

-- "ring +13035550142 user:42 20 s > voicemail" as people say it.
local function does(now)
  local rings, parts = rings_by_target(now), {}
  for step in (now.words .. " > "):gmatch("(.-) > ") do
    local targets, seconds = step:match("^ring (.-) (%d+) s$")
    if targets then
      local names = {}
      for target in targets:gmatch("%S+") do names[#names + 1] = target_words(target, rings) end
      parts[#parts + 1] = ("rings %s for %s s"):format(table.concat(names, " and "), seconds)
    else
      parts[#parts + 1] = DOES[step] or step
    end
  end
  return table.concat(parts, ", then ")
end

local function by_words(found)
  return found.author and " by " .. found.author or ""
end

local function until_words(found, now, at)
  local ends_at = found.ends_at
  return ends_at and " until " .. now_words.moment(ends_at, at, now.zone) or ""
end

local HEADS = {
  rules = function(now) return ('Rule "%s": '):format(now.rule) end,
  inactive = function() return "The number is switched off: " end,
  blocked = function() return "" end,
  unadopted = function() return "The number has no owner: " end,
}

function HEADS.override(now, at)
  local found = now.override
  local note = found.note ~= "" and (' "%s"'):format(found.note) or ""
  return ("Override%s%s%s, the rules aren't asked: "):format(note, by_words(found),
    until_words(found, now, at))
end

function HEADS.settings(now, at)
  local found = now.setting
  if not found then
    return "Forwarding settings: "
  end
  return ("Forwarding set%s%s: "):format(by_words(found), until_words(found, now, at))
end

function HEADS.fallback(now)
  return ("The rules fail (%s), the settings decide: "):format(tostring(now.error))
end

-- Who isn't rung: " Joe is away until Mon 08:00."
local function away_words(now, at)
  local parts, seen = {}, {}
  for _, one in ipairs(now.rings) do
    local who = one.name or one.target:gsub("^user:", "")
    local text = one.state == "away" and (" %s is away until %s."):format(who,
      now_words.moment(one.ends_at, at, now.zone))
    if text and not seen[text] then seen[text], parts[#parts + 1] = true, text end
  end
  return table.concat(parts)
end

---@param now NumberNow
---@param at integer milliseconds
---@return string
function now_words.text(now, at)
  return ("%s%s.%s"):format(HEADS[now.source](now, at), does(now), away_words(now, at))
end

---@param list NumberNow[]
---@return string
function now_words.report(list)
  local lines = {}
  for _, now in ipairs(list) do
    local name = now.friendly_name ~= now.phone_number and now.friendly_name or ""
    lines[#lines + 1] = ("%s %s"):format(now.phone_number, name):match("^(.-) ?$")
    lines[#lines + 1] = "  " .. now.text
    for _, one in ipairs(now.unused) do lines[#lines + 1] = "  " .. one.text end
  end
  return #lines > 0 and table.concat(lines, "\n") or "No phone number yet."
end

return now_words
