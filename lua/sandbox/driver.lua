-- sandbox.driver: plays one call against our own server, as Twilio would: signed
-- requests over HTTP, what was scripted for each leg, every callback.
--
--   driver.play(order, at)   -> summary, or nil, message, code
--
-- calls/simulator follows the documents; this module adds the wire, the account's
-- resources (the calls and recordings that the REST API then shows), and the order
-- in which callbacks arrive. One worker plays the call and others answer it.

local applications = require("sandbox.rest.applications")
local calls = require("sandbox.rest.calls")
local config = require("config")
local json = require("json")
local live = require("sandbox.live")
local recordings = require("sandbox.rest.recordings")
local resource = require("sandbox.rest.resource")
local sandbox = require("models.sandbox")
local simulator = require("calls.simulator.simulator")
local standin = require("standin")
local own_webhooks = require("twilio.webhooks")
local wire = require("sandbox.wire")

local driver = {}

driver.LONGEST_SECONDS = 900 -- of a call with people in it

local PACED_SECONDS = 20 -- the longest that any other call may take in real time

---@class SandboxOrder: SimulatorOptions what to play; only from and to are needed
---@field in_order boolean? false: callbacks arrive at the end, the last first
---@field twice boolean? every request comes twice; both must be answered alike
---@field mishaps SandboxMishap[]? what goes wrong with single requests
---@field pace number? real seconds for each second of the call; 0
---@field fragment "unsigned"|"signed"? whether a URL's fragment is part of the signature
---@field price_after integer? milliseconds until the call has a price
---@field live boolean? people play their browsers' part: in real time

-- The webhooks to call: the app's for a call from a browser, else the number's.
local function webhooks(order, at)
  local app, params = nil, {}
  if order.from:find("^client:") then
    app = applications.own(at)
    params.ApplicationSid = app.sid
  end
  local number = not app and sandbox.named("number", order.to)
  if number and (number.voice_application_sid or "") ~= "" then
    app = sandbox.get("application", number.voice_application_sid)
  end
  local from = app or number
  if not from then
    -- Not a number of the stand-in's: one that was put into the database. It is set as `setup` sets ours.
    local own = own_webhooks.number()
    from = {
      voice_url = own.VoiceUrl, voice_fallback_url = own.VoiceFallbackUrl,
      status_callback = own.StatusCallback,
    }
  end
  return from, params
end

-- The events of a leg that aren't a call status.
local STATUS = { initiated = "queued" }

-- Stores what the account's Calls and Recordings show about the call.
local function observer(order, at, paced, hand)
  local function store(row, kind, what)
    if hand then
      hand:store(row, kind, what, at)
    else
      calls.store(row, at)
    end
  end
  local number = not order.from:find("^client:") and sandbox.named("number", order.to)
  local number_sid = number and number.sid or nil
  local function ms(seconds)
    return seconds and at + math.floor(seconds * 1000)
  end
  local function priced_at(ended)
    return ended and at + (order.price_after or calls.PRICE_AFTER_MS)
  end
  return function(kind, what)
    if kind == "recording" then
      recordings.store({
        sid = what.sid, call_sid = what.call_sid, status = what.status, source = what.source,
        channels = what.channels, duration = what.duration, started_at = ms(what.at),
        error_code = what.status == "absent" and 16102 or nil, -- nothing was heard
      }, at)
    elseif kind == "call" and (paced or what.ended_at or not what.answered_at) then
      store({
        sid = what.sid, from = order.from, to = order.to, status = what.status, direction = "inbound",
        phone_number_sid = number_sid, made_at = at, answered_at = ms(what.answered_at),
        ended_at = ms(what.ended_at), duration = what.duration, priced_at = priced_at(what.ended_at),
      }, kind, what)
    elseif kind == "leg" and (paced or what.over) then
      store({
        sid = what.sid, parent_call_sid = what.parent_sid, from = what.from, to = what.to,
        status = STATUS[what.status] or what.status, direction = "outbound-dial", made_at = ms(what.at),
        answered_at = ms(what.picked_at), ended_at = ms(what.ended_at),
        duration = what.duration, priced_at = priced_at(what.ended_at),
      }, kind, what)
    end
  end
end

-- Lets real time pass, and ends the call if the API has ended it.
local function ticker(order, call_sid, hand)
  if hand then
    return function(from, to) return hand:tick(from, to) end
  end
  local pace, spent = order.pace or 0, 0
  if pace <= 0 then
    return nil
  end
  return function(from, to)
    local seconds = math.min((to - from) * pace, PACED_SECONDS - spent)
    spent = spent + seconds
    standin.sleep(math.floor(seconds * 1000))
    return calls.has_ended(call_sid)
  end
end

local function summary(result, line)
  local legs, recorded, requests = json.array {}, json.array {}, json.array {}
  for position, leg in ipairs(result.legs) do
    legs[position] = {
      sid = leg.sid, target = leg.target, status = leg.status, duration = leg.duration,
      connected = leg.connected_at ~= nil,
    }
  end
  for position, recording in ipairs(result.recordings) do
    recorded[position] = {
      sid = recording.sid, status = recording.status, duration = recording.duration,
      source = recording.source,
    }
  end
  for position, document in ipairs(result.documents) do
    requests[position] = { at = document.at, who = document.who, url = document.url, twiml = document.xml }
  end
  return {
    sid = result.sid, status = result.status, ending = result.ending, outcome = result.outcome,
    seconds = result.seconds, duration = result.duration, legs = legs, recordings = recorded,
    heard = json.array(simulator.lines(result.timeline)), timeline = json.array(result.timeline),
    requests = requests, callbacks = json.array(line.callbacks), problems = json.array(line.problems),
  }
end

-- The script that play() takes, out of the order.
local function script(order)
  return {
    from = order.from, to = order.to, legs = order.legs, digits = order.digits, messages = order.messages,
    hangup_at = order.hangup_at, variant = order.variant, transcript = order.transcript, live = order.live,
  }
end

---@param order SandboxOrder
---@param at integer milliseconds
---@return table? summary
---@return string? message
---@return "one_worker"|"busy"|"no_voice_url"|nil code
function driver.play(order, at)
  if config.get("workers") < 2 then
    return nil, "A call cannot be played with workers = 1: another worker has to answer it.", "one_worker"
  end
  local slot <close> = standin.slot()
  if not slot then
    return nil, "Half of the workers are playing calls already; the others have to answer them.", "busy"
  end
  local hooks, params = webhooks(order, at)
  if (hooks.voice_url or "") == "" then
    return nil, order.to .. " has no VoiceUrl: nothing answers its calls.", "no_voice_url"
  end
  local line = wire.new(order)
  local options = script(order)
  options.url, options.fallback_url, options.status_callback =
    hooks.voice_url, hooks.voice_fallback_url, hooks.status_callback
  if options.fallback_url == "" then
    options.fallback_url = nil
  end
  for name, value in pairs(order.params or {}) do
    params[name] = value
  end
  options.params, options.at, options.account_sid = params, at // 1000, config.get("twilio_account_sid")
  order.call_sid = order.call_sid or resource.new_sid("CA")
  options.call_sid = order.call_sid
  options.api_base_url, options.new_sid = config.get("twilio_api_base_url"), resource.new_sid
  local hand = order.live and live.new(order) or nil
  options.tick = ticker(order, options.call_sid, hand)
  options.observe = observer(order, at, options.tick ~= nil, hand)
  options.fetch = function(url, form, about) return line:fetch(url, form, about) end
  options.notify = function(url, form, about) return line:notify(url, form, about) end
  local result = simulator.play(options)
  line:flush()
  return summary(result, line)
end

return driver
