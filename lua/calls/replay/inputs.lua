-- inputs.lua: the stored inputs of a past call, prepared for the rules.
--
--   replay_input.of(row, known, history)   -> CallInput, settings; or nil: unreadable
--   replay_input.shared(row, known)        -> what it has in common with other calls, or nil
--   replay_input.known(most)               -> what it remembers between calls
--
-- Stored are the caller, the settings, the lookups, the override and whether the
-- owner's browser was online. How often the caller had called before, and whether the line was busy, are
-- stored if a rule read them, and otherwise looked up in the call log if a rule reads them now.

local Cache = require("calls.cache")
local json = require("json")
local console_forwarding = require("calls.plans.console_forwarding")
local reads = require("calls.rules.reads")

local replay_input = {}

local SPLIT = '},"settings":{"forwarding":'
local REST = ',"caller":{'
local HEAD = '{"call":{"from":"%s","to":"%s","at":%d'

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

--- A record's keys and values in a list, of which copies are cheaper to make.
local function listed(record)
  local list = {}
  for key, value in pairs(record) do table.move({ key, value }, 1, 2, #list + 1, list) end
  return list
end

local function copy_of(list)
  local copy = {}
  for i = 1, #list, 2 do copy[list[i]] = list[i + 1] end
  return copy
end

---@class SharedInputs what many calls have in common: all but who calls and when
---@field to string
---@field about table their settings
---@field call any[] keys and values, one after the other
---@field caller any[]
---@field line any[]
---@field has_away boolean someone was away

--- What a call's inputs hold besides the numbers and the time; false: read the whole text.
local function read_rest(text)
  local rest = json.decode("{" .. text:sub(2))
  -- an order is filled in as the call is decided
  return type(rest) == "table" and type(rest.caller) == "table" and type(rest.line) == "table"
    and rest.order == nil and {
      call = listed(rest), caller = listed(rest.caller), line = listed(rest.line),
      has_away = rest.away ~= nil, known = {},
    }
end

--- What a row's call shares with others, if its inputs begin as most do.
---@param row ReplayRow
---@param known KnownInputs
---@return SharedInputs?
function replay_input.shared(row, known)
  local text, to = row.inputs, row.to
  local at, last = text:find(REST, 1, true), text:find(SPLIT, 1, true)
  -- Equal only if nothing in the numbers had to be escaped.
  if not at or not last or text:sub(1, at - 1) ~= HEAD:format(row.from, to, row.started_at // 1000) then
    return nil
  end
  local about = known.settings:get(text:sub(last + 13, -2), read_settings)
  local rest = about and known.rests:get(text:sub(at, last), read_rest)
  if not rest then
    return nil
  end
  local shared = rest.known[about]
  if not shared or shared.to ~= to then
    shared = { to = to, about = about, call = rest.call, caller = rest.caller, line = rest.line,
      has_away = rest.has_away }
    rest.known[about] = shared
  end
  return shared
end

local function call_of(shared, row)
  local call = copy_of(shared.call)
  call.from, call.to, call.at = row.from, row.to, row.started_at // 1000
  call.caller, call.line = copy_of(shared.caller), copy_of(shared.line)
  return call, shared.about
end

--- The stored inputs of a call that shares nothing, and of its settings.
local function stored(row, known)
  local text = row.inputs
  local at = text:find(SPLIT, 1, true)
  local about = at and known.settings:get(text:sub(at + 13, -2), read_settings)
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

---@class KnownInputs what many calls share, by its text
---@field settings Cache
---@field rests Cache

---@param most integer texts of each kind
---@return KnownInputs
function replay_input.known(most)
  return { settings = Cache.new(most), rests = Cache.new(most) }
end

--- A call's inputs as rules see them, and its settings, with their plan if that is fixed.
---@param row ReplayRow
---@param known KnownInputs
---@param history ReplayHistory
---@param shared SharedInputs? of this row, if the caller has it already
---@return CallInput? nil: unreadable
---@return { number: table, forwarding: table, owner: table, plan: (fun(): FlatPlan)? }?
function replay_input.of(row, known, history, shared)
  shared = shared or replay_input.shared(row, known)
  local call, about
  if shared then
    call, about = call_of(shared, row)
  else
    call, about = stored(row, known)
  end
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
