-- api/team_calendars.lua: keeps calendars.txt what the calendars of oncall.txt say.
--
--   team_calendars.step(at)   reads one calendar that is due -> 1, true; 0, false when none is
--
-- Each is read every 15 minutes, and a file also when it has changed. What can't be read leaves the turns as
-- they are. A change of them is a version like any other, so the call log knows who was on call.

local alerts = require("models.alerts")
local calendars = require("models.calendars")
local crypto = require("crypto")
local dates = require("calls.hours.dates")
local db = require("db")
local http = require("http")
local log = require("log")
local rule_intents = require("models.rule_intents")
local sources = require("sources")
local team = require("calls.team.team")
local team_calendar = require("calls.team.calendar")
local team_state = require("api.team_state")
local turns = require("calls.ical.turns")

local team_calendars = {}

local EVERY_MS, LATE_MS = 15 * 60 * 1000, 6 * 3600 * 1000
local MOST_BYTES, SECONDS, REDIRECTS = 1024 * 1024, 10, 3
local BACK_MONTHS, AHEAD_MONTHS = 3, 13
local AUTHOR = "hookswitch"
local MOST_NAMES = 5

local function hash_of(text)
  return crypto.hex(crypto.sha256(text))
end

--- The months whose turns are kept, as their name, first and last moment; they change once a month.
local function window(at)
  local day = dates.of_number(at // 86400000)
  local function first(months)
    local index = day.year * 12 + day.month - 1 + months
    return dates.number(index // 12, index % 12 + 1, 1) * 86400
  end
  return ("%04d-%02d"):format(day.year, day.month), first(-BACK_MONTHS), first(AHEAD_MONTHS)
end

local function kept_turns()
  return (team_calendar.read(sources.saved(team_calendar.FILE) or ""))
end

-- ---- reading ----

--- The text of the calendar, and what to ask with the next time; "same" for one that has not changed.
local function fetched(entry, row)
  if not entry.calendar:find("://", 1, true) then
    local text, message = sources.saved(entry.calendar)
    return text, text and {} or ("%s: %s"):format(entry.calendar, message)
  end
  local answer, message = http.request {
    url = entry.calendar, timeout = SECONDS, redirects = REDIRECTS, max_bytes = MOST_BYTES,
    lookup_hosts = true,
    headers = { ["If-None-Match"] = row.etag, ["If-Modified-Since"] = row.modified,
      ["Accept-Encoding"] = "identity" },
  }
  if not answer then
    return nil, message
  elseif answer.status == 304 and (row.etag or row.modified) then
    return "same", row
  elseif answer.status // 100 == 3 and answer.status ~= 304 then
    return nil, ("the server redirects to another address (%d), which isn't followed: write that one in "
      .. "oncall.txt"):format(answer.status)
  elseif answer.status ~= 200 then
    return nil, ("the server answers %d"):format(answer.status)
  end
  local coding = answer.headers["content-encoding"]
  if coding and coding:lower() ~= "identity" then
    return nil, ('the server sends it compressed ("%s"), which isn\'t read'):format(coding)
  end
  local function short(value) return value and #value <= 500 and value or nil end
  return answer.body, { etag = short(answer.headers.etag), modified = short(answer.headers["last-modified"]) }
end

--- Make the turns live, when they pass the checks of a save. nil and why not.
local function keep(read, id, list, at)
  local turn <close>, busy = sources.turn()
  if not turn then
    return nil, busy
  end
  local all, wanted = kept_turns(), {}
  for _, entry in ipairs(read.oncall) do
    if entry.calendar then wanted[entry.id] = entry.id == id and list or all[entry.id] end
  end
  local old, text = sources.saved(team_calendar.FILE), team_calendar.text(wanted)
  if text == old then
    return true
  end
  local texts = { [team_calendar.FILE] = text }
  local report, message, _, place = sources.try(texts)
  if not report then
    return nil, place and "the rules don't pass with it: " .. message or message
  end
  rule_intents.put({ hash = report.hash, author = AUTHOR, author_kind = "os", accepted_by = AUTHOR,
    note = ("the calendar of %s"):format(id) }, at)
  local saved
  saved, message = sources.save(texts, { [team_calendar.FILE] = old and hash_of(old) or "" })
  if not saved then
    return nil, "its turns can't be saved: " .. message
  end
  log.info("calendar_changed", { name = id, count = #list })
  return true
end

--- What the calendar says, made live. The row to store; or nil and why not.
local function taken(read, entry, row, at)
  local text, tag = fetched(entry, row)
  if not text then
    return nil, tag
  elseif text == "same" then
    return row
  end
  local months, from, to = window(at)
  local list, problems = turns.read(text, { zone = entry.zone, from = from, to = to })
  if not list then
    return nil, problems
  end
  local ok, message = keep(read, entry.id, list, at)
  if not ok then
    return nil, message
  end
  return { months = months, etag = tag.etag, modified = tag.modified,
    problem = #problems > 0 and table.concat(problems, "; ") or nil }
end

-- ---- telling ----

local function raise(kind, id, detail, at)
  if not alerts.says(kind, id, detail) then
    db:batch { alerts.raise(nil, kind, id, detail, at) }
  end
end

--- Names of coming turns that are nobody's, and events that can't be read.
local function tell_doubts(entry, problem, at)
  local parts, seen = { problem }, {}
  local known = team_state.read().known
  for _, turn in ipairs(kept_turns()[entry.id] or {}) do
    if turn.till * 1000 > at and not seen[turn.who] and #parts < MOST_NAMES
      and not team_calendar.meant(known, turn.who) then
      seen[turn.who] = true
      parts[#parts + 1] = ('it names "%s", who isn\'t in people.txt or groups.txt: %s is on call then')
        :format(turn.who, entry.otherwise)
    end
  end
  if #parts > 0 then
    raise("calendar_doubts", entry.id, table.concat(parts, "; "), at)
  else
    alerts.settle("calendar_doubts", entry.id, at)
  end
end

local function look(read, entry, source, at)
  local before = calendars.get(entry.id) or { months = "", good_at = at }
  local is_same = before.source == source and before.months == window(at) and kept_turns()[entry.id]
  local row, message = taken(read, entry, is_same and before or {}, at)
  if row then
    alerts.settle("calendar_failed", entry.id, at)
    tell_doubts(entry, row.problem, at)
  else
    log.warn("calendar_failed", { name = entry.id, message = message })
    if at - before.good_at >= LATE_MS then
      raise("calendar_failed", entry.id,
        ("The calendar can't be read: %s. Its last turns stay."):format(message), at)
    end
  end
  calendars.put {
    name = entry.id, source = source, checked_at = at, good_at = row and at or before.good_at,
    months = row and row.months or before.months, etag = row and row.etag, modified = row and row.modified,
    problem = row and row.problem or message,
  }
end

--- What tells one content of a calendar from another without asking for it.
local function source_of(entry)
  local is_address = entry.calendar:find("://", 1, true)
  return hash_of(entry.zone .. " " .. (is_address and entry.calendar or sources.saved(entry.calendar) or ""))
end

--- One that is due.
---@param at integer milliseconds
---@return integer count
---@return boolean more
function team_calendars.step(at)
  local text = sources.saved(team.FILES.oncall) or ""
  if not text:lower():find("calendar", 1, true) and #calendars.list() == 0 then
    return 0, false
  end
  local read, left = (team_state.read()), {}
  if #read.problems > 0 then
    return 0, false -- the files are being repaired
  end
  for _, entry in ipairs(read.oncall) do left[entry.id] = entry.calendar end
  for _, row in ipairs(calendars.list()) do
    if not left[row.name] then
      calendars.forget(row.name)
      alerts.settle("calendar_failed", row.name, at)
      alerts.settle("calendar_doubts", row.name, at)
    end
  end
  for _, entry in ipairs(read.oncall) do
    local source = entry.calendar and source_of(entry)
    local row = source and calendars.get(entry.id)
    if source and (not row or row.source ~= source or at - row.checked_at >= EVERY_MS or at < row.checked_at)
    then
      look(read, entry, source, at)
      return 1, true
    end
  end
  return 0, false
end

return team_calendars
