-- routes/coverage.lua: who rings in the days to come, for the console's calendar.

local asked_numbers = require("api.asked_numbers")
local coverage = require("models.coverage")
local coverage_question = require("api.coverage_question")
local limits = require("hookswitch.limits")
local reply = require("hookswitch.reply")
local v = require("hookswitch.fields.validate")

local QUESTION = v.object(coverage_question.fields {})

---@param req Request
local function show(req)
  local span = coverage_question.span(req.query, req.at)
  local rows, next_cursor = asked_numbers(req)
  local found = coverage.of(rows, span)
  found.next = next_cursor
  return reply.json(found)
end

return {
  prefix = "/api/twilio",
  tag = "Live rules",
  auth = "user",
  role = "editor",
  { "GET", "/coverage", show, query = QUESTION, limit = limits.coverage, heavy = true,
    summary = "Who rings in the coming days, by number and kind of caller",
    responses = { [200] = "Coverage" } },
}
