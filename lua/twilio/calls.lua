-- twilio.calls: the calls of the account, a request at a time.
--
--   calls.first(filter) -> list, next     calls.page(next, key) -> list, next
--   calls.get(sid)      -> call; false: Twilio does not know it
--
-- On failure: nil, message, code, status, seconds to wait.
--
-- A leg is listed by its start_time, which is when it was answered; one that
-- nobody answered may have none (types of Twilio's OpenAPI document). Clocks
-- differ by minutes. So spans are asked for wide, and calls are told by their
-- SIDs.

local json = require("json")
local twilio = require("twilio")

local calls = {}

calls.MARGIN_MS = 15 * 60 * 1000 -- on both sides of a span
local PAGE = 500

local function iso(ms)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", ms // 1000)
end

--- The time with which a list of everything since a moment begins.
---@param ms integer
---@return string
function calls.since(ms)
  return iso(ms - calls.MARGIN_MS)
end

--- The elements of one page, and the address of the next; or what twilio.request says of a failure.
---@param key string the list's name in the answer
function calls.page_of(key, answer, message, code, status, seconds)
  if not answer then
    return nil, message, code, status, seconds
  elseif type(answer[key]) ~= "table" then
    return nil, ("Twilio's answer has no list of %s."):format(key), "malformed", status
  end
  local following = answer.next_page_uri
  return answer[key], type(following) == "string" and following or nil
end

--- The newest calls that fit.
---@param filter { from: integer?, to: integer?, parent: string? } when they were answered, milliseconds
---@return table[]? calls
---@return string? next the address of the next page, or a message
---@return string? code
---@return integer? status
---@return integer? seconds
function calls.first(filter)
  return calls.page_of("calls", twilio.request("GET", "Calls", {
    ["StartTime>"] = filter.from and calls.since(filter.from),
    ["StartTime<"] = filter.to and iso(filter.to + calls.MARGIN_MS),
    ParentCallSid = filter.parent, PageSize = tostring(PAGE),
  }))
end

---@param uri string
---@param key string? "calls", or another list
function calls.page(uri, key)
  return calls.page_of(key or "calls", twilio.request("GET", uri))
end

---@param sid string
---@return table|false|nil call
---@return string? message
---@return string? code
---@return integer? status
---@return integer? seconds
function calls.get(sid)
  local call, message, code, status, seconds = twilio.request("GET", "Calls/" .. sid)
  if not call and status == 404 then
    return false
  end
  return call, message, code, status, seconds
end

--- A text of Twilio's, or nil for JSON's null.
---@param value any
---@return string?
function calls.text(value)
  return value ~= json.null and type(value) == "string" and value ~= "" and value or nil
end

return calls
