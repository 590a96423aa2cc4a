-- voice/simulation.lua: what would happen to a call? For the API and the command.
--
--   simulation.run(wish)      -> Simulation, Scene
--   simulation.shown(result, scene)   -> as the API answers it
--
-- The scene is what the database knows of number and caller, with what the wish
-- says in its place. Without a database, or without a number in it, an ordinary
-- one is assumed, and `assumed` says so. Nothing is written.

local caller = require("calls.parties.caller")
local config = require("config")
local contacts = require("models.contacts")
local json = require("json")
local numbers = require("models.numbers")
local simulate = require("calls.simulator.simulate")
local rules = require("rules")
local voice_input = require("voice.input")

local simulation = {}

local FILE = "forwarding.lua"
local ASSUMED_TO = "+15005550006"
local NOWHERE = "http://127.0.0.1:8080" -- stands for SERVER_URL when that is not set

---@class SimulationWish
---@field database boolean? there is one to look into
---@field assume boolean? there is no number at all, so an ordinary one is assumed
---@field number table? row of the called number
---@field to string? when there is no row
---@field from string
---@field forwarded_from string? E.164
---@field at integer milliseconds
---@field user_id string? who calls from the browser, for `outgoing`
---@field outgoing boolean? the call is made in the browser
---@field caller_id string? for `outgoing`
---@field rules table? a ruleset to try, else those that are loaded
---@field tried boolean? that is not the live file
---@field file string? its name, where it has one
---@field lookups table<string, any>?
---@field line { online: boolean?, busy: boolean? }?
---@field script table legs, digits, messages, hangup_at, variant

---@class Scene
---@field wish SimulationWish
---@field number table? row, real or assumed; nil: the number is not ours
---@field about AboutNumber?
---@field assumed string[]

local function assumed_number(phone)
  return {
    id = 0, user_id = "1", phone_number = phone, friendly_name = phone, country = "US", is_active = 1,
    timezone = config.get("timezone"), recording = "off",
  }
end

local function scene_of(wish)
  local scene = { wish = wish, assumed = json.array {}, number = wish.number }
  local to = wish.to or (wish.number and wish.number.phone_number) or ASSUMED_TO
  if wish.outgoing then
    scene.number = nil
  elseif wish.number then
    scene.about = voice_input.about(to)
  elseif wish.assume then
    scene.number = assumed_number(to)
    scene.about = { number = scene.number, forwarding = {}, owner = { id = scene.number.user_id } }
    scene.assumed[1] = ("%s: %s is an active number in the time zone %s, without forwarding "
      .. "settings, contacts or earlier calls"):format(
      wish.database and "there is no number yet" or "there is no database yet", to, scene.number.timezone)
  end
  scene.to = to
  return scene
end

-- A call without a database: what the webhook would have gathered of an unknown caller.
local function plain_input(scene)
  local wish, class = scene.wish, caller.classify(scene.wish.from)
  return {
    from = wish.from, to = scene.to, forwarded_from = wish.forwarded_from, at = wish.at // 1000,
    number = scene.number, forwarding = scene.about.forwarding, owner = scene.about.owner,
    caller = { kind = class.kind, anonymous = class.anonymous, tags = {}, blocked = false, prior_calls = 0 },
    line = { online = false, busy = false },
  }
end

local function real_input(scene)
  local wish = scene.wish
  local contact = contacts.find(scene.number.user_id, wish.from)
  local call = { from = wish.from, sid = "", forwarded_from = wish.forwarded_from }
  local input = voice_input.gather(scene.about, call, {}, contact, wish.at)
  if input.caller.name == "" then input.caller.name = nil end
  return input
end

local function input_of(scene)
  if not scene.about then
    return nil
  end
  local wish = scene.wish
  local input = wish.number and real_input(scene) or plain_input(scene)
  input.lookups = wish.lookups or {}
  for field, value in pairs(wish.line or {}) do input.line[field] = value end
  return input
end

local function context_of(scene)
  local wish = scene.wish
  return function(call)
    -- Without a sid: a telephone that rings in a simulation takes no place of a real one.
    local ctx = wish.database and voice_input.context(scene.number, {}, wish.at) or voice_input.bare_context()
    ctx.number, ctx.call, ctx.v = scene.number, call, rules.version()
    if wish.line and wish.line.online ~= nil then
      ctx.online = wish.line.online
    elseif not wish.database then
      ctx.online = false
    end
    if scene.number and scene.number.id == 0 then ctx.policy = nil end
    if wish.outgoing then
      ctx.numbers, ctx.policy = numbers.callable(wish.user_id), numbers.policy()
    end
    return ctx
  end
end

---@param wish SimulationWish
---@return Simulation
---@return Scene
function simulation.run(wish)
  local scene = scene_of(wish)
  local request = wish.outgoing and { from = wish.from, to = wish.to, caller_id = wish.caller_id } or nil
  return simulate.play {
    input = input_of(scene), outgoing = request, from = wish.from, to = scene.to, at = wish.at // 1000,
    rules = wish.rules or rules, context = context_of(scene), script = wish.script,
    base_url = voice_input.bare_context().base_url or NOWHERE,
  }, scene
end

local function shown_decision(result, scene)
  local decision, refusal = result.decision, result.refusal
  if not decision then
    return {
      source = scene.wish.outgoing and "outgoing" or "unknown_number",
      error = refusal and refusal.message, code = refusal and refusal.code,
    }
  end
  return {
    source = decision.source, rule = decision.rule, line = decision.line,
    file = decision.rule and (scene.wish.file or FILE),
    version = not scene.wish.tried and rules.version() or nil, error = decision.error, code = decision.code,
  }
end

local function shown_number(row)
  return row and {
    id = row.id, phone_number = row.phone_number, friendly_name = row.friendly_name,
    timezone = row.timezone or config.get("timezone"),
  } or json.null
end

local function sentence(event)
  local names = { call = "", caller = "the caller " }
  return (names[event.who] or (event.target or "the callee") .. " ") .. event.text
end

---@param result Simulation
---@param scene Scene
---@return table
function simulation.shown(result, scene)
  local timeline, documents, legs = json.array {}, json.array {}, json.array {}
  for position, event in ipairs(result.timeline) do
    timeline[position] = {
      at = event.at, who = event.who, target = event.target, kind = event.kind, text = sentence(event),
    }
  end
  for position, document in ipairs(result.documents) do
    documents[position] = {
      at = document.at, who = document.who, url = document.url, twiml = document.xml or "",
    }
  end
  for position, leg in ipairs(result.legs) do
    legs[position] = { target = leg.target, status = leg.status, connected = leg.connected_at ~= nil }
  end
  return {
    from = scene.wish.from, to = scene.to, at = scene.wish.at, number = shown_number(scene.number),
    decision = shown_decision(result, scene), plan = result.decision and result.decision.plan or json.null,
    plan_words = result.way, timeline = timeline, documents = documents, legs = legs,
    ending = result.ending, outcome = result.outcome, good = result.good, seconds = result.seconds,
    text = result.text, not_rung = json.array(result.not_rung), assumed = scene.assumed,
  }
end

return simulation
