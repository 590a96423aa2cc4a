-- routes/calls.lua: the call log, one call with its trace, and statistics.

local by_day = require("calls.report.by_day")
local call_log = require("models.call_log")
local callers = require("models.callers")
local calls_csv = require("api.calls_csv")
local csv_words = require("api.csv_words")
local config = require("config")
local cursor = require("hookswitch.cursor")
local fail = require("hookswitch.fail")
local json = require("json")
local number_filter = require("api.number_filter")
local recordings = require("models.recordings")
local reply = require("hookswitch.reply")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")
local why = require("models.why")

local STATUSES = {
  "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled",
}
local OUTCOMES = { "live", "talking", "talked", "message", "missed", "unanswered", "turned_away" }
local STATUS_ALIASES = {
  answered = "in-progress", in_progress = "in-progress", no_answer = "no-answer", cancelled = "canceled",
}
local DIRECTION_ALIASES = { incoming = "inbound", outgoing = "outbound" }

local FILTER = v.object {
  limit = v.integer { min = 1, max = 500, default = 50 },
  page = v.integer { min = 1, max = 100000, optional = true },
  cursor = v.string { max = 100, optional = true },
  from = number_filter(),
  to = number_filter(),
  number = number_filter(),
  q = v.string { min = 1, max = 100, optional = true, plus = true, pattern = "[^%s+]",
    hint = wrong("search"),
    description = "Part of a number or of a contact's name." },
  call_sid = v.string { max = 64, optional = true },
  status = v.one_of(STATUSES, { optional = true, aliases = STATUS_ALIASES }),
  direction = v.one_of({ "inbound", "outbound" }, { optional = true, aliases = DIRECTION_ALIASES }),
  end_reason = v.string { max = 40, optional = true },
  outcome = v.one_of(OUTCOMES, { optional = true }),
  start_date = v.instant { optional = true },
  end_date = v.instant { optional = true, ends = "start_date" },
  format = v.one_of({ "json", "csv" }, { default = "json" }),
  zone = v.zone { optional = true },
  style = v.one_of({ "fields", "people" }, { default = "fields",
    description = "For CSV: the API's fields, or headings, names and local times." }),
  lang = v.one_of(csv_words.LANGUAGES, { optional = true,
    description = "For CSV with style=people: its language; Accept-Language by default." }),
  bom = v.boolean { default = false,
    description = "For CSV: begin with the byte order mark Excel wants." },
}
local RANGE = v.object {
  from = v.instant { optional = true },
  to = v.instant { optional = true, ends = "from" },
  by = v.one_of({ "day" }, { optional = true }),
  zone = v.zone { optional = true },
}
local LONGEST_DAYS, DAY_MS = 400, 24 * 3600 * 1000
local SID = { sid = v.string { min = 1, max = 64, pattern = "^%w+$" } }

local CALLS = { ["application/json"] = "Calls", ["text/csv"] = { type = "string" } }

local CSV_STEP = 1000

local function wants_csv(req)
  if req.query.format == "csv" then
    return true
  end
  for range in (req:header("Accept") or ""):lower():gmatch("[^,]+") do
    if (range .. ";"):find("^%s*text/csv%s*;") and not range:find(";%s*q%s*=%s*0%.?0*%s*$") then
      return true
    end
  end
  return false
end

-- Everything that matches, a piece at a time, with times as the reader's clock shows them.
local function as_csv(req, filter)
  filter.limit, filter.page = CSV_STEP, nil
  filter.before = req.continued and cursor.read(req.continued) or filter.before
  local rows = call_log.list(req.user.id, filter)
  local last = rows[CSV_STEP]
  local more = last and cursor.write(last.started_at, last.id)
  local text = calls_csv.text(req.user.id, rows, {
    zone = filter.zone or config.get("timezone"), style = filter.style, bom = filter.bom,
    language = filter.lang or csv_words.accepted(req:header("Accept-Language")),
    begins = not req.continued,
  })
  return reply.piece(text, "text/csv; charset=utf-8",
    { ["Content-Disposition"] = 'attachment; filename="calls.csv"' }, more)
end

---@param req Request
local function list(req)
  local filter = req.query
  filter.before = filter.cursor and cursor.read(filter.cursor)
  filter.matching = filter.q and callers.matching(req.user.id, filter.q)
  if wants_csv(req) then
    return as_csv(req, filter)
  end
  local size = filter.limit
  filter.offset, filter.limit = cursor.offset(filter.page, size), size + 1
  local rows = call_log.list(req.user.id, filter)
  local next_cursor = cursor.cut(rows, size)
  return reply.json { call_logs = json.array(rows), next = next_cursor }
end

---@param req Request
local function one(req)
  local call = call_log.get(req.user.id, req.path.sid)
    or fail(404, "call_not_found", "You have no call with that id.")
  why.explain(call)
  for _, recording in ipairs(call.recordings) do
    recording.mediaUrl = recordings.media_url(recording.recording_sid)
  end
  return reply.json(call)
end

local function invalid(field, message)
  fail.invalid { [field] = message }
end

local function check_span(span)
  if span.to <= span.from then
    invalid("to", wrong("after_from"))
  elseif span.to - span.from > LONGEST_DAYS * DAY_MS then
    invalid("from", wrong("days", { days = LONGEST_DAYS }))
  end
end

---@param req Request
local function stats(req)
  local to = req.query.to or req.at
  local from = req.query.from or to - 30 * DAY_MS
  local result = call_log.stats(req.user.id, from, to)
  if req.query.by then
    local span = { from = from, to = to, zone = req.query.zone or config.get("timezone") }
    check_span(span)
    local folded = by_day.fold(call_log.by_clock(req.user.id, span), span)
    result.zone, result.days, result.hours = span.zone, folded.days, folded.hours
  end
  return reply.json(result)
end

return {
  prefix = "/api/twilio",
  tag = "Calls",
  auth = "user",
  role = "agent",
  { "GET", "/call-logs", list, query = FILTER,
    summary = "The call log, newest first; `q` searches it by parts of numbers and names",
    responses = { [200] = CALLS } },
  { "GET", "/call-logs/:sid", one, path = SID,
    summary = "A call with its legs, its recordings and why it went where it went",
    responses = { [200] = "CallWithTrace" } },
  { "GET", "/stats", stats, query = RANGE,
    summary = "Totals over a period (default: 30 days); by=day adds days and hours of the day",
    responses = { [200] = "Statistics" } },
}
