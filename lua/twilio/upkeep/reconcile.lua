-- twilio.upkeep.reconcile: Twilio's record is the truth, and ours catches up with it.
--
--   reconcile.step(at)   -> legs and recordings learned, more; or nil, message, code
--   reconcile.waits()    -> has a round begun that goes on later?
--
-- A call whose reports may be lost is looked up: the call, its legs, its
-- recordings. After a start, and every quarter of an hour, all calls since the
-- last time are listed, so that those nobody heard of are entered. A step makes
-- one request at most: the work is a coroutine that waits between two.

local stepwise = require("twilio.upkeep.stepwise")
local at_twilio = require("twilio.calls")
local checks = require("models.call_checks")
local log = require("log")
local recent = require("recent")
local record = require("twilio.record")
local recordings = require("twilio.recordings")
local repairs = require("models.call_repairs")

local reconcile = {}

local LIST_EVERY_MS = 15 * 60 * 1000
local MANY = 20 -- calls to look up at a time; more of them are listed first
local CHECKS, LISTED_CHECKS = 50, 1000
local PAGES = 40 -- of a list, 500 calls each
local LEG_PAGES = 4
local NEWEST_PAGES = 5 -- of calls as such, for those that are in no span of time
local ORPHANS = 5000
local LISTED = "reconciled by list"

local now -- of this step
local work -- what this round is at

local function learn(found)
  local count = repairs.learn(found, now)
  if count > 0 then
    log.info("call_repaired", { call_sid = found.call_sid, count = count })
    coroutine.yield(count, true)
  end
end

-- ---- one call ----

local UNFINISHED = { queued = true, ringing = true, ["in-progress"] = true, paused = true, processing = true }

-- The call with its legs and recordings; nil: Twilio doesn't know it, or it belongs to no user of ours.
local function look_up(call_sid)
  local leg = record.leg(stepwise.once(at_twilio.get, call_sid) or nil)
  if leg and leg.parent_call_sid then
    leg = record.leg(stepwise.once(at_twilio.get, leg.parent_call_sid) or nil)
  end
  if not leg or leg.parent_call_sid or not repairs.concerns(leg) then
    return nil
  end
  local found = { call_sid = leg.call_sid, call = leg, legs = {}, recordings = {} }
  local goes_on = UNFINISHED[leg.status]
  stepwise.pages("calls", LEG_PAGES, function(element)
    local child = record.leg(element)
    if child and child.parent_call_sid == leg.call_sid then
      found.legs[#found.legs + 1], goes_on = child, goes_on or UNFINISHED[child.status]
    end
  end, at_twilio.first, { parent = leg.call_sid })
  stepwise.pages("recordings", LEG_PAGES, function(element)
    local recording = record.recording(element)
    if recording and recording.call_sid == leg.call_sid then
      found.recordings[#found.recordings + 1] = recording
      goes_on = goes_on or UNFINISHED[recording.status]
    end
  end, recordings.first, { call_sid = leg.call_sid })
  return found, goes_on
end

-- One refused call doesn't stop the others.
local function is_about_the_call(problem)
  local status = type(problem) == "table" and problem.status
  return status and status >= 400 and status < 500 and status ~= 401 and status ~= 403
end

local function check(one)
  local ok, found, goes_on = pcall(look_up, one.call_sid)
  if not ok and not is_about_the_call(found) then
    if type(found) == "table" and found.status and found.status >= 500 then
      checks.put_behind(one, now)
    end
    error(found, 0)
  end
  if ok and found then
    learn(found)
  end
  if not ok or goes_on then
    checks.again(one, now)
  else
    checks.done(one.call_sid)
  end
end

-- ---- all calls since a moment ----

local NOTHING = { listed = {}, open = {} }

-- Learn of a leg that is listed. One whose parent comes later in the list waits for it.
local function take_leg(element, seen)
  local leg = record.leg(element)
  if not leg then
    return nil
  end
  local parent = leg.parent_call_sid or leg.call_sid
  seen.listed[parent] = seen.listed[parent] or leg.call_sid == parent
  seen.open[parent] = seen.open[parent] or UNFINISHED[leg.status]
  if leg.call_sid == parent then
    if repairs.concerns(leg) then
      learn { call_sid = parent, call = leg }
    end
  elseif repairs.is_known(parent) then
    learn { call_sid = parent, legs = { leg } }
  elseif #seen.orphans < ORPHANS then
    seen.orphans[#seen.orphans + 1] = leg
  end
  return leg
end

local function take_recording(element, seen)
  local recording = record.recording(element)
  if recording and repairs.is_known(recording.call_sid) then
    seen.open[recording.call_sid] = seen.open[recording.call_sid] or UNFINISHED[recording.status]
    learn { call_sid = recording.call_sid, recordings = { recording } }
  end
end

-- A call that nobody answered may have no start_time, and so be in no span: the newest calls are listed as
-- such, too. Returns the calls that were seen with all there is of them.
local function list_since(since)
  local seen = { listed = {}, open = {}, orphans = {} }
  local all = stepwise.pages("calls", PAGES, function(element) take_leg(element, seen) end,
    at_twilio.first, { from = since })
  local newest = stepwise.pages("calls", NEWEST_PAGES, function(element)
    local leg = take_leg(element, seen)
    return leg and leg.made_at and leg.made_at < since - at_twilio.MARGIN_MS
  end, at_twilio.first, {})
  for _, leg in ipairs(seen.orphans) do
    if repairs.is_known(leg.parent_call_sid) then
      learn { call_sid = leg.parent_call_sid, legs = { leg } }
    end
  end
  all = stepwise.pages("recordings", PAGES, function(element) take_recording(element, seen) end,
    recordings.first, { from = since }) and all
  if not all then
    log.warn("list_too_long", { count = PAGES,
      message = "Twilio lists more pages of calls or recordings than are read; the oldest are left out." })
  end
  return all and newest and seen or NOTHING
end

-- Since when calls are to be listed; nil: not now, or nothing can have been missed.
local function list_from(missed, due)
  local last = tonumber(recent.get(LISTED) or "")
  local many = missed > 0 or #due > MANY
  if last and now >= last and now - last < LIST_EVERY_MS and not many then
    return nil
  end
  local since = checks.heard_to(now) or many and now or nil
  for _, one in ipairs(since and due or {}) do
    since = math.min(since, one.started_at or since)
  end
  if not since then
    checks.set_heard_to(now)
    recent.keep(LISTED, tostring(now))
  end
  return since and math.max(since, now - checks.LONGEST_GAP_MS)
end

-- ---- a round ----

local function list_if_due(missed)
  local began, since = now, list_from(missed, checks.due(now, LISTED_CHECKS))
  if not since then
    return NOTHING
  end
  local seen = list_since(since)
  checks.set_heard_to(began)
  recent.keep(LISTED, tostring(began))
  return seen
end

-- What the row itself shows to be unfinished is asked for even when a list has just shown the call.
local OWN_DOUBT = { open = true, status = true, leg = true }

local function round()
  local seen = list_if_due(checks.gather())
  local due = checks.due(now, CHECKS)
  while #due > 0 do
    for _, one in ipairs(due) do
      local shown = seen.listed[one.call_sid] and not seen.open[one.call_sid]
      if not one.doubt or shown and not OWN_DOUBT[one.doubt] then
        checks.done(one.call_sid)
      elseif checks.is_time(one, now) then
        check(one)
      end
    end
    due = checks.due(now, CHECKS)
  end
end

---@param at integer milliseconds
---@return integer? learned
---@return boolean|string more or a message
---@return string? code
function reconcile.step(at)
  now = at
  stepwise.step(at)
  work = work or coroutine.create(round)
  local ok, result, more, code = coroutine.resume(work)
  if ok and coroutine.status(work) == "suspended" then
    return result, more, code
  end
  local failed = work
  work = nil
  if ok then
    return 0, false
  elseif type(result) == "table" and result.code then
    return nil, result.message, result.code
  end
  error(debug.traceback(failed, tostring(result)), 0)
end

--- Keep this state of Lua as long as it does.
---@return boolean
function reconcile.waits()
  return work ~= nil
end

return reconcile
