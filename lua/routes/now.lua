-- routes/now.lua: what happens to a call that comes in now, for each number.

local fail = require("hookswitch.fail")
local json = require("json")
local now = require("voice.now")
local numbers = require("models.numbers")
local reply = require("hookswitch.reply")
local v = require("hookswitch.validate")

local MOST = 200

local QUESTION = v.object {
  phone_number_id = v.integer { min = 1, optional = true },
  limit = v.integer { min = 1, max = MOST, default = MOST },
  cursor = v.integer { min = 0, optional = true },
}

local function page_of(req)
  local query = req.query
  if query.phone_number_id then
    local row = numbers.get(req.user.id, query.phone_number_id)
      or fail(404, "number_not_found", "You have no phone number with that id.")
    return { row }, json.null
  end
  local page, next_cursor = numbers.page(req.user.id, query.cursor, query.limit)
  return page, next_cursor or json.null
end

---@param req Request
local function show(req)
  local rows, next_cursor = page_of(req)
  return reply.json { at = req.at, numbers = now.of(rows, req.at), next = next_cursor }
end

return {
  prefix = "/api/twilio",
  tag = "Live rules",
  auth = "user",
  role = "agent",
  { "GET", "/now", show, query = QUESTION,
    summary = "What happens to a call that comes in now from someone nobody knows, number by number",
    responses = { [200] = "Now" } },
}
