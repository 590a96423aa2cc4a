-- routes/calls.lua: the call log, one call with its trace, and statistics.

local call_log = require("models.call_log")
local csv = require("hookswitch.csv")
local cursor = require("hookswitch.cursor")
local decisions = require("models.decisions")
local fail = require("hookswitch.fail")
local json = require("json")
local reply = require("hookswitch.reply")
local v = require("hookswitch.validate")

local STATUSES = {
  "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled",
}
local STATUS_ALIASES = {
  answered = "in-progress", in_progress = "in-progress", no_answer = "no-answer", cancelled = "canceled",
}
local DIRECTION_ALIASES = { incoming = "inbound", outgoing = "outbound" }

local FILTER = v.object {
  limit = v.integer { min = 1, max = 500, default = 50 },
  page = v.integer { min = 1, max = 100000, optional = true },
  cursor = v.string { max = 100, optional = true },
  from = v.string { max = 100, optional = true },
  to = v.string { max = 100, optional = true },
  number = v.string { max = 100, optional = true },
  status = v.one_of(STATUSES, { optional = true, aliases = STATUS_ALIASES }),
  direction = v.one_of({ "inbound", "outbound" }, { optional = true, aliases = DIRECTION_ALIASES }),
  end_reason = v.string { max = 40, optional = true },
  start_date = v.instant { optional = true },
  end_date = v.instant { optional = true },
  format = v.one_of({ "json", "csv" }, { default = "json" }),
}
local RANGE = v.object { from = v.instant { optional = true }, to = v.instant { optional = true } }
local SID = { sid = v.string { min = 1, max = 64, pattern = "^%w+$" } }

local COLUMNS = { "call_sid", "direction", "from", "to", "status", "started_at", "answered_at", "ended_at",
  "duration", "price", "price_unit", "end_reason", "recording_sid", "rule_version" }

local function wants_csv(req)
  return req.query.format == "csv" or (req:header("Accept") or ""):find("text/csv", 1, true) ~= nil
end

---@param req Request
local function list(req)
  local filter = req.query
  filter.before = filter.cursor and cursor.read(filter.cursor)
  if wants_csv(req) then
    filter.limit = 50000
    return reply.text(csv.write(COLUMNS, call_log.list(req.user.id, filter)), "text/csv; charset=utf-8",
      { ["Content-Disposition"] = 'attachment; filename="calls.csv"' })
  end
  filter.page_size, filter.limit = filter.limit, filter.limit + 1
  local rows = call_log.list(req.user.id, filter)
  local more = #rows == filter.limit and table.remove(rows) and rows[#rows]
  local next_cursor = more and cursor.write(more.started_at, more.id) or json.null
  return reply.json { call_logs = json.array(rows), next = next_cursor }
end

---@param req Request
local function one(req)
  local call = call_log.get(req.user.id, req.path.sid)
    or fail(404, "call_not_found", "You have no call with that id.")
  call.legs = json.array(call_log.legs(call.call_sid))
  call.recordings = json.array(call_log.recordings(call.call_sid))
  call.trace = decisions.trace(call.call_sid) or json.null
  return reply.json(call)
end

---@param req Request
local function stats(req)
  local to = req.query.to or req.at
  local from = req.query.from or to - 30 * 24 * 3600 * 1000
  return reply.json(call_log.stats(req.user.id, from, to))
end

return {
  name = "routes/calls.lua",
  prefix = "/api/twilio",
  auth = "user",
  { "GET", "/call-logs", list, query = FILTER },
  { "GET", "/call-logs/:sid", one, path = SID },
  { "GET", "/stats", stats, query = RANGE },
}
