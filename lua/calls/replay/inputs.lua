-- inputs.lua: the stored inputs of a past call, prepared for the rules.
--
--   inputs.text(call, settings)          -> the text that is stored with a call
--   inputs.of(row, settings, history)    -> CallInput, settings, the draft that decided; or nil: unreadable
--
-- Stored are the caller, the settings, the lookups, the override and whether the
-- owner's browser was online. How often the caller had called before, and whether the line was busy, are
-- stored if a rule read them, and otherwise looked up in the call log if a rule reads them now.

local json = require("json")
local console_forwarding = require("calls.plans.console_forwarding")
local reads = require("calls.rules.reads")

local inputs = {}

local SETTINGS = ',"settings":'

--- Many calls have the same settings, so these stand last: their text is decoded once for all.
---@param call string members of a JSON object, the last of which is an object
---@param settings string JSON
---@return string
function inputs.text(call, settings)
  return "{" .. call .. SETTINGS .. settings .. "}"
end

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

--- What is stored of a call, and its settings.
local function stored(text, settings)
  local at, last = text:find(SETTINGS, 1, true)
  local about = at and settings:get(text:sub(last + 1, -2), read_settings)
  local found = about and json.decode(text:sub(1, at - 1) .. "}")
  if type(found) ~= "table" then
    -- Stored in another order, or a lookup has settings, too: the parts aren't JSON.
    found = json.decode(text)
    about = type(found) == "table" and type(found.settings) == "table"
      and read_settings(json.encode(found.settings))
  end
  local call = type(found) == "table" and found.call
  if about and type(call) == "table" and type(call.at) == "number" then
    return call, about, found.draft
  end
end

--- A call's inputs as rules see them, and its settings, with their plan if that is fixed.
---@param row ReplayRow
---@param settings Cache of settings, by their text
---@param history ReplayHistory
---@return CallInput? nil: unreadable
---@return { number: table, forwarding: table, owner: table, plan: (fun(): FlatPlan)? }?
---@return integer? draft the one that decided
function inputs.of(row, settings, history)
  local call, about, draft = stored(row.inputs, settings)
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
  return call, about, draft
end

return inputs
