-- follow.lua: following a plan, verb by verb, until the document has to end.
--
--   follow.follow(plan, n, nodes, ctx)             -> Entered; appends to nodes
--   follow.menu(step, n, nodes, ctx, try)          appends the <Gather> of a menu
--   follow.with(ctx, { rec = "1" })                the context with some fields changed
--
-- say, play and twiml let a document go on; a ring ends it (its action takes
-- over), and so do voicemail, menu, hangup and reject. A ring that rings nobody
-- (browsers offline, phones refused) is passed over as no answer, or as failed.
-- Where a plan ends without an end, there is voicemail.

local dial = require("calls.steps.dial")
local stored_plan = require("calls.plans.stored_plan")
local speech = require("calls.twiml.speech")
local twiml = require("calls.twiml.document")
local urls = require("calls.twiml.urls")

---@class CallContext
---@field base_url string? SERVER_URL
---@field number table? row of the called number
---@field call { from: string?, to: string?, sid: string?, name: string? }? name: from the contacts
---@field caller_id string? what to show instead of what `call` says
---@field caller_shown string? the same for browsers
---@field v integer? version of the rules, pinned for the call
---@field rec string? `rec` of the query: "1" recording announced or agreed, "0" declined
---@field voice string?
---@field language string?
---@field company string?
---@field online table|boolean|nil users whose browser is registered; nil: not known
---@field policy PolicyContext?
---@field call_limit_seconds integer?
---@field carried string? the plan, as addresses carry it (voice/carried_plan.lua)
---@field in_progress boolean? the call was answered before, so it cannot be rejected

---@class Entered what a document does, for the host to store
---@field n integer? the step the caller is at now
---@field kind string? its kind
---@field leg string? of a ring
---@field done boolean nothing follows but the end of the call
---@field skipped { n: integer, outcome: string, left_out: table[] }[] rings that rang nobody
---@field left_out table[]? targets left out of the ring that is dialled: { target, code, message? }

local follow = {}

---@param ctx CallContext
---@param fields table
---@return CallContext
function follow.with(ctx, fields)
  return setmetatable(fields, { __index = ctx })
end

local function ask_consent(nodes, step, n, ctx)
  local announcement = speech.filled((ctx.number or {}).recording_announcement)
  nodes[#nodes + 1] = twiml.gather {
    numDigits = 1, timeout = 5, actionOnEmptyResult = true, method = "POST",
    action = urls.step(ctx, "consent", { n = n }),
    announcement and speech.greeting(ctx, announcement)
      or speech.phrase(speech.of_step(ctx, step), "consent"),
  }
end

--- Append what a ring needs. Returns false when nobody is left to ring.
local function append_ring(step, n, nodes, ctx, entered)
  local recording = dial.recording(ctx)
  local live, left_out = dial.targets(step, ctx, recording ~= "ask" and n or nil)
  if #live == 0 then
    local word = "failed"
    for _, entry in ipairs(left_out) do
      if entry.code == "offline" then word = "no_answer" end
    end
    entered.skipped[#entered.skipped + 1] = { n = n, outcome = word, left_out = left_out }
    return false
  end
  if recording == "ask" then
    entered.kind = "consent"
    ask_consent(nodes, step, n, ctx)
    return true
  elseif recording == "announce" then
    nodes[#nodes + 1] = speech.greeting(ctx, ctx.number.recording_announcement)
    ctx = follow.with(ctx, { rec = "1" })
  end
  entered.leg = step.leg
  entered.left_out = #left_out > 0 and left_out or nil
  nodes[#nodes + 1] = dial.node(step, n, live, ctx)
  return true
end

---@param step PlanStep
---@param n integer
---@param nodes TwimlNode[]
---@param ctx CallContext
---@param try integer 1 for the first time
function follow.menu(step, n, nodes, ctx, try)
  local longest, hash = 1, false
  for digits in pairs(step.digits or {}) do
    longest = math.max(longest, #digits)
    hash = hash or digits:find("#", 1, true) ~= nil
  end
  nodes[#nodes + 1] = twiml.gather {
    numDigits = longest, timeout = step.seconds or 5, actionOnEmptyResult = true, method = "POST",
    finishOnKey = hash and "" or nil,
    action = urls.step(ctx, "menu", { n = n, try = try }),
    speech.greeting(speech.of_step(ctx, step), step.text),
  }
end

-- Appenders of the steps that end a document.
local ENDS = {
  voicemail = function(step, n, nodes, ctx) speech.voicemail(ctx, nodes, step, n) end,
  menu = function(step, n, nodes, ctx) follow.menu(step, n, nodes, ctx, 1) end,
  hangup = function(_, _, nodes) nodes[#nodes + 1] = twiml.hangup() end,
  -- Only an unanswered call can be rejected; later a word and the end are left.
  reject = function(step, _, nodes, ctx)
    if #nodes == 0 and not ctx.in_progress then
      nodes[1] = twiml.reject { reason = step.reason or "rejected" }
      return
    end
    nodes[#nodes + 1] = speech.phrase(speech.of_step(ctx, step), "goodbye")
    nodes[#nodes + 1] = twiml.hangup()
  end,
}

-- Appenders of the steps after which the document goes on.
local GOES_ON = {
  say = function(step, nodes, ctx)
    ctx = speech.of_step(ctx, step)
    nodes[#nodes + 1] = step.phrase and speech.phrase(ctx, step.phrase) or speech.say(ctx, step.text)
  end,
  play = function(step, nodes) nodes[#nodes + 1] = twiml.play(step.url) end,
  twiml = function(step, nodes)
    for _, plain in ipairs(step.verbs) do nodes[#nodes + 1] = twiml.node(plain) end
  end,
}

---@param plan FlatPlan?
---@param n integer?
---@param nodes TwimlNode[]
---@param ctx CallContext
---@return Entered
function follow.follow(plan, n, nodes, ctx)
  local entered = { skipped = {}, done = false }
  local all = type(plan) == "table" and plan.steps or {}
  for _ = 1, stored_plan.MAX_STEPS do
    local step = all[n]
    if not step then break end
    entered.n, entered.kind = n, step.kind
    if step.kind == "ring" then
      if append_ring(step, n, nodes, ctx, entered) then
        return entered
      end
      n = stored_plan.next(step, entered.skipped[#entered.skipped].outcome)
    elseif ENDS[step.kind] then
      ENDS[step.kind](step, n, nodes, ctx)
      entered.done = step.kind == "hangup" or step.kind == "reject"
      return entered
    elseif GOES_ON[step.kind] then
      GOES_ON[step.kind](step, nodes, ctx)
      n = stored_plan.next(step, "otherwise")
      if not n then
        if step.kind ~= "twiml" then nodes[#nodes + 1] = twiml.hangup() end
        entered.done = step.kind ~= "twiml"
        return entered
      end
    else
      break
    end
  end
  entered.n, entered.kind = nil, "voicemail"
  speech.voicemail(ctx, nodes)
  return entered
end

return follow
