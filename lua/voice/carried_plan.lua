-- voice/carried_plan.lua: the plan of a call that begins while the database is down, in the addresses of its
-- documents, so that another host can continue the call.
--
--   carried_plan.text(decision, number, call)   -> the value of `plan` in a query; nil, its length
--   carried_plan.take(text, call_sid)           what a request brings is known from then on
--
-- Twilio's signature covers the address, so what comes with it is what a host of ours wrote.

local config = require("config")
local crypto = require("crypto")
local decisions = require("models.decisions")
local json = require("json")
local stored_plan = require("calls.plans.stored_plan")

local carried_plan = {}

carried_plan.LONGEST = 1500 -- bytes of the query
local LONGEST_FIELD = 256

local UNSIGNED = config.get("insecure_webhooks")

---@param decision Decision
---@param number string the called number
---@param call { from: string, forwarded_from: string? }
---@return string? text
---@return integer? length of one that is too long
function carried_plan.text(decision, number, call)
  local plan = { start = decision.plan.start, steps = decision.plan.steps }
  local text = crypto.base64url(json.encode {
    plan = plan, number = number, from = call.from, forwarded_from = call.forwarded_from,
    source = decision.source,
  })
  if #text > carried_plan.LONGEST then
    return nil, #text
  end
  return text
end

local function is_short(value)
  return type(value) == "string" and #value <= LONGEST_FIELD
end

local function read(text)
  local ok, state = pcall(function() return json.decode(crypto.base64url_decode(text)) end)
  if not ok or type(state) ~= "table" or not stored_plan.check(state.plan) then
    return nil
  end
  local forwarded_from = state.forwarded_from
  local sound = is_short(state.number) and is_short(state.from) and is_short(state.source)
    and (forwarded_from == nil or is_short(forwarded_from))
  return sound and {
    plan = { start = state.plan.start, steps = state.plan.steps }, number = state.number, from = state.from,
    forwarded_from = forwarded_from, source = state.source,
  } or nil
end

--- Remember the call whose plan a request brings, unless it is known here.
---@param text string? `plan` of the query
---@param call_sid string? of the caller's leg
function carried_plan.take(text, call_sid)
  if UNSIGNED or not text or #text > carried_plan.LONGEST then
    return
  elseif not call_sid or decisions.in_memory(call_sid) then
    return
  end
  local state = read(text)
  if state then
    state.carried, state.stored = text, true
    decisions.remember(call_sid, json.encode(state))
  end
end

return carried_plan
