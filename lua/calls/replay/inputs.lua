-- inputs.lua: the stored inputs of a past call, prepared for the rules.
--
--   replay_input.of(row, known, history)   -> CallInput, settings; or nil: unreadable
--
-- Stored are the caller, the settings, the lookups, the override and whether the
-- owner's browser was online. How often the caller had called before, and whether the line was busy, are
-- stored if a rule read them, and otherwise looked up in the call log if a rule reads them now.

local json = require("json")
local console_forwarding = require("calls.plans.console_forwarding")
local reads = require("calls.rules.reads")

local replay_input = {}

local SPLIT = '},"settings":{"forwarding":'

local function read_settings(text)
  local about = json.decode(text)
  if type(about) ~= "table" or type(about.number) ~= "table" or type(about.owner) ~= "table" then
    return false
  end
  if console_forwarding.is_fixed(about.forwarding) then
    local plan = console_forwarding.plan(about.number, about.forwarding)
    about.plan = function() return plan end
  end
  return about
end

--- The stored inputs of the call, and of the settings, which many calls share.
local function stored(text, known)
  local at = text:find(SPLIT, 1, true)
  local about = at and known:get(text:sub(at + 13, -2), read_settings)
  local inputs = about and json.decode(text:sub(1, at) .. "}")
  if type(inputs) ~= "table" then
    -- Stored in another order, or a lookup that looks like the settings.
    inputs = json.decode(text)
    about = type(inputs) == "table" and type(inputs.settings) == "table"
      and read_settings(json.encode(inputs.settings))
  end
  local call = type(inputs) == "table" and inputs.call
  if not about or type(call) ~= "table" or type(call.at) ~= "number" then
    return nil
  end
  return call, about
end

--- A call's inputs as rules see them, and its settings, with their plan if that is fixed.
---@param row ReplayRow
---@param known Cache settings by their text
---@param history ReplayHistory
---@return CallInput? nil: unreadable
---@return { number: table, forwarding: table, owner: table, plan: (fun(): FlatPlan)? }?
function replay_input.of(row, known, history)
  local call, about = stored(row.inputs, known)
  if not call then
    return nil
  end
  local who = type(call.caller) == "table" and call.caller or {}
  local line = type(call.line) == "table" and call.line or {}
  -- What was read about line and caller then; else what the call log knows.
  local busy = reads.value(row.reads, "line.busy")
  if busy == nil then
    busy = function() return history.busy(row.user_id, row.call_sid, row.started_at) end
  else
    busy = busy == true
  end
  who.prior_calls = math.tointeger(reads.value(row.reads, "caller.prior_calls"))
    or function() return history.prior(row.user_id, row.from, row.started_at) end
  line.busy = busy
  call.caller, call.line = who, line
  call.number, call.owner = about.number, about.owner
  call.forwarding = console_forwarding.in_force(about.forwarding, call.at)
  call.lookups = type(call.lookups) == "table" and call.lookups or {}
  return call, about
end

return replay_input
