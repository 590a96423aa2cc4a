-- fallback.lua: where a call goes on when Twilio didn't get our answer and asks the fallback address.
--
--   fallback.failed_step(url)              -> query of the request that failed (ErrorUrl), or nil
--   fallback.place(decision, rows)         -> kind, n, since: the step of the plan the caller is at
--   fallback.plan_of(params, failed, known)   -> step, query, params: the request to answer instead
--
-- The step that failed is answered again, from what is known of the call. Nothing
-- starts twice: a talk that began is over, a phone that rang doesn't ring again, a
-- message isn't asked for again.

local stored_plan = require("calls.plans.stored_plan")
local identity = require("calls.parties.identity")

local fallback = {}

---@class KnownCall
---@field plan FlatPlan?
---@field outgoing boolean made from a browser
---@field facts CallFacts?
---@field decision { entered: string?, entered_n: integer?, at: integer, later: boolean? }? later: this is the
--- row of a later step, since its own is missing
---@field rows { n: integer, entered: string?, entered_n: integer?, at: integer, dial_call_sid: string? }[]
--- stored steps, oldest first
---@field legs { to: string, status: string }[]
---@field began_late boolean its first document was asked for when it no longer rang
---@field at integer milliseconds: now

local LONGEST_URL = 2048
local DIAL_SECONDS = 30 -- how long a <Dial> without a timeout rings
-- Twilio waits 15 seconds for an answer. A fallback that comes later isn't for the last one.
local LOST_AFTER_MS = 17000
local NOT_BEGUN = { ringing = true, queued = true, initiated = true }
local CALL_OVER = { completed = true, busy = true, failed = true, canceled = true, ["no-answer"] = true }
-- What each part of a query must look like; anything else is ignored.
local SHAPES = {
  step = "^%l[%l_]*$", leg = "^%l+$", n = "^%d%d?$", rule = "^%d+$", try = "^%d$", rec = "^[01]$",
  v = "^%d+$", plan = "^[%w_-]+$", pin = "^1$",
}
local LONGEST_VALUE, LONGEST_PLAN = 16, 1500
local ON_CALLEE = { screen = true, screened = true, announce = true }
local REPEATED = { vm_done = true, transcript = true }
local KNOWN = { after = true, menu = true, consent = true, first = true }

--- The query of the request that failed; its `step` is "first" if that was the call's first request.
---@param url string? ErrorUrl
---@return table<string, string>? query nil if it isn't one of our addresses
function fallback.failed_step(url)
  if type(url) ~= "string" or #url > LONGEST_URL then
    return nil
  end
  local base, rest = url:match("^([^?#]*)(.*)$")
  if not base:find("/api/twilio/twiml/?$") then
    return nil
  end
  local query = {}
  for key, value in (rest:match("^%?([^#]*)") or ""):gsub("&amp;", "&"):gmatch("([%w_]+)=([^&]*)") do
    local longest = key == "plan" and LONGEST_PLAN or LONGEST_VALUE
    if SHAPES[key] and not query[key] and #value <= longest and value:find(SHAPES[key]) then
      query[key] = value
    elseif key == "step" then
      return nil
    end
  end
  query.step = query.step or "first"
  local name = query.step
  return (KNOWN[name] or ON_CALLEE[name] or REPEATED[name]) and query or nil
end

--- Where the documents sent so far lead.
---@param decision table?
---@param rows table[]
---@return string? kind nil: the call has not begun
---@return integer? n
---@return integer? since milliseconds
function fallback.place(decision, rows)
  if not decision then
    return nil
  end
  local kind, n, since = decision.entered, decision.entered_n, decision.at
  for _ = 1, stored_plan.MAX_STEPS do
    local last
    for _, row in ipairs(rows) do
      last = row.n == n and row.entered and row or last
    end
    if not last then
      break
    end
    kind, since = last.entered, last.at
    if last.entered_n == n then
      break
    end
    n = last.entered_n
  end
  return kind, n, since
end

-- The legs that a ring dialled; all legs of an outgoing call.
local function legs_of(known, n)
  local step = known.plan and known.plan.steps and known.plan.steps[n]
  local wanted, found = {}, {}
  for _, target in ipairs(step and step.targets or {}) do
    wanted[target.phone or "client:" .. identity.of(target.user)] = true
  end
  for _, leg in ipairs(known.legs) do
    if known.outgoing or wanted[leg.to] then
      found[#found + 1] = leg
    end
  end
  return found
end

local TALKED = { DialCallStatus = "completed", DialBridged = "true" }
local WORDS = { busy = true, failed = true, completed = true }

-- What Twilio would have reported of a dial that nobody is known to have answered.
local function ended(legs)
  local word
  for _, leg in ipairs(legs) do
    word = (word == nil or word == leg.status) and WORDS[leg.status] and leg.status or "no-answer"
  end
  return { DialCallStatus = word or "no-answer", DialBridged = "false" }
end

local function at_first(known, kind, n)
  local first = known.decision
  return not first.later and kind == first.entered and n == first.entered_n
end

--- Twilio has got a document of this call, as far as its status says.
---@param params table<string, string>
---@return boolean
function fallback.is_under_way(params)
  return params.CallStatus ~= nil and not NOT_BEGUN[params.CallStatus]
end

-- Did the call get the document that it stands at? The first request of a call comes while it rings.
local function has_begun(params, known, since, is_first)
  if is_first and not known.began_late and fallback.is_under_way(params) then
    return true
  end
  return known.at - since >= LOST_AFTER_MS or CALL_OVER[params.CallStatus] == true
end

-- Is it the address of something else, such as a greeting that Twilio couldn't play? Not if only the host is
-- another one.
local function is_elsewhere(url)
  local base = type(url) == "string" and url:match("^https?://[%w.:_-]+[^?#%c%s]*")
  return base and not base:find("/api/twilio/twiml/?$") and not url:find("[?&]step=vm_done%f[^%w_]") or false
end

local function at_place(params, known, kind, n, since, failed)
  local step = known.plan and known.plan.steps and known.plan.steps[n]
  local query = { n = n and tostring(n), leg = known.outgoing and "out" or step and step.leg }
  local legs = legs_of(known, n)
  if known.facts and known.facts.talk then
    return kind == "ring" and "after" or "hangup", query, TALKED
  elseif kind == "ring" then
    -- Without a report of any leg, the time that has passed says whether it can have rung.
    local is_first = at_first(known, kind, n)
    local rung = not (failed and is_first) and (has_begun(params, known, since, is_first)
      or known.at - since >= (step and step.seconds or DIAL_SECONDS) * 1000)
    if #legs > 0 or rung then
      return "after", query, ended(legs)
    end
    return known.outgoing and "first" or "again", query
  elseif kind == "menu" then
    return "again", query
  elseif kind == "consent" then
    return "consent", query
  elseif kind == "voicemail" and not failed and known.at - since >= LOST_AFTER_MS
    and not is_elsewhere(params.ErrorUrl) then
    return "vm_done", query -- a <Record> makes no request unless it has recorded something
  elseif kind == "voicemail" or kind == "twiml" then
    return "apology", query
  end
  return "hangup", query
end

-- What the fields of a request say of the one that failed, if Twilio repeats them but not its address.
local function by_fields(params, known, kind, n)
  for _, row in ipairs(known.rows) do
    if row.dial_call_sid and row.dial_call_sid == params.DialCallSid then
      n = row.n -- this dial's end was answered before
    end
  end
  local step = known.plan and known.plan.steps and known.plan.steps[n]
  local query = { n = n and tostring(n), leg = known.outgoing and "out" or step and step.leg }
  if params.TranscriptionStatus then
    query.step = "transcript"
  elseif params.DialCallStatus then
    query.step = "after"
  elseif params.RecordingSid then
    query.step = "vm_done"
  elseif params.Digits and kind == "menu" then
    query.step = "menu"
  end
  return query.step and query or nil
end

-- Repeating a step on the callee's leg does no harm.
local function on_callee(params, failed)
  local unheard = failed.step == "screened" and not params.Digits
  return unheard and "screen" or failed.step, failed
end

---@param params table<string, string> of the request to the fallback address
---@param failed table<string, string>? fallback.failed_step
---@param known KnownCall
---@return string step to answer: one of ours, or "first", "again" (enter step n again), "apology", "hangup"
---@return table<string, string> query of that step
---@return table<string, string>? more fields its form lacks, worked out from the legs
function fallback.plan_of(params, failed, known)
  local kind, n, since = fallback.place(known.decision, known.rows)
  failed = failed or by_fields(params, known, kind, n)
  local name, facts = failed and failed.step, known.facts or {}
  if ON_CALLEE[name] then
    return on_callee(params, failed)
  elseif REPEATED[name] then
    return name, failed
  elseif facts.message == 1 then
    return "vm_done", {}
  end
  if name == "after" then
    local legs = legs_of(known, math.tointeger(tonumber(failed.n)))
    return "after", failed, not params.DialCallStatus and (facts.talk and TALKED or ended(legs)) or nil
  elseif name == "consent" or name == "menu" and params.Digits then
    return name, failed
  elseif name == "menu" then
    return "again", failed
  elseif not kind then
    return "first", {}
  end
  return at_place(params, known, kind, n, since, failed)
end

return fallback
