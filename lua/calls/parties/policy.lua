-- policy.lua: which numbers may be dialled, and why not.
--
--   policy.check(number, context?)   true, or nil, message, code
--   policy.shape(number)             the same for the number alone: is it one?
--   policy.caps(context, dial?)      true, or nil, message, code: is there room for another call?
--   policy.time_limit(context, seconds)  how long a call may last, given what is left of the day's minutes
--   policy.warning(number)           message, "undialable" for a number that can't be reached
--
-- Forwarding targets and numbers dialled in a browser are checked here before any <Dial>. The messages are
-- for the person who chose the number.

local countries = require("calls.parties.countries")
local mistake = require("calls.mistake")
local numbering = require("numbering")

---@class PolicyContext
---@field own_numbers table<string, boolean>? numbers of this account: ringing one is a loop
---@field countries table<string, boolean>? allowed ISO codes; nil allows all
---@field deny string[]? more prefixes to refuse
---@field max_live integer?
---@field reserve? fun(dial: PlannedDial): boolean reserves the leg; false: max_live is reached
---@field minutes_today number?
---@field max_minutes number?

---@class PlannedDial a telephone that is about to be dialled
---@field n integer step of the plan; 0: a call from the browser
---@field phone string
---@field seconds integer? that it rings

---@alias PolicyCode
---| "malformed" | "emergency" | "own_number" | "premium" | "country"
---| "too_many_calls" | "too_many_minutes"

local EMERGENCY = {
  ["911"] = true, ["112"] = true, ["999"] = true, ["000"] = true, ["110"] = true, ["119"] = true,
}

-- Types that cost extra. A number is refused if it can't be of any other type.
local COSTLY = {
  { numbering.GLOBAL, "satellite and international networks" },
  { numbering.PREMIUM, "premium-rate numbers" },
  { numbering.SHARED_COST, "shared-cost numbers" },
  { numbering.PERSONAL, "personal numbers" },
}
local ANY_COSTLY = 0
for _, entry in ipairs(COSTLY) do ANY_COSTLY = ANY_COSTLY | entry[1] end

local policy = {}

local function digits_only(text)
  return (text:gsub("[^%d]", ""))
end

--- "+911", "1911", "9-1-1": a short code in any spelling.
local function short_code(text)
  local digits = digits_only(text)
  if #digits == 4 and digits:sub(1, 1) == "1" then digits = digits:sub(2) end
  if #digits > 6 or digits == "" then
    return nil
  end
  return digits
end

--- The problem with a number that no country has.
local function not_a_number(number)
  if number:find("^%+1%d11") then
    return nil, number .. " begins with a service code such as 911 and cannot be dialled.", "emergency"
  elseif number:sub(1, 2) == "+1" then
    local why = #number == 12 and "area codes begin with 2 to 9."
      or ("%d digits, expected 11. Write it as +13035550142."):format(#number - 1)
    return nil, ("%s isn't a phone number: %s"):format(number, why), "malformed"
  end
  local found = countries.of(number)
  if not found then
    return nil, number .. " belongs to no country.", "country"
  end
  local where = #found > 0 and " in " .. countries.name(found[1]) or ""
  return nil, ("%s isn't a phone number%s: check its length and its first digits.")
    :format(number, where), "malformed"
end

--- Is this a phone number, and not an emergency number?
---@param number string
---@return true?
---@return string? message
---@return PolicyCode? code
function policy.shape(number)
  if #number >= 8 and #number <= 16 and number:find("^%+[1-9]%d+$") then
    if numbering.look(number) and not number:find("^%+1%d11") then
      return true
    end
    return not_a_number(number)
  end
  local _, digits = number:gsub("%d", "")
  if digits >= 4 and number:find("%a") then
    return nil, ("%s isn't a phone number: it has letters in it; write it like +13035550142.")
      :format(mistake.show(number)), "malformed"
  end
  local short = short_code(number)
  if short and (EMERGENCY[short] or short:match("^%d11$")) then
    return nil, ("%s is an emergency or service number; dial it from a telephone."):format(short), "emergency"
  elseif short and number:find("^%+") then
    return nil, ("%s isn't a phone number: it has too few digits; write it like +13035550142.")
      :format(mistake.show(number)), "malformed"
  elseif short then
    return nil, ("%s is a short code and cannot be dialled from here."):format(short), "malformed"
  end
  return nil, ("%s isn't a phone number: write it with + and country code, such as +13035550142.")
    :format(mistake.show(number)), "malformed"
end

--- The kind of a costly number, or nil. A number that begins like costly numbers only counts as one, since
--- new ranges open up.
local function costly(number)
  -- 976 is sold by local carriers of the North American plan, so the metadata doesn't have it.
  if number:find("^%+1976") or number:find("^%+1...976") then
    return "premium-rate numbers"
  elseif number:find("^%+1500555") then
    return nil -- Twilio's test numbers, which are in a range of personal ones
  end
  local _, _, types = numbering.look(number)
  local found = (types or 0) & ANY_COSTLY
  if found == 0 or (found ~= types and types & numbering.GLOBAL == 0) then
    return nil
  end
  for _, entry in ipairs(COSTLY) do
    if found & entry[1] ~= 0 then
      return entry[2]
    end
  end
end

local function check_cost(number, context)
  local what = costly(number)
  if what then
    return nil, ("%s: calls to %s are not allowed."):format(number, what), "premium"
  end
  for _, prefix in ipairs(context.deny or {}) do
    if prefix ~= "" and number:sub(1, #prefix) == prefix then
      return nil, ("%s: calls to numbers with %s are not allowed."):format(number, prefix), "premium"
    end
  end
  return true
end

local function check_country(number, allowed)
  local found = countries.of(number) or {}
  for _, country in ipairs(found) do
    if not allowed or allowed[country] then
      return true
    end
  end
  if #found == 0 then
    return nil, number .. " belongs to no country.", "country"
  end
  local where = countries.name(found[1])
  return nil, ("%s is in %s, a country this account doesn't call."):format(number, where), "country"
end

--- May this number be dialled?
---@param number any E.164
---@param context PolicyContext?
---@return true?
---@return string? message
---@return PolicyCode? code
function policy.check(number, context)
  context = context or {}
  if type(number) ~= "string" then
    return nil, mistake.show(number) .. " isn't a phone number.", "malformed"
  end
  local ok, message, code = check_cost(number, context)
  if ok then ok, message, code = policy.shape(number) end
  if ok and context.own_numbers and context.own_numbers[number] then
    return nil, number .. " is one of your own numbers: the call would come back here.", "own_number"
  end
  if ok then ok, message, code = check_country(number, context.countries) end
  if not ok then
    return nil, message, code
  end
  return true
end

--- Is there room for one more call? The leg of `dial` counts from then on.
---@param context PolicyContext
---@param dial PlannedDial? nil: nothing is dialled yet
---@return true?
---@return string? message
---@return PolicyCode? code
function policy.caps(context, dial)
  if context.max_minutes and (context.minutes_today or 0) >= context.max_minutes then
    return nil, ("today's %d minutes are used up."):format(context.max_minutes), "too_many_minutes"
  elseif dial and context.reserve and not context.reserve(dial) then
    local message = ("%d calls are under way already, which is the limit."):format(context.max_live)
    return nil, message, "too_many_calls"
  end
  return true
end

--- A call ends once it has used up the day's minutes.
---@param context PolicyContext?
---@param seconds integer the limit of every call
---@return integer seconds at least 1
function policy.time_limit(context, seconds)
  if not context or not context.max_minutes then
    return seconds
  end
  local left = math.floor((context.max_minutes - (context.minutes_today or 0)) * 60)
  return math.max(1, math.min(seconds, left))
end

--- Numbers that are valid but that no carrier connects.
---@param number string
---@param in_sandbox? boolean all its phones are fictional
---@return string? message
---@return "undialable"? code
function policy.warning(number, in_sandbox)
  local area, exchange = tostring(number):match("^%+1(%d%d%d)(%d%d%d)%d%d%d%d$")
  if not area then
    return nil
  end
  if area == "555" then
    return number .. " cannot be reached: 555 isn't an area code.", "undialable"
  elseif exchange == "555" and not in_sandbox then
    return number .. " cannot be reached: 555 numbers are reserved for directories and fiction.", "undialable"
  elseif area:match("^[01]") or exchange:match("^[01]") or exchange:match("^.11$") then
    return number .. " cannot be reached: no telephone has such a number.", "undialable"
  end
end

return policy
