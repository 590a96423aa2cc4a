-- voice/start.lua: the first webhook of a call from outside.
--
--   voice_start.incoming(req, about)  -> TwiML text, batch, note
--   voice_start.again(req)            -> the first document of a call that has one
--
-- The decision and the call's log row (the batch) are on disk before the answer
-- is sent. When they cannot be stored, the call goes on from memory.

local alerts = require("models.alerts")
local caller = require("calls.parties.caller")
local calls = require("models.calls")
local carried_plan = require("voice.carried_plan")
local contacts = require("models.contacts")
local db = require("db")
local decide = require("calls.rules.decide")
local decisions = require("models.decisions")
local dial = require("calls.steps.dial")
local drafts = require("models.drafts")
local judgements = require("models.judgements")
local json = require("json")
local log = require("log")
local metrics = require("metrics")
local presence = require("models.presence")
local recordings = require("models.recordings")
local rules = require("rules")
local console_forwarding = require("calls.plans.console_forwarding")
local scope = require("hookswitch.scope")
local steps = require("calls.steps.documents")
local first_document = require("calls.steps.first_document")
local voice_draft = require("voice.draft")
local voice_input = require("voice.input")
local voice_lookups = require("voice.lookups")

local voice_start = {}

voice_start.FIRST = "first" -- the note of a first document

local TEMPLATES = 100 -- kept for a number

-- The rules of this VM: names, lines and the plans that are in the file. A
-- new version of the file comes with a new VM.
local listed
local function rule_list()
  if not listed then
    listed = rules.list()
  end
  return listed
end

-- A caller who gets the draft; the live rules where it fails.
local function by_draft(input, list, settings_plan, call_sid)
  local decision = decide.first(input)
  if decision then
    return decision
  end
  local runs
  input.lookups, runs = voice_lookups.run(input, call_sid)
  local failed
  decision, failed = voice_draft.decide(input, settings_plan, call_sid)
  decision = decision or decide.choose(input, function() return rules.decide(input) end, list, settings_plan)
  decision.runs, decision.failed_draft = runs, failed
  return decision
end

local function choose(input, about, call_sid)
  if about.is_unadopted then
    return decide.first(input) or { plan = console_forwarding.voicemail(), source = "unadopted" }
  end
  local list = rule_list()
  local settings_plan = about.settings_plan and function() return about.settings_plan end
  if drafts.for_caller(input.from) then
    return by_draft(input, list, settings_plan, call_sid)
  end
  if #list == 0 and not rules.error() then
    return decide.first(input) or decide.ruled(input, { ok = true, reads = "{}" }, settings_plan)
  end
  local runs
  local function consult()
    input.lookups, runs = voice_lookups.run(input, call_sid)
    return rules.decide(input)
  end
  local decision = decide.choose(input, consult, list, settings_plan)
  decision.runs = runs
  return decision
end

-- Plans that are used again keep their JSON: those written in the rule file and
-- those of settings.
local plan_texts = setmetatable({}, { __mode = "k" })

local function plan_json(plan)
  local text = plan_texts[plan]
  if not text then
    text = json.encode(plan)
    plan_texts[plan] = text
  end
  return text
end

-- What later steps need, kept in memory and rebuilt from the database.
local function remember(call_sid, about, decision, plan_text, call)
  decisions.remember(call_sid, '{"plan":' .. plan_text .. ',"number":"' .. about.number.phone_number
    .. '","from":' .. json.encode(call.from) .. ',"name":' .. (call.name and json.encode(call.name) or "null")
    .. (call.forwarded_from and ',"forwarded_from":"' .. call.forwarded_from .. '"' or "")
    .. (call.carried and ',"carried":"' .. call.carried .. '"' or "")
    .. ',"source":"' .. decision.source .. '"}')
end

local function same_people_online(made, at)
  for position, user_id in ipairs(made.users) do
    if made.online[position] ~= presence.online(user_id, at) then
      return false
    end
  end
  return true
end

-- Does the document dial the phone that the call comes from?
local function leads_back(made, call)
  for _, one in ipairs(made.planned) do
    if dial.loop(one.phone, call) then
      return true
    end
  end
  return false
end

local function new_template(about, plan, plan_text, at)
  if about.kept and about.kept >= TEMPLATES then
    about.templates, about.kept = {}, 0
  end
  local made = first_document.make(plan, voice_input.context(about.number, {}, at))
  made.online = {}
  for position, user_id in ipairs(made.users) do
    made.online[position] = presence.online(user_id, at)
  end
  about.templates[plan_text], about.kept = made, (about.kept or 0) + 1
  return made
end

-- The document a plan begins with. It is written once and filled in, but where a
-- fraud limit is near: then every call is looked at by itself.
local function opening_document(about, plan, plan_text, call, at)
  if call.carried then
    return steps.begin(plan, voice_input.context(about.number, call, at))
  end
  local made = about.templates[plan_text]
  if not made or not same_people_online(made, at) then
    made = new_template(about, plan, plan_text, at)
  end
  if leads_back(made, call) or not voice_input.has_room(about.number.user_id, call.sid, made.planned, at) then
    return steps.begin(plan, voice_input.context(about.number, call, at))
  end
  local caller_id = made.dials and caller.id(call.from, about.number.phone_number) or ""
  local shown = #made.users > 0 and dial.shown { call = call } or ""
  return first_document.fill(made, caller_id, shown), made.entered
end

-- One alert for a cause, however many calls it meets. What rules and lookups say
-- may name the caller, so others than the number's owner see it only in a team.
local function add_alerts(batch, call_sid, decision, user_id, at)
  local concerned, fact = scope.concerned(user_id), { "decision", call_sid }
  if decision.error then
    local subject = decision.error:match('^%S+:%d+: rule "(.-)": ') or "forwarding.lua"
    alerts.add(batch, fact, { user_id = concerned, kind = "rule_failed", subject = subject,
      detail = decision.error, at = at })
  end
  for _, run in ipairs(decision.runs or {}) do
    if run.error then
      alerts.add(batch, fact, { user_id = concerned, kind = "lookup_failed", subject = run.name,
        detail = run.error, at = at })
    end
  end
  local failed = decision.failed_draft
  if failed then
    drafts.add_off(batch, failed.id, failed.reason, call_sid, at)
  end
end

local NOT_ADOPTED = "%s is called, but belongs to no user here, so its callers leave you a message. "
  .. "Give it to someone with `hookswitch sync --adopt USER`."

-- What is stored of a decision, its call and the rings nobody was there for.
local function statements(req, about, input, decided)
  local number, version, call_sid = about.number, rules.version(), req.params.CallSid
  local decision, entered = decided.decision, decided.entered
  local batch = { decisions.insert {
    call_sid = call_sid, at = req.at, source = decision.source, rule = decision.rule,
    line = decision.line, version = version, error = decision.error, plan_json = decided.plan_text,
    inputs_json = voice_input.json(input, about, decision),
    reads_json = decision.reads or "{}",
    entered = entered,
  }, nil, nil, nil, nil, unless_new = nil } -- with room for what follows
  decisions.add_skipped(batch, call_sid, entered.skipped, req.at)
  add_alerts(batch, call_sid, decision, number.user_id, req.at)
  if about.is_unadopted then
    alerts.add(batch, { "decision", call_sid }, { user_id = number.user_id, kind = "not_adopted",
      subject = input.to, detail = NOT_ADOPTED:format(input.to), at = req.at })
  end
  local report = calls.report {
    call_sid = call_sid, user_id = number.user_id, phone_number_id = number.id, direction = "inbound",
    from = input.from, to = input.to, status = req.params.CallStatus or "ringing", at = req.at,
    rule_version = version,
  }
  local is_shared = db:host() ~= nil
  if is_shared and not entered.done then
    batch[#batch + 1] = calls.if_new(report) -- PostgreSQL doesn't tell of an upsert
    batch.unless_new = #batch
  end
  batch[#batch + 1] = report
  -- A call that begins has nothing to be judged by, unless its plan ends it.
  if not entered.done then
    batch.unless_new = batch.unless_new or #batch
  end
  -- With several hosts this may come late, from the near file: after the call's legs and recordings.
  if is_shared then
    local n = #batch
    batch[n + 1], batch[n + 2], batch[n + 3] = calls.own_legs(call_sid), recordings.join(call_sid)
  end
  judgements.add(batch, call_sid)
  return batch
end

local function rules_failed(call_sid, decision)
  log.warn("rules_failed", {
    call_sid = call_sid, rule = decision.rule, line = decision.line,
    code = decision.code, message = decision.error,
  })
end

local function call_of(params, about, contact)
  local name = contact and contact.name
  return {
    from = params.From or "", to = about.number.phone_number, sid = params.CallSid,
    forwarded_from = caller.phone(params.ForwardedFrom, about.number.phone_number),
    name = name ~= "" and name or nil,
  }
end

---@param req Request
---@param about AboutNumber the called number
---@return string twiml
---@return table[]? batch what is to be stored before it leaves
---@return string? note
function voice_start.incoming(req, about)
  local params, at, number = req.params, req.at, about.number
  local call_sid = params.CallSid
  local contact = contacts.find(number.user_id, params.From or "")
  local call = call_of(params, about, contact)
  local known = decisions.in_memory(call_sid)
  if known then
    call.carried = known.carried
    -- The same webhook again: the first decision stands.
    return (steps.begin(known.plan, voice_input.context(number, call, at)))
  end
  local input = voice_input.gather(about, call, params, contact, at)
  local decision = choose(input, about, call_sid)
  local plan_text = plan_json(decision.plan)
  if decisions.are_spooled() then
    call.carried, decision.not_carried = carried_plan.text(decision, number.phone_number, call)
  end
  local document, entered = opening_document(about, decision.plan, plan_text, call, at)
  remember(call_sid, about, decision, plan_text, call)
  metrics.count("calls")
  if decision.error then
    metrics.count("fallbacks")
    rules_failed(call_sid, decision)
  end
  local decided = { decision = decision, plan_text = plan_text, entered = entered }
  return document, statements(req, about, input, decided), voice_start.FIRST
end

--- The document of a call that was decided before, by another worker or before a restart: that stands.
---@param req Request
---@return string? twiml nil: it was not
function voice_start.again(req)
  local params = req.params
  local first, about = decisions.in_database(params.CallSid), voice_input.about(params.To)
  if not first or not about then
    return nil
  end
  local call = call_of(params, about, contacts.find(about.number.user_id, params.From or ""))
  remember(call.sid, about, first, json.encode(first.plan), call)
  return (steps.begin(first.plan, voice_input.context(about.number, call, req.at)))
end

return voice_start
