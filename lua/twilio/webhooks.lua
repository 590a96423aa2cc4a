-- twilio.webhooks: the addresses that Twilio is told to call.
--
--   webhooks.number()        parameters of a phone number
--   webhooks.application()   parameters of the TwiML App
--   webhooks.message(call_sid)
--   webhooks.differences(resource, wanted)
--
-- SERVER_URL is their only base. The fallback is asked for when the first
-- address fails in the middle of a call: another host when one is configured,
-- else ours with step=fallback, which does not start the call all over.

local config = require("config")

local webhooks = {}

local VOICE, STATUS, FALLBACK = "/api/twilio/twiml", "/api/twilio/status-callback", "?step=fallback"
local MESSAGE = "/api/twilio/message-callback?call_sid="

--- SERVER_URL; nil when it is not set.
---@return string?
function webhooks.base()
  return config.get("server_url")
end

--- Where calls come in.
---@return string
function webhooks.voice_url()
  return (webhooks.base() or "") .. VOICE
end

--- Where Twilio reports what became of the text after a call; nil without SERVER_URL.
---@param call_sid string
---@return string?
function webhooks.message(call_sid)
  return webhooks.base() and webhooks.base() .. MESSAGE .. call_sid
end

local function common()
  return {
    VoiceUrl = webhooks.voice_url(),
    VoiceMethod = "POST",
    VoiceFallbackUrl = config.get("fallback_url") or webhooks.voice_url() .. FALLBACK,
    VoiceFallbackMethod = "POST",
    StatusCallback = webhooks.base() .. STATUS,
    StatusCallbackMethod = "POST",
  }
end

--- What a phone number of ours is set to.
---@return table<string, string>
function webhooks.number()
  return common()
end

--- What the TwiML App, through which browsers call, is set to.
---@return table<string, string>
function webhooks.application()
  return common()
end

-- VoiceFallbackUrl → voice_fallback_url
local function field_of(name)
  return (name:gsub("%u", function(letter) return "_" .. letter:lower() end):sub(2))
end

--- Which of the wanted parameters a resource does not have, as Twilio's own names in order.
---@param resource table as Twilio answered it
---@param wanted table<string, string>
---@return { name: string, is: string, wanted: string }[]
function webhooks.differences(resource, wanted)
  local list = {}
  for name, value in pairs(wanted) do
    local is = resource[field_of(name)]
    if type(is) ~= "string" then
      is = ""
    end
    if is ~= value then
      list[#list + 1] = { name = name, is = is, wanted = value }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return webhooks
