-- twilio.numbers: phone numbers at Twilio: search, buy, look up, change, release.
--
-- Every function returns what Twilio answered, or nil, message, code, status
-- (`code` is "timeout", "twilio:21422", …).

local twilio = require("twilio")
local webhooks = require("twilio.webhooks")

local numbers = {}

local KINDS = { ["local"] = "Local", tollfree = "TollFree", mobile = "Mobile" }

-- Together less than ten seconds, which a client may have to wait.
local SEARCH_MS, BUY_MS, FIND_MS, CHANGE_MS = 2500, 4500, 2000, 6000

local function text(value)
  return type(value) == "string" and value or nil
end

-- Live answers write voice, SMS, MMS; the specification voice, sms, mms.
local function capabilities(given)
  local out = { voice = false, sms = false, mms = false }
  for name, value in pairs(type(given) == "table" and given or {}) do
    local key = tostring(name):lower()
    if out[key] ~= nil then
      out[key] = value == true
    end
  end
  return out
end

--- Twilio's numbers, or our rows, by the number itself.
---@param list { phone_number: string }[]
---@return table<string, table>
function numbers.by_phone(list)
  local map = {}
  for _, entry in ipairs(list) do
    if text(entry.phone_number) then
      map[entry.phone_number] = entry
    end
  end
  return map
end

local function offer(entry)
  local needs = text(entry.address_requirements) or "none"
  return {
    phone_number = text(entry.phone_number) or "",
    friendly_name = text(entry.friendly_name) or text(entry.phone_number) or "",
    locality = text(entry.locality),
    region = text(entry.region),
    capabilities = capabilities(entry.capabilities),
    address_requirements = needs,
    needs_address = needs ~= "none",
    beta = entry.beta == true,
  }
end

--- Numbers that can be bought and take calls, at most `limit`.
---@param q { country: string, type: string, area_code: string?, contains: string?, locality: string?,
--- region: string?, limit: integer }
---@return table[]? offers
---@return string? message
---@return string? code
function numbers.search(q)
  local path = ("AvailablePhoneNumbers/%s/%s"):format(q.country, KINDS[q.type])
  local answer, message, code, status = twilio.request("GET", path, {
    AreaCode = q.area_code, Contains = q.contains, InLocality = q.locality, InRegion = q.region,
    VoiceEnabled = true, PageSize = q.limit,
  }, SEARCH_MS)
  if not answer then
    if status == 404 then
      return {} -- this country has none of this type
    end
    return nil, message, code
  end
  local offers, listed = {}, answer.available_phone_numbers
  for _, entry in ipairs(type(listed) == "table" and listed or {}) do
    if #offers < q.limit and type(entry) == "table" then
      offers[#offers + 1] = offer(entry)
    end
  end
  return offers
end

-- A purchase counts only when Twilio names what was bought.
local function owned(answer)
  if type(answer) == "table" and text(answer.sid) and text(answer.phone_number) then
    return answer
  end
  return nil, "Twilio's answer names no phone number.", "malformed"
end

--- Buy one number; its webhooks are set in the same request. Never sent twice.
---@param phone string
---@param options { friendly_name: string?, address_sid: string?, bundle_sid: string? }
---@return table? resource
---@return string? message
---@return string? code
---@return integer? status
function numbers.buy(phone, options)
  local params = webhooks.number()
  params.PhoneNumber = phone
  params.FriendlyName = options.friendly_name
  params.AddressSid, params.BundleSid = options.address_sid, options.bundle_sid
  local answer, message, code, status = twilio.request("POST", "IncomingPhoneNumbers", params, BUY_MS)
  if not answer then
    return nil, message, code, status
  end
  return owned(answer)
end

--- A number of the account; false when the account does not own it.
---@param phone string
---@return table|false|nil resource
---@return string? message
---@return string? code
function numbers.find(phone)
  local answer, message, code =
    twilio.request("GET", "IncomingPhoneNumbers", { PhoneNumber = phone, PageSize = 20 }, FIND_MS)
  if not answer then
    return nil, message, code
  end
  if type(answer.incoming_phone_numbers) ~= "table" then
    return nil, "Twilio's answer has no list of phone numbers.", "malformed"
  end
  for _, entry in ipairs(answer.incoming_phone_numbers) do
    -- The parameter is a pattern for Twilio: only the number itself counts.
    if type(entry) == "table" and entry.phone_number == phone and text(entry.sid) then
      return entry
    end
  end
  return false
end

--- All numbers of the account.
---@return table[]?
---@return string? message
---@return string? code
function numbers.list()
  return twilio.list("IncomingPhoneNumbers", nil, "incoming_phone_numbers")
end

---@param sid string
---@param params table<string, string>
---@return table? resource
---@return string? message
---@return string? code
---@return integer? status
function numbers.update(sid, params)
  return twilio.request("POST", "IncomingPhoneNumbers/" .. sid, params, CHANGE_MS)
end

--- Give a number back. One that is not there any more is released already.
---@param sid string
---@return true?
---@return string? message
---@return string? code
function numbers.release(sid)
  local path = "IncomingPhoneNumbers/" .. sid
  local answer, message, code, status = twilio.request("DELETE", path, nil, CHANGE_MS)
  if answer or status == 404 then
    return true
  end
  return nil, message, code
end

--- The capabilities of a resource, in one spelling.
---@param resource table
---@return { voice: boolean, sms: boolean, mms: boolean }
function numbers.capabilities(resource)
  return capabilities(resource.capabilities)
end

return numbers
