-- voice/now.lua: what happens to a call that comes in at this moment, number by number.
--
--   now.of(rows, at)   -> NumberNow[], and until when all of them hold
--
-- A call from someone nobody knows is decided by the live rules, from what a webhook would know. Lookups are
-- left out, so nothing is asked over the network, and nothing is written. An answer is kept until the
-- settings change, or until the clock may change it.

local audit = require("models.audit")
local config = require("config")
local console_forwarding = require("calls.plans.console_forwarding")
local contacts = require("models.contacts")
local coverage = require("calls.coverage.coverage")
local db = require("db")
local decide = require("calls.rules.decide")
local json = require("json")
local now_words = require("calls.report.now_words")
local numbers = require("models.numbers")
local overrides = require("models.overrides")
local plan_words = require("calls.plans.words")
local policy = require("calls.parties.policy")
local presence = require("models.presence")
local reachable = require("calls.coverage.reachable")
local reads = require("calls.rules.reads")
local rules = require("rules")
local stored_plan = require("calls.plans.stored_plan")
local team_phones = require("voice.team_phones")
local unused_settings = require("calls.plans.unused_settings")
local users = require("models.users")
local voice_input = require("voice.input")

local now = {}

local MINUTE_MS = 60000
local BY_SETTINGS = { settings = true, fallback = true }
local CLOCK, LINE = reads.paths("at"), reads.paths("line*")

---@class NumberNow
---@field phone_number_id integer
---@field phone_number string
---@field friendly_name string
---@field zone string
---@field source string as of a Decision
---@field rule string?
---@field line integer?
---@field error string?
---@field plan FlatPlan
---@field words string
---@field reaches "person"|"voicemail"|"none"
--- rings: whoever may ring, in order, then who is away, until when
---@field rings { target: string, name: string?, state: string, ends_at: integer? }[]
---@field override { id: integer, ends_at: integer, note: string, author: string? }?
---@field setting { id: integer, forwarding_type: string, author: string? }?
---@field unused table[] settings that never apply
---@field text string

local function name_of(target, user_id)
  if target.user then
    return users.name(target.user) or team_phones.user_name(target.user)
  end
  local contact = contacts.find(user_id, target.phone)
  return contact and contact.name ~= "" and contact.name or team_phones.name(target.phone)
end

local function state_of(target, at)
  if target.user then
    return presence.online(target.user, at) and "rings" or "offline"
  end
  return policy.check(target.phone, numbers.policy()) and "rings" or "refused"
end

local function target_of(word)
  local user_id = word:match("^user:(.*)$")
  return user_id and { user = user_id } or { phone = word }
end

-- Everyone on the way that a call takes when nobody answers, then those who are away.
local function rings_of(plan, left_out, user_id, at)
  local list, seen, n = json.array {}, {}, plan.start
  for _ = 1, stored_plan.MAX_STEPS do
    local step = plan.steps[n]
    if not step then
      break
    end
    for position, target in ipairs(step.targets or {}) do
      local word = stored_plan.targets(step)[position]
      if not seen[word] then
        seen[word] = true
        list[#list + 1] = { target = word, name = name_of(target, user_id), state = state_of(target, at) }
      end
    end
    n = stored_plan.next(step, "no_answer")
  end
  for _, one in ipairs(left_out) do
    if not seen[one.target] then
      seen[one.target] = true
      list[#list + 1] = {
        target = one.target, name = name_of(target_of(one.target), user_id), state = "away",
        ends_at = one.ends_at * 1000,
      }
    end
  end
  return list
end

local function override_of(row)
  local author = audit.last_author("override", row.id)
  return { id = row.id, ends_at = row.ends_at, note = row.note, author = author }
end

local function setting_of(row)
  local author = audit.last_author("forwarding", row.id)
  return { id = row.id, forwarding_type = row.forwarding_type, ends_at = row.ends_at, author = author }
end

local function unused_of(about, at)
  local list, rows = json.array {}, unused_settings.rows(about.forwarding, at)
  local context = { number = about.number, policy = numbers.policy(), at = at }
  for _, one in ipairs(unused_settings.of(rows, context)) do
    list[#list + 1] = {
      id = one.setting.id, forwarding_type = one.setting.forwarding_type, reason = one.reason,
      forward_to_number = one.setting.forward_to_number, always_to = one.by and one.by.forward_to_number,
      ends_at = one.setting.ends_at, always_ends_at = one.by and one.by.ends_at,
      text = unused_settings.text(one),
    }
  end
  return list
end

-- How long a decision holds, if the settings stay as they are.
local function holds(about, input, decision, at)
  local text, order = decision.reads or "{}", input.order
  local asked = type(order.turn) ~= "function" or type(order.idle) ~= "function"
  local by_line = BY_SETTINGS[decision.source] and console_forwarding.asks_for_line(input.forwarding)
  if asked or by_line or reads.any(text, LINE) then
    return at
  end
  local change = math.min(overrides.next_change(input.number.user_id, at) or math.maxinteger,
    console_forwarding.next_end(about.forwarding, at) or math.maxinteger,
    decision.changes_at and decision.changes_at * 1000 or math.maxinteger)
  return reads.any(text, CLOCK) and math.min(change, at - at % MINUTE_MS + MINUTE_MS) or change
end

local function decided(about, at)
  local input = voice_input.gather(about, { from = coverage.STRANGER, sid = "" }, {}, nil, at)
  local plan = about.settings_plan and function() return about.settings_plan end
  local decision = decide.choose(input, function() return rules.decide(input) end, rules.list(), plan)
  local always = BY_SETTINGS[decision.source] and input.forwarding.always
  return {
    plan = decision.plan, words = plan_words.way(decision.plan), source = decision.source,
    rule = decision.rule, line = decision.line, error = decision.error,
    override = decision.source == "override" and override_of(input.override) or nil,
    setting = always and setting_of(always) or nil, unused = unused_of(about, at),
    left_out = decision.left_out or {},
  }, holds(about, input, decision, at)
end

local kept, generation = {}, nil

local function of_number(row, at)
  local known = kept[row.id]
  if known and at < known.holds then
    return known.found
  end
  local found, until_when = decided(voice_input.about(row.phone_number), at)
  if until_when > at then kept[row.id] = { found = found, holds = until_when } end
  return found
end

---@param row table of user_phone_numbers, in use
---@param at integer milliseconds
---@return NumberNow
local function shown(row, at)
  local found, online = of_number(row, at), presence.online(row.user_id, at)
  local one = {
    phone_number_id = row.id, phone_number = row.phone_number, friendly_name = row.friendly_name,
    zone = row.timezone or config.get("timezone"),
    rings = rings_of(found.plan, found.left_out, row.user_id, at),
    reaches = reachable.of(found.plan, numbers.policy(), online),
  }
  for field, value in pairs(found) do one[field] = field ~= "left_out" and value or nil end
  one.text = now_words.text(one, at)
  return one
end

---@param rows table[] of user_phone_numbers, in use
---@param at integer milliseconds
---@return NumberNow[]
function now.of(rows, at)
  local current, list = db:generation(), json.array {}
  if current ~= generation then kept, generation = {}, current end
  for position, row in ipairs(rows) do list[position] = shown(row, at) end
  return list
end

return now
