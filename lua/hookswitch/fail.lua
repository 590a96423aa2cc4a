-- hookswitch.fail: how a handler ends a request with an error for the client.
--
--   fail(404, "number_not_found", "You have no phone number with that id.")
--
-- It raises one known kind of table, which the router turns into
-- {"error":{"code","message","fields"?,"reasons"?,"request_id"}}. Anything else
-- that is raised is a bug of ours and becomes a bare 500.

local wrong = require("hookswitch.fields.wrong")

local Failure = { __tostring = function(failure) return failure.code .. ": " .. failure.message end }

local fail = {}

---@param status integer HTTP status, 400 to 599
---@param code string short, stable, for programs
---@param message string a sentence for people
---@param fields? table<string, string|Wrong> one message a field
---@param headers? table<string, string> sent along, such as Retry-After
---@param details? table more for programs
function fail.raise(status, code, message, fields, headers, details)
  local reasons
  if fields then reasons, fields = wrong.reasons(fields) end
  error(setmetatable({
    status = status, code = code, message = message, fields = fields, reasons = reasons, headers = headers,
    details = details,
  }, Failure))
end

--- End a request with fields that are well-formed but wrong.
---@param fields table<string, string|Wrong> one message a field
function fail.invalid(fields)
  fail.raise(422, "invalid", "Some fields are invalid.", fields)
end

--- End a request whose change may be stored: the database or the disk didn't say in time. No Retry-After: a
--- change that is sent again may be made twice.
function fail.unconfirmed()
  fail.raise(503, "outcome_unknown",
    "It isn't known whether this change is stored. Look before you try again.")
end

--- End a request whose statements could not be stored; the client is to come again.
---@param message string the database's
---@param code string
function fail.not_stored(message, code)
  if code == "unknown" then
    fail.unconfirmed()
  end
  local text = ("Not stored (%s): %s"):format(code, message)
  fail.raise(503, "store_unavailable", text, nil, { ["Retry-After"] = "2" })
end

---@param value any what a pcall caught
---@return boolean true when it was raised by `fail`
function fail.is(value)
  return type(value) == "table" and getmetatable(value) == Failure
end

return setmetatable(fail, { __call = function(_, ...) fail.raise(...) end })
