-- sandbox.rest.messages: text messages of the stand-in's account. None leaves it.
--
-- Twilio's magic numbers are refused as by Twilio: +15005550001 isn't a number,
-- +15005550003 is in a region that isn't enabled, +15005550004 has answered STOP,
-- +15005550009 is a landline.

local answer = require("sandbox.rest.answer")
local calls = require("sandbox.rest.calls")
local json = require("json")
local resource = require("sandbox.rest.resource")
local sandbox = require("models.sandbox")

local messages = {}

local LONGEST = 1600
local MAGIC = {
  ["+15005550001"] = 21211, ["+15005550003"] = 21408, ["+15005550004"] = 21610, ["+15005550009"] = 21614,
}
local FIELDS = { "from", "to", "body" }

local function shape(row, api)
  local out = resource.shape(row, api, {}, "Messages")
  for _, field in ipairs(FIELDS) do
    out[field] = row[field]
  end
  out.status, out.direction = api.at - row.created_at < 1000 and "queued" or "delivered", "outbound-api"
  out.num_segments, out.num_media = tostring(math.max(1, math.ceil(#row.body / 153))), "0"
  out.date_sent = out.status == "delivered" and out.date_created or json.null
  out.price, out.price_unit = json.null, "USD"
  out.error_code, out.error_message, out.messaging_service_sid = json.null, json.null, json.null
  out.subresource_uris = { media = out.uri:gsub("%.json$", "/Media.json") }
  return out
end

-- Twilio's code for what is wrong with a message, or nil; and what it names.
local function problem(form)
  local to, from, body = form.To or "", form.From or "", form.Body or ""
  if to == "" then
    return 21604
  elseif from == "" then
    return 21603
  elseif body == "" then
    return 21602
  elseif (utf8.len(body) or #body) > LONGEST then
    return 21617
  elseif not to:find("^%+[1-9]%d%d%d%d%d%d+$") or #to > 16 then
    return 21211, to
  elseif not sandbox.named("number", from) then
    return 21606, from
  end
  return MAGIC[to], to
end

--- POST Messages.json
function messages.create(api)
  local code, subject = problem(api.form)
  if code then
    return answer.error(400, code, subject)
  end
  local row = {
    sid = resource.new_sid("SM"), from = api.form.From, to = api.form.To, body = api.form.Body,
    created_at = api.at, updated_at = api.at,
  }
  sandbox.put("message", row.to, row, api.at)
  return answer.json(shape(row, api), 201)
end

messages.fetch = resource.fetch("message", shape)
messages.delete = resource.delete("message")

--- GET Messages.json
function messages.list(api)
  local query = api.query
  return answer.page(api, "messages", "message", shape, function(row)
    return (not query.To or row.to == query.To) and (not query.From or row.from == query.From)
      and calls.in_range(query, "DateSent", row.created_at)
  end)
end

return messages
