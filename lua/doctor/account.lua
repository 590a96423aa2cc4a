-- doctor.account: what the Twilio account says: credentials, TwiML App,
-- and the webhooks of each number.

local applications = require("twilio.applications")
local at_twilio = require("twilio.numbers")
local config = require("config")
local numbers = require("models.numbers")
local twilio = require("twilio")
local webhooks = require("twilio.webhooks")

local account_checks = {}

local SETUP = "run `hookswitch setup`"

-- Whether it makes sense to ask more.
local function check_account(report)
  local account, message, code = twilio.request("GET", "/2010-04-01/Accounts/{AC}.json")
  if not account then
    if code == "not_configured" then
      return false -- said already
    end
    local refused = code == "twilio:20003" or code == "twilio:401"
    if config.get("sandbox") then
      report:say("failed", "account", "", "the sandbox's stand-in for Twilio doesn't answer: " .. message,
        "it is part of the server: start `hookswitch serve --sandbox`")
      return false
    end
    report:say("failed", "account", "", message, refused
      and "the SID and the token (or API key) don't belong together: copy them again from Twilio's console"
      or "check this host's connection to " .. config.get("twilio_api_base_url") .. ", and status.twilio.com")
    return false
  end
  if config.get("sandbox") then
    report:say("info", "account", "", "is the sandbox's stand-in for Twilio: no real phone can call it")
  elseif account.status ~= "active" then
    report:say("failed", "account", tostring(account.sid), "is " .. tostring(account.status),
      "see Twilio's console")
  elseif account.type == "Trial" then
    report:say("warn", "account", account.sid,
      "is a trial account: one number, and calls to verified numbers only")
  else
    report:say("ok", "account", account.sid, "is active, and Twilio accepts the credentials")
  end
  return true
end

local function first_of(differences)
  local one = differences[1]
  return ("%s is %s, not %s"):format(one.name, one.is == "" and "not set" or one.is, one.wanted)
end

local function check_application(report)
  local sid = config.get("twilio_app_sid")
  if not sid or not webhooks.base() then
    return
  end
  local found, message = applications.get(sid)
  if found == nil then
    report:say("failed", "TwiML App", sid, message)
  elseif not found then
    report:say("failed", "TwiML App", sid, "is not in the account",
      "correct TWILIO_APP_SID, or leave it out and " .. SETUP)
  else
    local differences = webhooks.differences(found, webhooks.application())
    report:say(#differences > 0 and "failed" or "ok", "TwiML App", sid,
      #differences > 0 and first_of(differences) or "points here", #differences > 0 and SETUP or nil)
  end
end

-- Calls come in by VoiceUrl; the rest is for bad days.
local VITAL = { VoiceUrl = true, VoiceMethod = true }

local function check_number(report, row, resource)
  for _, field in ipairs { "voice_application_sid", "trunk_sid" } do
    if type(resource[field]) == "string" and resource[field] ~= "" then
      report:say("failed", "number", row.phone_number,
        ("has the %s %s, so Twilio ignores its webhooks"):format(field, resource[field]),
        SETUP .. " --take-over")
      return
    end
  end
  local differences = webhooks.differences(resource, webhooks.number())
  if #differences == 0 then
    report:say("ok", "number", row.phone_number, "points here")
    return
  end
  local vital = nil
  for _, difference in ipairs(differences) do
    vital = vital or VITAL[difference.name] and difference
  end
  local message = first_of { vital or differences[1] }
  report:say(vital and "failed" or "warn", "number", row.phone_number, message, SETUP)
end

-- A number that no user has. Its callers leave a message, if Twilio calls us.
local function check_unadopted(report, phone, resource)
  local differences = webhooks.differences(resource, webhooks.number())
  local comes_here = true
  for _, difference in ipairs(differences) do
    comes_here = comes_here and not VITAL[difference.name]
  end
  report:say(comes_here and "warn" or "info", "number", phone,
    "is in the account, but no user has it here: " .. (comes_here and "callers leave the first user a message"
      or "its calls go elsewhere"),
    "give it to a user with `hookswitch sync --adopt USER`")
end

local function host_of(url)
  return (url or ""):match("^https?://([^/]*)"):lower():gsub(":%d+$", "")
end

-- What answers when SERVER_URL doesn't.
local function check_fallback(report)
  local url = config.get("fallback_url")
  if config.get("sandbox") then
    return
  elseif url and host_of(url) ~= host_of(webhooks.base()) then
    report:say("ok", "fallback", url, "is on another host")
    return
  end
  report:say("warn", "fallback", url or "",
    'is on the same host as SERVER_URL: when that is down, callers hear "an application error has occurred"',
    "set fallback_url to a TwiML Bin or another host, and " .. SETUP)
end

local function check_numbers(report)
  local list, message = at_twilio.list()
  if not list then
    report:say("failed", "numbers", "", message)
    return
  end
  if #list == 0 then
    report:say("warn", "numbers", "", "the account has none, so nobody can call",
      "buy one in the console, or at Twilio and " .. SETUP)
    report:doubt("there is no number to call")
  end
  local by_phone = at_twilio.by_phone(list)
  for _, row in ipairs(numbers.all()) do
    local resource = by_phone[row.phone_number]
    by_phone[row.phone_number] = nil
    if resource then
      check_number(report, row, resource)
    else
      report:say("failed", "number", row.phone_number, "is not in the account", "run `hookswitch sync`")
    end
  end
  for phone, resource in pairs(by_phone) do
    check_unadopted(report, phone, resource)
  end
end

---@param report DoctorReport
---@param has_database boolean whether our own numbers can be read
function account_checks.run(report, has_database)
  if not check_account(report) then
    return
  end
  check_application(report)
  if webhooks.base() then
    check_fallback(report)
  end
  if webhooks.base() and has_database then
    check_numbers(report)
  end
end

return account_checks
