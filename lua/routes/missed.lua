-- routes/missed.lua: callers to get back to. One stays open until somebody has
-- talked to that number, in either direction, or dismisses it.

local cursor = require("hookswitch.cursor")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local json = require("json")
local missed = require("models.missed")
local reply = require("hookswitch.reply")
local v = require("hookswitch.validate")

local FILTER = v.object {
  state = v.one_of({ "open", "closed" }, { default = "open" }),
  limit = v.integer { min = 1, max = 200, default = 50 },
  cursor = v.string { max = 100, optional = true },
}
local ID = { id = v.integer { min = 1 } }

---@param req Request
local function list(req)
  missed.settle_if_able()
  local filter, size = req.query, req.query.limit
  filter.before, filter.limit = filter.cursor and cursor.read(filter.cursor), size + 1
  local rows = missed.list(req.user.id, filter)
  local next_cursor = json.null
  if #rows > size then
    rows[#rows] = nil
    next_cursor = cursor.write(rows[size].last_at, rows[size].id)
  end
  return reply.json { missed_calls = json.array(rows), next = next_cursor, open = missed.count(req.user.id) }
end

local function answered(row)
  return reply.row(row or fail(404, "missed_call_not_found", "You have no missed caller with that id."))
end

---@param req Request
local function get(req)
  return answered(missed.get(req.user.id, req.path.id))
end

---@param req Request
local function dismiss(req)
  missed.settle()
  return answered(missed.dismiss(req.user.id, req.path.id, req.at, etag.checker(req)))
end

---@param req Request
local function reopen(req)
  missed.settle()
  return answered(missed.reopen(req.user.id, req.path.id, req.at, etag.checker(req)))
end

return {
  prefix = "/api/twilio",
  tag = "Missed calls",
  auth = "user",
  { "GET", "/missed-calls", list, query = FILTER,
    summary = "Callers to get back to, who called last first", responses = { [200] = "MissedCalls" } },
  { "GET", "/missed-calls/:id", get, path = ID, row = "MissedCall",
    summary = "A caller to get back to", responses = { [200] = "MissedCall" } },
  { "POST", "/missed-calls/:id/dismiss", dismiss, path = ID, row = "MissedCall",
    summary = "Nobody needs to call back", responses = { [200] = "MissedCall" } },
  { "POST", "/missed-calls/:id/reopen", reopen, path = ID, row = "MissedCall",
    summary = "It is not done yet after all", responses = { [200] = "MissedCall" } },
}
