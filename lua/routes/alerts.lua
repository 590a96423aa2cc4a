-- routes/alerts.lua: things somebody should look at.

local alerts = require("models.alerts")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local json = require("json")
local reply = require("hookswitch.reply")
local v = require("hookswitch.validate")

local FILTER = v.object { state = v.one_of({ "open", "all" }, { default = "open" }) }
local ID = { id = v.integer { min = 1 } }

---@param req Request
local function list(req)
  return reply.json { alerts = json.array(alerts.list(req.user.id, req.query.state == "all")) }
end

---@param req Request
local function get(req)
  return reply.row(alerts.get(req.user.id, req.path.id)
    or fail(404, "alert_not_found", "No alert has that id."))
end

---@param req Request
local function close(req)
  return reply.row(alerts.close(req.user.id, req.path.id, etag.checker(req), req.at)
    or fail(404, "alert_not_found", "There is no open alert with that id."))
end

return {
  prefix = "/api/twilio",
  tag = "Alerts",
  auth = "user",
  { "GET", "/alerts", list, query = FILTER,
    summary = "Things somebody should look at", responses = { [200] = "Alerts" } },
  { "GET", "/alerts/:id", get, path = ID, row = "Alert",
    summary = "A thing somebody should look at", responses = { [200] = "Alert" } },
  { "POST", "/alerts/:id/close", close, path = ID, row = "Alert",
    summary = "Somebody has seen to it", responses = { [200] = "Alert" } },
}
