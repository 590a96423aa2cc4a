-- commands.maintain: maintenance in the background.
--
--   maintain.step(at)   one piece of work, at most one request to Twilio -> more, waits
--   maintain.run()      all of it: the command
--
-- The server's maintenance thread runs steps, so that it can end between two.
-- Calls whose reports were lost are looked up, and so are purchases whose answer
-- was lost; prices come minutes after a call; recordings past their days are
-- deleted, at Twilio first, and so are calls past theirs; callers whom nobody
-- talked to get the text of their plan; the calendars of oncall.txt are read.
--
-- Of several hosts one does all of it, as long as it lives: it holds the lease.

local alerts = require("models.alerts")
local audit = require("models.audit")
local callers = require("models.callers")
local clock = require("twilio.upkeep.clock")
local config = require("config")
local dial_totals = require("models.dial_totals")
local forget = require("twilio.upkeep.forget")
local leases = require("models.leases")
local log = require("log")
local prices = require("twilio.upkeep.prices")
local purchase = require("twilio.purchase")
local purchases = require("models.purchases")
local recent = require("recent")
local reconcile = require("twilio.upkeep.reconcile")
local recordings = require("models.recordings")
local recordings_at_twilio = require("twilio.recordings")
local team_calendars = require("api.team_calendars")
local texts = require("twilio.upkeep.texts")
local totals = require("models.call_totals")

local maintain = {}

local DAY_MS, MINUTE_MS = 24 * 3600 * 1000, 60 * 1000
local AFTER_FAILURE_MS = 20 * 1000 -- pause after no answer

-- Each job does one piece of its work: how much was done, or nil, message, code
-- when Twilio did not answer; and whether there is more. The command prints its words. `deletes` is the
-- setting that says after how many days something is deleted: by a clock that is right.
local JOBS = {}

local function work(job, at)
  if job.deletes and config.get(job.deletes) > 0 then
    local agrees, message, code = clock.agrees(at)
    if not agrees then
      return nil, message, code
    end
  end
  return job.run(at)
end

-- Then no job could do its work.
local UNABLE = { busy = true, full = true, readonly = true, io = true, unknown = true }

-- A job that raises has failed; the others have their turn.
local function run(job, at)
  local ok, done, more, code = pcall(work, job, at)
  if ok then
    return done, more, code
  elseif type(done) == "table" and UNABLE[done.code] then
    error(done, 0)
  end
  return nil, type(done) == "table" and done.message or tostring(done), "failed"
end

JOBS[1] = { name = "purchases", words = "Purchases settled", every = MINUTE_MS, run = function(at)
  local row = purchases.left_behind(at)[1]
  if not row then
    return 0, false
  end
  purchases.looked_at(row.id, at)
  local number, message, code = purchase.resolve(row, at)
  if number == nil then
    return nil, message, code
  end
  return 1, true
end }

-- Twilio's record of the calls, before anything is made of ours. Both ask when something is due, in every
-- round; twilio.pace keeps them from asking too often.
JOBS[2] = { name = "calls", words = "Calls learned from Twilio's record", every = 1000, run = reconcile.step }

JOBS[3] = { name = "prices", words = "Prices fetched", every = 1000, run = prices.step }

local refused = {} -- recordings that Twilio did not delete in this round

JOBS[4] = { name = "recordings", words = "Recordings deleted", every = 60 * MINUTE_MS,
  deletes = "recording_days", run = function(at)
  local days = config.get("recording_days")
  if days == 0 then
    return 0, false
  end
  local count = 0
  for _ in pairs(refused) do
    count = count + 1
  end
  for _, row in ipairs(recordings.older_than(at - days * DAY_MS, count + 1)) do
    if not refused[row.recording_sid] then
      local done, message, code = recordings_at_twilio.delete(row.recording_sid)
      if done then
        recordings.deleted(row.recording_sid, at)
        return 1, true
      end
      if not tostring(code):find("^twilio:") or count >= 20 then
        return nil, message, code
      end
      refused[row.recording_sid] = true
      log.warn("recording_not_deleted", { recording_sid = row.recording_sid, message = message })
      return 0, true
    end
  end
  return 0, false
end }

-- The caller is still near the phone, so this is done in every round.
JOBS[5] = { name = "texts", words = "Texts sent", every = 1000, run = texts.step }

JOBS[6] = { name = "old_calls", words = "Old calls deleted", every = 60 * MINUTE_MS, deletes = "call_days",
  run = forget.step }

-- Sums for statistics and the leak report: some thousand calls at a time, a quarter of an hour after they
-- began, and a day of dials.
JOBS[7] = { name = "totals", words = "Totals", every = MINUTE_MS, run = function(at)
  return 0, totals.advance(at) or dial_totals.advance(at)
end }

-- What a search looks through.
JOBS[8] = { name = "callers", words = "Callers for the search", every = MINUTE_MS, run = function()
  return 0, callers.settle()
end }

JOBS[9] = { name = "audit", words = "Audit entries deleted", every = 60 * MINUTE_MS, deletes = "audit_days",
  run = audit.expire }

JOBS[10] = { name = "calendars", words = "Calendars read", every = MINUTE_MS, run = team_calendars.step }

JOBS[11] = { name = "alerts", words = "Alerts of hosts that are gone closed", every = MINUTE_MS,
  run = function(at)
    return alerts.of_gone_hosts(at), false
  end }

-- Longer than a step and the longest pause between rounds, and renewed when a part of it is over.
local LEASE = "maintenance"
local LEASE_MS = math.max(MINUTE_MS, 2 * 1000 * (config.get("maintenance_seconds") or 0)) + MINUTE_MS
local RENEW_MS = 20 * 1000
local renewed -- when this VM took it last, milliseconds

local function have_lease(at)
  if renewed and at >= renewed and at - renewed < RENEW_MS then
    return true
  end
  local taken, holder = leases.take(LEASE, LEASE_MS)
  renewed = taken and at or nil
  return taken, holder
end

local function key(job)
  return "maintain " .. job.name
end

--- One piece of work.
---@param at integer milliseconds
---@return boolean more
---@return boolean? waits work has begun here and goes on later, though nothing is left now
function maintain.step(at)
  if not have_lease(at) then
    return false
  end
  for _, job in ipairs(JOBS) do
    local last, pause = (recent.get(key(job)) or ""):match("^(%d+) (%d+)$")
    last, pause = math.tointeger(last), math.tointeger(pause)
    if not last or at - last >= pause or at < last then
      local done, more, code = run(job, at)
      if done and done > 0 then
        log.info("maintained", { job = job.name, count = done })
      elseif not done and code ~= "not_configured" then
        log.warn("maintenance_postponed", { job = job.name, code = code, message = more })
      end
      if not done or more ~= true then
        local wait = done and job.every or math.max(job.every, AFTER_FAILURE_MS)
        recent.keep(key(job), ("%d %d"):format(at, wait))
      end
      return true
    end
  end
  return false, reconcile.waits()
end

---@class CommandResult
---@field ok boolean
---@field text string for people
---@field value table for --json

local HELD = "Nothing done: %s does the maintenance of this database now. It goes on by itself."

--- All that is due now.
---@param _ table options: none
---@param at integer milliseconds
---@return CommandResult
function maintain.run(_, at)
  local lines, value, ok = {}, {}, true
  local taken, holder = leases.take(LEASE, LEASE_MS)
  if not taken then
    local text = HELD:format(holder or "another host")
    return { ok = false, text = text, value = { error = { code = "in_use", message = text } } }
  end
  for _, job in ipairs(JOBS) do
    local total, done, more, code = 0, nil, true, nil
    while more == true do
      leases.take(LEASE, LEASE_MS)
      done, more, code = run(job, at)
      total = total + (done or 0)
    end
    if done then
      value[job.name] = { done = total }
      lines[#lines + 1] = total > 0 and ("%s: %d"):format(job.words, total) or nil
    else
      ok = false
      value[job.name] = { done = total, error = { code = code, message = more } }
      lines[#lines + 1] = ("%s: %d, then: %s"):format(job.words, total, more)
    end
  end
  leases.leave(LEASE)
  return { ok = ok, text = #lines > 0 and table.concat(lines, "\n") or "Nothing was due.", value = value }
end

return maintain
