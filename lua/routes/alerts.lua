-- routes/alerts.lua: things that need attention.

local alerts = require("models.alerts")
local audit = require("models.audit")
local cursor = require("hookswitch.cursor")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local json = require("json")
local reply = require("hookswitch.reply")
local v = require("hookswitch.fields.validate")

local FILTER = v.object {
  state = v.one_of({ "open", "all" }, { default = "open" }),
  limit = v.integer { min = 1, max = 500, default = 100 },
  cursor = v.string { max = 100, optional = true },
}
local ID = { id = v.integer { min = 1 } }

---@param req Request
local function list(req)
  local query, size = req.query, req.query.limit
  local before = query.cursor and cursor.read(query.cursor)
  local rows = alerts.list(req.user.id, query.state == "all", before, size + 1)
  local next_cursor = cursor.cut(rows, size, "last_at")
  return reply.json { alerts = json.array(rows), next = next_cursor }
end

---@param req Request
local function get(req)
  return reply.row(alerts.get(req.user.id, req.path.id)
    or fail(404, "alert_not_found", "No alert has that id."))
end

---@param req Request
local function close(req)
  return reply.row(audit.write(audit.user(req), "alert", "close", function()
    return alerts.close(req.user.id, req.path.id, etag.checker(req), req.at)
  end) or fail(404, "alert_not_found", "There is no open alert with that id."))
end

return {
  prefix = "/api/twilio",
  tag = "Alerts",
  auth = "user",
  role = "agent",
  { "GET", "/alerts", list, query = FILTER,
    summary = "Open alerts, newest first", responses = { [200] = "Alerts" } },
  { "GET", "/alerts/:id", get, path = ID, row = "Alert",
    summary = "An alert", responses = { [200] = "Alert" } },
  { "POST", "/alerts/:id/close", close, role = "editor", path = ID, row = "Alert",
    summary = "Close an alert", responses = { [200] = "Alert" } },
}
