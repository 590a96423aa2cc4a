-- routes/now.lua: what happens to a call that comes in now, for each number.

local asked_numbers = require("api.asked_numbers")
local now = require("voice.now")
local reply = require("hookswitch.reply")
local v = require("hookswitch.fields.validate")

local MOST = 200

local QUESTION = v.object {
  phone_number_id = v.integer { min = 1, optional = true },
  limit = v.integer { min = 1, max = MOST, default = MOST },
  cursor = v.integer { min = 0, optional = true },
}

---@param req Request
local function show(req)
  local rows, next_cursor = asked_numbers(req)
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
