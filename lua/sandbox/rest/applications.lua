-- sandbox.rest.applications: TwiML Apps, and the account itself.

local answer = require("sandbox.rest.answer")
local config = require("config")
local resource = require("sandbox.rest.resource")
local sandbox = require("models.sandbox")

local applications = {}

local FIELDS = {
  "FriendlyName", "VoiceUrl", "VoiceMethod", "VoiceFallbackUrl", "VoiceFallbackMethod", "StatusCallback",
  "StatusCallbackMethod", "VoiceCallerIdLookup", "SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod",
  "SmsStatusCallback", "MessageStatusCallback", "PublicApplicationConnectEnabled",
}

local function shape(row, api)
  local out = resource.shape(row, api, FIELDS, "Applications")
  out.voice_caller_id_lookup = row.voice_caller_id_lookup == true
  out.public_application_connect_enabled = row.public_application_connect_enabled == true
  return out
end

local function store(row, form, at)
  resource.apply(form, row, FIELDS)
  row.created_at, row.updated_at = row.created_at or at, at
  sandbox.put("application", row.friendly_name or "", row, at)
  return row
end

--- The app that browsers call through. It exists from the start, with our webhooks.
---@param at integer
---@return table row
function applications.own(at)
  local sid, base = config.get("twilio_app_sid"), config.get("server_url") or ""
  return sandbox.get("application", sid) or store({ sid = sid }, {
    FriendlyName = "Hookswitch", VoiceUrl = base .. "/api/twilio/twiml",
    VoiceFallbackUrl = config.get("fallback_url") or base .. "/api/twilio/twiml?step=fallback",
    StatusCallback = base .. "/api/twilio/status-callback",
  }, at)
end

function applications.create(api)
  local row = store({ sid = resource.new_sid("AP"), friendly_name = "New application" }, api.form, api.at)
  return answer.json(shape(row, api), 201)
end

local function with_own(handler)
  return function(api)
    applications.own(api.at)
    return handler(api)
  end
end

applications.fetch = with_own(resource.fetch("application", shape))
applications.delete = resource.delete("application")
applications.update = with_own(resource.changed("application", function(api, row)
  return answer.json(shape(store(row, api.form, api.at), api))
end))

function applications.list(api)
  applications.own(api.at)
  local name = api.query.FriendlyName
  return answer.page(api, "applications", "application", shape, function(row)
    return not name or row.friendly_name == name
  end)
end

--- GET Accounts/{Sid}.json
function applications.account(api)
  local uri = "/2010-04-01/Accounts/" .. api.account
  return answer.json {
    sid = api.account, friendly_name = "Hookswitch sandbox", status = "active", type = "Full",
    owner_account_sid = api.account, date_created = answer.date(0), date_updated = answer.date(0),
    uri = uri .. ".json",
    subresource_uris = {
      incoming_phone_numbers = uri .. "/IncomingPhoneNumbers.json", calls = uri .. "/Calls.json",
      applications = uri .. "/Applications.json", recordings = uri .. "/Recordings.json",
    },
  }
end

return applications
