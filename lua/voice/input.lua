-- voice/input.lua: what is known about a call when its webhook arrives.
--
--   voice_input.about(phone)                -> what holds for a number until settings change
--   voice_input.gather(about, call, params, contact, at) -> CallInput for the rules
--   voice_input.json(input, about, decision)          -> the inputs as they are stored with the call
--   voice_input.context(number, call, at)   -> CallContext for the TwiML
--
-- Settings come from memory while nobody changes them (hookswitch.memo). What
-- costs a query on every call (is the line busy, did they ring before) is a
-- function: it is asked only when a rule or a setting reads it.

local caller = require("calls.parties.caller")
local calls = require("models.calls")
local config = require("config")
local contacts = require("models.contacts")
local dial = require("calls.steps.dial")
local forwarding = require("models.forwarding")
local identity = require("calls.parties.identity")
local json = require("json")
local lines = require("models.lines")
local memo = require("hookswitch.memo")
local numbers = require("models.numbers")
local overrides = require("models.overrides")
local presence = require("models.presence")
local rules = require("rules")
local console_forwarding = require("calls.plans.console_forwarding")
local stored_inputs = require("calls.replay.inputs")
local team_phones = require("voice.team_phones")
local users = require("models.users")
local voices = require("calls.twiml.voices")

local voice_input = {}

local NO_TAGS = {}
local DAY_MS = 24 * 3600 * 1000

local function setting(key)
  local value = config.get(key)
  return value ~= "" and value or nil
end

local SETTINGS = {
  base_url = setting("server_url"),
  voice = setting("voice"),
  language = setting("language") or voices.spoken(setting("voice")),
  company = setting("company"),
  call_limit_seconds = tonumber(config.get("call_limit_seconds")),
}
local MAX_LIVE, MAX_MINUTES = tonumber(config.get("concurrent_calls")), tonumber(config.get("daily_minutes"))

local CALL_SECONDS = SETTINGS.call_limit_seconds or dial.CALL_LIMIT_SECONDS

local function minutes_today(user_id, at)
  return calls.minutes(user_id, at, at - at % DAY_MS)
end

-- The minutes are looked up only when a telephone is about to be dialled.
local function minutes_of(user_id, at)
  return function(_, key)
    return key == "minutes_today" and minutes_today(user_id, at) or nil
  end
end

--- What the toll-fraud policy needs to know for a user, for the dials of one call.
---@param user_id string
---@param call_sid string
---@param at integer milliseconds
---@return PolicyContext
function voice_input.policy(user_id, call_sid, at)
  local base = numbers.policy()
  local function reserve(planned)
    return lines.reserve {
      user_id = user_id, call_sid = call_sid, n = planned.n, phone = planned.phone, seconds = planned.seconds,
      limit_seconds = CALL_SECONDS, most = MAX_LIVE, at = at,
    }
  end
  return setmetatable({
    own_numbers = base.own_numbers, countries = base.countries,
    max_live = MAX_LIVE, max_minutes = MAX_MINUTES, reserve = reserve,
  }, { __index = minutes_of(user_id, at) })
end

--- Whether the user's fraud limits leave room for a dial that was written before; its telephones count
--- from then on.
---@param user_id string
---@param call_sid string
---@param planned PlannedDial[]
---@param at integer milliseconds
---@return boolean
function voice_input.has_room(user_id, call_sid, planned, at)
  if #planned == 0 then
    return true
  end
  if MAX_MINUTES - minutes_today(user_id, at) < CALL_SECONDS / 60 then
    return false
  end
  local policy = voice_input.policy(user_id, call_sid, at)
  for _, one in ipairs(planned) do
    if not policy.reserve(one) then
      return false
    end
  end
  return true
end

-- A contact without a name is known by its name in the network.
local function named(contact, network)
  local name = contact and contact.name ~= "" and contact.name or network
  return name ~= "" and name or nil
end

--- What a user's contacts call a caller.
---@param user_id string
---@param from string?
---@return string?
function voice_input.name_of(user_id, from)
  return named(contacts.find(user_id, from or ""))
end

---@param number table? row of the called number, or of the number shown
---@param call { from: string, to: string, sid: string?, name: string?, forwarded_from: string? } without a
--- sid nothing is dialled yet; `carried`: see voice.carried_plan
---@param at integer milliseconds
---@return CallContext
function voice_input.context(number, call, at)
  local user_id = number and number.user_id
  return {
    base_url = SETTINGS.base_url, voice = SETTINGS.voice, language = SETTINGS.language,
    company = SETTINGS.company, call_limit_seconds = SETTINGS.call_limit_seconds,
    number = number, call = call, v = rules.version(), carried = call.carried,
    online = presence.online_users(at),
    policy = user_id and (call.sid and voice_input.policy(user_id, call.sid, at) or numbers.policy()),
  }
end

--- The context of an answer for which nothing could be looked up.
---@return CallContext
function voice_input.bare_context()
  return { base_url = SETTINGS.base_url, voice = SETTINGS.voice, language = SETTINGS.language }
end

---@class AboutNumber what holds for a number until the settings change
---@field number table row
---@field forwarding table<string, table> active console settings by type
---@field owner table
---@field settings_json string all of this, as it is stored with a call
---@field settings_plan FlatPlan? when it depends neither on the line nor on the clock
---@field templates table<string, Template> first documents by plan
---@field is_unadopted boolean? the account owns the number, and no user here has it

-- Twilio only calls us for numbers of its account: this one was never given to a user. Its calls are the
-- first user's.
local function unadopted(phone)
  local user_id = caller.classify(phone).number and users.first()
  return user_id and { user_id = user_id, phone_number = phone, is_active = 1, recording = "off" }
end

--- What is known of a number that is called, or nil when nobody can have it.
---@type fun(phone: string): AboutNumber?
voice_input.about = memo(function(phone)
  local owned = numbers.by_phone(phone)
  local number = owned or unadopted(phone)
  if not number then
    return nil
  elseif not owned then
    return { number = number, forwarding = {}, owner = { id = number.user_id }, templates = {},
      is_unadopted = true, settings_json = json.encode { number = number, owner = { id = number.user_id } } }
  end
  local about = {
    number = number, forwarding = forwarding.active(number.id, number.user_id),
    owner = { id = number.user_id }, templates = {},
  }
  about.settings_json = json.encode { number = number, forwarding = about.forwarding, owner = about.owner }
  if console_forwarding.is_fixed(about.forwarding) then
    about.settings_plan = console_forwarding.plan(number, about.forwarding)
  end
  return about
end)

-- What Twilio calls the targets of a plan.
local function addresses_of(targets)
  local out = {}
  for _, name in ipairs(targets) do
    local user_id = name:match("^user:(.*)$")
    out[user_id and "client:" .. identity.of(user_id) or name] = name
  end
  return out
end

-- What a ring was put in order by; nothing while it is only known how to ask.
local function order_json(order)
  local known = order and (type(order.turn) ~= "function" or type(order.idle) ~= "function")
  return known and ',"order":' .. json.encode { turn = order.turn, idle = order.idle } or ""
end

---@param about AboutNumber
---@param call { from: string, sid: string, forwarded_from: string? }
---@param params table<string, string> the webhook's form
---@param contact table? what the number's owner knows of the caller
---@param at integer milliseconds
---@return CallInput
function voice_input.gather(about, call, params, contact, at)
  local number = about.number
  local user_id, from, call_sid = number.user_id, call.from, call.sid
  local class = caller.classify(from)
  return {
    from = from,
    to = number.phone_number,
    forwarded_from = call.forwarded_from,
    at = at // 1000,
    number = number,
    forwarding = console_forwarding.in_force(about.forwarding, at // 1000),
    owner = about.owner,
    caller = {
      kind = class.kind,
      anonymous = class.anonymous,
      name = named(contact, params.CallerName),
      tags = contact and contact.tags or NO_TAGS,
      blocked = contact and contact.blocked or false,
      stir = params.StirVerstat,
      prior_calls = function() return calls.prior(user_id, from, at) end,
    },
    line = {
      online = presence.online(user_id, at),
      busy = function() return calls.busy(user_id, call_sid, at) end,
    },
    override = overrides.active(user_id, number.id, at),
    away = team_phones.away(at),
    order = {
      turn = function() return calls.turn(user_id, number.id, at) end,
      idle = function(targets) return calls.last_talks(user_id, addresses_of(targets), at) end,
    },
    lookups = {},
  }
end

local function text(value)
  return value and json.encode(value) or "null"
end

--- The inputs as they are stored. Answers that nobody asked for are left out: they can be worked out
--- from the call log, for the time of the call.
---@param input CallInput
---@param about AboutNumber
---@param decision Decision with `runs`, the lookups that were asked: name, ms, error; `draft`, the id of the
--- one that decided; `left_out`, who was away; `not_carried`, the
--- length of a plan that was too long to be carried
---@return string
function voice_input.json(input, about, decision)
  local who = input.caller
  local tags = who.tags == NO_TAGS and "[]" or json.encode(json.array(who.tags))
  local lookups = next(input.lookups) and json.encode(input.lookups) or "{}"
  local runs, draft, long, left_out = decision.runs, decision.draft, decision.not_carried, decision.left_out
  local asked = runs and '"lookup_runs":' .. json.encode(runs) .. "," or ""
  local marked = draft and '"draft":' .. draft .. "," or ""
  local call = marked .. (long and '"not_carried":' .. long .. "," or "")
    .. (left_out and '"left_out":' .. json.encode(left_out) .. "," or "") .. asked
    .. '"call":{"from":' .. text(input.from)
    .. ',"to":"' .. about.number.phone_number
    .. (input.forwarded_from and '","forwarded_from":"' .. input.forwarded_from or "")
    .. '","at":' .. input.at .. ',"caller":{"kind":"' .. who.kind
    .. '","anonymous":' .. tostring(who.anonymous) .. ',"name":' .. text(who.name) .. ',"tags":' .. tags
    .. ',"blocked":' .. tostring(who.blocked) .. ',"stir":' .. text(who.stir)
    .. '},"line":{"online":' .. tostring(input.line.online) .. '},"override":' .. text(input.override)
    .. (input.away and ',"away":' .. json.encode(input.away) or "") .. ',"lookups":' .. lookups
    .. order_json(input.order) .. "}"
  return stored_inputs.text(call, about.settings_json)
end

return voice_input
