-- sandbox.rest.numbers: AvailablePhoneNumbers and IncomingPhoneNumbers.

local answer = require("sandbox.rest.answer")
local inventory = require("sandbox.rest.inventory")
local json = require("json")
local resource = require("sandbox.rest.resource")
local sandbox = require("models.sandbox")

local numbers = {}

local FIELDS = {
  "FriendlyName", "VoiceUrl", "VoiceMethod", "VoiceFallbackUrl", "VoiceFallbackMethod", "StatusCallback",
  "StatusCallbackMethod", "VoiceCallerIdLookup", "VoiceApplicationSid", "TrunkSid", "AddressSid", "BundleSid",
  "IdentitySid", "SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod", "SmsApplicationSid",
  "EmergencyAddressSid",
}
local DEFAULT_OFFERS = 20
local MOST_OFFERS = 1000
-- Numbers that Twilio's own test credentials react to.
local MAGIC = { ["+15005550000"] = 21422, ["+15005550001"] = 21421 }

local function capabilities()
  return { voice = true, sms = true, mms = true, fax = false }
end

local function shape(row, api)
  local out = resource.shape(row, api, FIELDS, "IncomingPhoneNumbers")
  out.phone_number, out.type = row.phone_number, (row.type or "Local"):lower():gsub("tollfree", "toll free")
  out.address_requirements = row.address_requirements or "none"
  out.voice_caller_id_lookup = row.voice_caller_id_lookup == true
  out.capabilities, out.beta, out.origin, out.status = capabilities(), false, "twilio", "in-use"
  out.voice_receive_mode, out.emergency_status = "voice", "Inactive"
  out.emergency_address_status = "unregistered"
  return out
end

local function offer_shape(offer)
  return {
    phone_number = offer.phone_number, friendly_name = offer.friendly_name, iso_country = offer.country,
    locality = answer.null(offer.locality), region = answer.null(offer.region),
    postal_code = answer.null(offer.postal_code),
    rate_center = answer.null(offer.locality and offer.locality:upper()),
    latitude = answer.null(offer.latitude), longitude = answer.null(offer.longitude), lata = json.null,
    address_requirements = offer.address_requirements, beta = false,
    capabilities = { voice = true, SMS = true, MMS = true, fax = false },
  }
end

--- GET AvailablePhoneNumbers/{CC}/{Local|Mobile|TollFree}.json
function numbers.available(api)
  local country, kind = api.params.country, api.params.sid
  if not inventory.COUNTRIES[country] or not (kind == "Local" or kind == "Mobile" or kind == "TollFree") then
    return answer.error(404, 20404, api.path)
  end
  local area = api.query.AreaCode
  if area and not area:find("^%d%d%d$") then
    return answer.error(400, 21451, area)
  end
  local limit = math.tointeger(tonumber(api.query.PageSize or "")) or DEFAULT_OFFERS
  limit = math.max(1, math.min(limit, MOST_OFFERS))
  local list = json.array {}
  for position, offer in ipairs(inventory.search(country, kind, api.query, sandbox.names("number"), limit)) do
    list[position] = offer_shape(offer)
  end
  return answer.json { available_phone_numbers = list, uri = api.path }
end

--- GET AvailablePhoneNumbers.json
function numbers.countries(api)
  local list, codes = json.array {}, {}
  for code in pairs(inventory.COUNTRIES) do
    codes[#codes + 1] = code
  end
  table.sort(codes)
  for position, code in ipairs(codes) do
    local uri = ("/2010-04-01/Accounts/%s/AvailablePhoneNumbers/%s"):format(api.account, code)
    list[position] = {
      country_code = code, country = inventory.COUNTRIES[code], beta = false, uri = uri .. ".json",
      subresource_uris = { ["local"] = uri .. "/Local.json", toll_free = uri .. "/TollFree.json",
        mobile = uri .. "/Mobile.json" },
    }
  end
  return answer.json { countries = list, uri = api.path }
end

-- The offer that a purchase names, or nil and Twilio's code.
local function wanted(form)
  local number, area = form.PhoneNumber, form.AreaCode
  if not number and area then
    if not area:find("^%d%d%d$") then
      return nil, 21451, area
    end
    local offer = inventory.search("US", "Local", { AreaCode = area }, sandbox.names("number"), 1)[1]
      or inventory.search("CA", "Local", { AreaCode = area }, sandbox.names("number"), 1)[1]
    return offer, 21452, area
  end
  number = (number or ""):gsub("[%s().-]", "")
  if MAGIC[number] then
    return nil, MAGIC[number], number
  elseif not number:find("^%+[1-9]%d%d%d%d%d%d+$") or #number > 16 then
    return nil, 21421, form.PhoneNumber
  end
  return inventory.find(number), 21422, number
end

local function misses(offer, form)
  if offer.address_requirements ~= "none" and (form.AddressSid or "") == "" then
    return 21631
  elseif offer.needs_bundle and (form.BundleSid or "") == "" then
    return 21649
  elseif (form.VoiceFallbackUrl or "") ~= "" and (form.VoiceUrl or "") == "" then
    return 21405
  end
end

local function create(api)
  local offer, code, subject = wanted(api.form)
  if not offer then
    return answer.error(400, code, subject)
  end
  local owned = sandbox.named("number", offer.phone_number)
  local missing = not owned and misses(offer, api.form)
  if missing then
    return answer.error(400, missing)
  end
  local row = owned or {
    sid = resource.new_sid("PN"), phone_number = offer.phone_number, friendly_name = offer.friendly_name,
    type = offer.type, country = offer.country, address_requirements = offer.address_requirements,
    created_at = api.at,
  }
  resource.apply(api.form, row, FIELDS)
  row.updated_at = api.at
  sandbox.put("number", row.phone_number, row, api.at)
  return answer.json(shape(row, api), 201)
end

--- POST IncomingPhoneNumbers.json: buy. A number that is already ours gets the same answer as a new one.
function numbers.create(api)
  return sandbox.alone(function() return create(api) end)
end

numbers.fetch = resource.fetch("number", shape)
numbers.delete = resource.delete("number")

--- POST IncomingPhoneNumbers/{Sid}.json
numbers.update = resource.changed("number", function(api, row)
  resource.apply(api.form, row, FIELDS)
  if (row.voice_fallback_url or "") ~= "" and (row.voice_url or "") == "" then
    return answer.error(400, 21405)
  end
  row.updated_at = api.at
  sandbox.put("number", row.phone_number, row, api.at)
  return answer.json(shape(row, api))
end)

--- GET IncomingPhoneNumbers.json; PhoneNumber may be a part or hold * for digits.
function numbers.list(api)
  local pattern = (api.query.PhoneNumber or ""):gsub("[^%d*]", ""):gsub("%*", "%%d*")
  local name = api.query.FriendlyName
  return answer.page(api, "incoming_phone_numbers", "number", shape, function(row)
    return row.phone_number:find(pattern) ~= nil and (not name or row.friendly_name == name)
  end)
end

return numbers
