-- sandbox.rest.answer: answers in the form of Twilio's REST API.
--
--   answer.json(value, status?)     answer.empty()
--   answer.error(400, 21422)        Twilio's error body, with the usual message
--   answer.date(ms)                 RFC 2822
--   answer.page(api, "calls", kind, shape, keep)   one page of a list

local json = require("json")
local sandbox = require("models.sandbox")
local form = require("sandbox.form")

local answer = {}

local JSON = "application/json;charset=utf-8"
local PAGE_SIZE, PAGE_SIZE_MAX = 50, 1000

local MESSAGES = {
  [20001] = "Unknown parameters",
  [20003] = "Authenticate",
  [20004] = "Method not allowed",
  [20006] = "Page size must be between 1 and 1000",
  [20404] = "The requested resource %s was not found",
  [20429] = "Too Many Requests",
  [20500] = "Internal Server Error",
  [20107] = "Content type not supported: send application/x-www-form-urlencoded",
  [20409] = "The call is still in progress",
  [21205] = "One of Url, Twiml and ApplicationSid is required",
  [21213] = "No 'From' number is specified",
  [21201] = "No 'To' number is specified",
  [21211] = "The 'To' number %s is not a valid phone number.",
  [21408] = "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: %s.",
  [21602] = "Message body is required.",
  [21603] = "A 'From' phone number is required.",
  [21604] = "A 'To' phone number is required.",
  [21606] = "The 'From' phone number %s is not a valid, SMS-capable inbound phone number for your account.",
  [21610] = "Attempt to send to unsubscribed recipient",
  [21614] = "%s is not a mobile number",
  [21617] = "The concatenated message body exceeds the 1600 character limit",
  [21220] = "Unable to update call. Call is not in progress. Cannot redirect.",
  [21404] = "Trial accounts are allowed only one Twilio phone number. To purchase additional Twilio phone "
    .. "numbers, please upgrade to a full account.",
  [21405] = "Fallback URL given without a URL",
  [21421] = "%s is not a valid number",
  [21422] = "%s is not available",
  [21451] = "%s is not a valid area code",
  [21452] = "No phone numbers found in area code %s",
  [21631] = "Phone Number Requires an Address but the 'AddressSid' parameter was empty.",
  [21649] = "Bundle required: this number needs a 'BundleSid'.",
}

---@param value any
---@param status integer?
---@return Reply
function answer.json(value, status)
  return { status or 200, JSON, json.encode(value) }
end

---@return Reply
function answer.empty()
  return { 204, nil, "" }
end

---@param status integer
---@param code integer Twilio's
---@param subject string? what the message names
---@param headers table<string, string>?
---@return Reply
function answer.error(status, code, subject, headers)
  local message = (MESSAGES[code] or "Error"):gsub("%%s", function() return subject or "" end)
  return { status, JSON, json.encode {
    code = code, message = message, status = status,
    more_info = "https://www.twilio.com/docs/errors/" .. code,
  }, headers }
end

---@param ms integer?
---@return string|userdata
function answer.date(ms)
  return ms and os.date("!%a, %d %b %Y %H:%M:%S +0000", ms // 1000) or json.null
end

--- nil as JSON's null.
---@param value any
---@return any
function answer.null(value)
  if value == nil then
    return json.null
  end
  return value
end

-- The list's address with its filters, for another page of it.
local function page_uri(api, size, page, token)
  local fields = {}
  for name, values in pairs(form.all(api.query)) do
    fields[name] = values
  end
  fields.PageSize, fields.Page, fields.PageToken = tostring(size), tostring(page), token
  return api.path .. "?" .. form.write(fields)
end

-- One more than fits, if there is one: it says whether there is a next page.
local function collect(kind, before, wanted, keep)
  local found = {}
  while #found < wanted do
    local rows = sandbox.list(kind, before, PAGE_SIZE_MAX)
    for _, row in ipairs(rows) do
      if keep(row) and #found < wanted then
        found[#found + 1] = row
      end
    end
    if #rows < PAGE_SIZE_MAX then
      break
    end
    before = rows[#rows].id
  end
  return found
end

---@param api SandboxApi
---@param key string what the list is called
---@param kind SandboxKind
---@param shape fun(row: table, api: SandboxApi): table
---@param keep fun(row: table): boolean
---@return Reply
function answer.page(api, key, kind, shape, keep)
  local size = math.tointeger(tonumber(api.query.PageSize or PAGE_SIZE))
  local page = math.tointeger(tonumber(api.query.Page or 0))
  if not size or size < 1 or size > PAGE_SIZE_MAX or not page or page < 0 then
    return answer.error(400, 20006)
  end
  local token = (api.query.PageToken or ""):match("^PT(%d+)$")
  local rows = collect(kind, math.tointeger(tonumber(token)), size + 1, keep)
  local more = #rows > size
  rows[size + 1] = nil
  local list = json.array {}
  for position, row in ipairs(rows) do
    list[position] = shape(row, api)
  end
  local start = page * size
  return answer.json {
    [key] = list, page = page, page_size = size, start = start, ["end"] = math.max(start, start + #list - 1),
    uri = page_uri(api, size, page, api.query.PageToken), first_page_uri = page_uri(api, size, 0),
    next_page_uri = more and page_uri(api, size, page + 1, "PT" .. rows[size].id) or json.null,
    previous_page_uri = page > 0 and page_uri(api, size, page - 1) or json.null,
  }
end

return answer
