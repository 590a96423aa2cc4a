-- text_back.lua: whether a caller whom nobody talked to gets the plan's text.
--
--   text_back.refusal(about)   -> nil: send it; else a short word that says why not
--
-- Rules write the text and this module decides, so no rule can text a stranger
-- twice, a hidden number or another country.

local caller = require("calls.parties.caller")
local numbering = require("numbering")
local policy = require("calls.parties.policy")

---@class TextPast
---@field talked boolean someone talked to the caller since
---@field texted boolean the caller was texted a short time ago
---@field refused boolean the caller's phone has refused a text
---@field today integer texts of the called number within a day

---@class AboutText
---@field from string the caller
---@field number table? row of the called number
---@field blocked boolean
---@field policy PolicyContext?
---@field past TextPast
---@field age_ms integer since the call ended
---@field daily_cap integer texts of a number a day

local text_back = {}

text_back.TOO_LATE_MS = 30 * 60 * 1000

-- Numbers of this kind are answered by switchboards.
local function is_toll_free(number)
  local _, _, types = numbering.look(number)
  return types == numbering.TOLL_FREE
end

local function number_refuses(number)
  local capabilities = type(number.capabilities) == "table" and number.capabilities or {}
  return number.is_active == false or capabilities.sms == false or capabilities.SMS == false
end

local function caller_refuses(about)
  if about.blocked then
    return "blocked"
  elseif is_toll_free(about.from) then
    return "toll_free"
  end
  local ok, _, code = policy.check(about.from, about.policy)
  return not ok and code or nil
end

---@param about AboutText
---@return string? reason
function text_back.refusal(about)
  local past = about.past
  if caller.classify(about.from).kind ~= "phone" then
    return "no_number"
  elseif about.daily_cap == 0 then
    return "switched_off"
  elseif not about.number or number_refuses(about.number) then
    return "no_sms"
  elseif about.age_ms > text_back.TOO_LATE_MS then
    return "too_late"
  elseif past.talked then
    return "talked"
  elseif past.refused then
    return "phone_refuses"
  elseif past.texted then
    return "texted_before"
  elseif past.today >= about.daily_cap then
    return "daily_cap"
  end
  return caller_refuses(about)
end

return text_back
