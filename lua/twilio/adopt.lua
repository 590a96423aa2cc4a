-- twilio.adopt: a number that the account owns becomes ours.
--
--   adopt(user_id, resource, more, at)   its row; its calls come here from now on

local at_twilio = require("twilio.numbers")
local countries = require("calls.parties.countries")
local log = require("log")
local numbering = require("numbering")
local numbers = require("models.numbers")
local webhooks = require("twilio.webhooks")

local KINDS = { [numbering.TOLL_FREE] = "tollfree", [numbering.MOBILE] = "mobile" }

-- A row's fields from what Twilio says about a number.
local function described(resource)
  local phone = resource.phone_number
  local area = phone:match("^%+1(%d%d%d)")
  local found = countries.of(phone)
  local _, _, types = numbering.look(phone)
  return {
    phone_number = phone,
    sid = resource.sid,
    friendly_name = type(resource.friendly_name) == "string" and resource.friendly_name or phone,
    country = found and found[1] or "US",
    area_code = area,
    number_type = KINDS[types] or "local",
    capabilities = at_twilio.capabilities(resource),
  }
end

---@param user_id string
---@param resource table from Twilio
---@param more { country: string?, number_type: string? } what is known better
---@param at integer milliseconds
---@return table row
local function adopt(user_id, resource, more, at)
  local fields = described(resource)
  fields.country = more.country or fields.country
  fields.number_type = more.number_type or fields.number_type
  local row = numbers.insert(user_id, fields, at)
  local wanted = webhooks.number()
  if #webhooks.differences(resource, wanted) > 0 then
    local done, message = at_twilio.update(resource.sid, wanted)
    if not done then
      log.warn("webhooks_not_set", { number = row.phone_number, message = message })
    end
  end
  return row
end

return adopt
