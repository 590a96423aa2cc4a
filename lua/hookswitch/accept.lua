-- hookswitch.accept: a request's path, query and body, checked as its route says.
--
--   accept(route, req)   fails with 404, 415, 400 or 422

local fail = require("hookswitch.fail")
local json = require("json")
local wrong = require("hookswitch.fields.wrong")

local function decode_body(req, check)
  if (req.raw or "") == "" then
    return check({})
  end
  local coding = req:header("Content-Encoding")
  if coding and coding:lower() ~= "identity" then
    fail(415, "not_json", "Send the body as application/json, not compressed.")
  end
  if not (req.content_type or ""):lower():find("^application/json") then
    fail(415, "not_json", "Send the body as application/json.")
  end
  local text = req.raw:gsub("^\xEF\xBB\xBF", "") -- some clients begin with a BOM
  local value, message, code = json.decode(text, true)
  if code == "repeated" then
    return nil, { [message] = wrong("repeated") } -- the last value may not be what was meant
  elseif value == nil then
    fail(400, "malformed_json", "The body is not valid JSON: " .. message)
  end
  local checked, problems, status = check(value)
  if checked == nil and wrong.is(problems) then
    fail(400, "malformed_json", "The body must be a JSON object.")
  end
  return checked, problems, status
end

--- Check everything the route declares; all field errors come in one answer.
---@param route Route
---@param req Request its path, query and body become the checked ones
local function accept(route, req)
  local fields, status = {}, 422
  local function note(checked, problems, problem_status)
    if checked == nil then
      status = problem_status or status
      for field, message in pairs(problems) do
        fields[field] = message
      end
    end
    return checked
  end
  if route.path then
    for name, check in pairs(route.path) do
      -- A path that names nothing is a 404, whatever its shape.
      req.path[name] = check(req.path[name])
      if req.path[name] == nil then
        fail(404, "not_found", "Not found.")
      end
    end
  end
  if route.query then
    local given, repeated = {}, {}
    for name, value in pairs(req.query) do
      repeated[name] = given[name] and wrong("repeated")
      given[name] = value
    end
    req.query = note(route.query(given))
    note(not next(repeated) or nil, repeated) -- an array, as some clients write it, would lose values
  end
  if route.body then
    req.body = note(decode_body(req, route.body))
  end
  if next(fields) then
    fail(status, status == 400 and "bad_request" or "invalid", "Some fields are invalid.", fields)
  end
end

return accept
