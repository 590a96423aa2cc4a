-- gate.lua: decides real calls with an edit before it goes live.
--
--   gate.run(rows, about)     -> Gate, and a GateFault if the edit must not go live
--   gate.since(rows, old_rules, about)   -> Gate: decided calls, compared with the previous rules
--
-- Each call is decided from its recorded inputs by the edit and by the rules it would replace. Calls that the
-- two treat differently are counted in groups. A call for which only the edit fails or reaches a dead end is
-- a fault; one that fails either way doesn't block the edit and is only counted.

local proof_plan = require("calls.proof.paths")
local Replay = require("calls.replay.replay")
local when = require("calls.time_words")

local gate = {}

local MOST_TIMEOUTS = 3 -- calls in a row for which the rules ran out of time
local FILE = "forwarding.lua"
-- Sources of stored decisions that the live rules would repeat.
local STANDS = { rules = true, settings = true, override = true, blocked = true, inactive = true }

---@class GateRow: ReplayRow
---@field rule_version integer? the version that decided

---@class GateAbout
---@field edited { decide: function, list: fun(): table[] }
---@field live (fun(): { decide: function, list: fun(): table[] }?)? asked once a call needs it; nil: use the
--- calls' own decisions
---@field live_version integer? its stored decisions are reused
---@field history ReplayHistory
---@field options ProofOptions
---@field name fun(words: string, user_id: string): string names in place of numbers, for fault messages
---@field split boolean users don't see each other's calls

---@class GateGroup
---@field count integer
---@field before ReplaySide
---@field after ReplaySide
---@field call_sid string of the newest such call
---@field at integer milliseconds, of that call
---@field user_id string? whose calls they are; nil: the team's

---@class Gate
---@field calls integer decided
---@field changed integer that the edit sends elsewhere
---@field failing integer that fail with the edit and failed before
---@field from integer? milliseconds: the oldest call
---@field to integer? the newest
---@field groups GateGroup[] the largest first

---@class GateFault
---@field message string
---@field line integer?
---@field path string
---@field call_sid string
---@field user_id string whose call it is
---@field late boolean? the rules ran out of time

local function replay_with(rules, about)
  return Replay.new {
    decide = rules.decide, list = rules.list(), history = about.history, zone = about.options.zone,
  }
end

local function call_words(run, row)
  local zone, at = run.about.options.zone, row.started_at // 1000
  return ("%s, %s %s %s"):format(run.about.name(row.from, row.user_id), when.day(zone, at),
    when.clock(zone, at), row.call_sid)
end

local function failure(run, row, decision)
  local line, text = decision.error:match("^" .. FILE .. ":(%d+): (.*)$")
  local call = call_words(run, row)
  return {
    line = math.tointeger(line), call_sid = row.call_sid, user_id = row.user_id,
    late = decision.code == "time",
    message = ("%s, for a real call (%s)"):format(text or decision.error, call),
    path = ("the call of %s → the rules fail, and the console's settings decide"):format(call),
  }
end

-- Follow a plan unless it was followed for this number already.
local function dead_end(run, row, input, decision, text)
  local key = text .. " " .. input.to
  if run.followed[key] then
    return nil
  end
  run.followed[key] = true
  local found = proof_plan.follow(decision.plan, input, run.about.options)
  if not found then
    return nil
  end
  local call = call_words(run, row)
  return {
    line = decision.line, call_sid = row.call_sid, user_id = row.user_id,
    message = ('rule "%s": %s, for a real call (%s)'):format(decision.rule or "?", found.message, call),
    path = ("the call of %s → %s"):format(call, found.path),
  }
end

local function words_of(run, text)
  local plan = run.edited:plan(text)
  return plan and plan.words or "?"
end

local function side(words, decision)
  return { words = words, source = decision.source, rule = decision.rule, line = decision.line }
end

--- The rules that would be replaced; false: they can't be loaded.
local function live_of(run)
  if run.live == nil then
    local live = run.about.live and run.about.live()
    run.live = live and replay_with(live, run.about) or false
  end
  return run.live
end

-- The decision of the rules that would be replaced.
local function before(run, row, input, about, draft)
  local stands = STANDS[row.source]
  local repeated = row.rule_version == run.about.live_version and not draft
  local live = not (stands and repeated) and live_of(run)
  if live then
    return live:decide(input, about)
  elseif stands then
    return { source = row.source, rule = row.rule, line = row.rule_line }, row.plan
  end
  return nil, row.plan
end

local function note(run, row, one, old, other, text)
  local user_id = run.about.split and row.user_id or nil
  local was, now = words_of(run, old), words_of(run, text)
  local key = table.concat({ was, one.source, one.rule or "", now, other.source, other.rule or "",
    user_id or "" }, "\n")
  local group = run.known[key]
  if not group then
    group = { count = 0, before = side(was, one), after = side(now, other), call_sid = row.call_sid,
      at = row.started_at, user_id = user_id }
    run.known[key], run.found.groups[#run.found.groups + 1] = group, group
  end
  group.count = group.count + 1
  run.found.changed = run.found.changed + 1
end

local function seen(run, row)
  local found = run.found
  found.calls = found.calls + 1
  found.to = found.to or row.started_at
  found.from = row.started_at
  return found
end

local function judge(run, row)
  local input, about, draft = run.edited:read(row)
  if not input then
    return nil
  end
  local found = seen(run, row)
  local decision, text = run.edited:decide(input, about)
  local was, old = before(run, row, input, about, draft)
  if decision.source == "fallback" then
    if was and was.source ~= "fallback" then
      return failure(run, row, decision)
    end
    found.failing = found.failing + 1
    return nil
  end
  if not was or run.edited:alike(old, text) then
    return nil
  end
  local fault = decision.source == "rules" and dead_end(run, row, input, decision, text)
  if not fault then
    note(run, row, was, old, decision, text)
  end
  return fault or nil
end

local function sorted(found)
  table.sort(found.groups, function(a, b)
    if a.count ~= b.count then
      return a.count > b.count
    end
    return a.at > b.at
  end)
  return found
end

--- Rules that time out three calls in a row get no more.
local function is_stuck(run)
  return run.edited.slow >= MOST_TIMEOUTS or run.live and run.live.slow >= MOST_TIMEOUTS
end

---@param rows GateRow[] newest first
---@param about GateAbout
---@return Gate
---@return GateFault?
function gate.run(rows, about)
  local run = {
    about = about, edited = replay_with(about.edited, about), followed = {}, known = {},
    found = { calls = 0, changed = 0, failing = 0, groups = {} },
  }
  for _, row in ipairs(rows) do
    local fault = judge(run, row)
    if fault then
      return run.found, fault
    elseif is_stuck(run) then
      break
    end
  end
  return sorted(run.found)
end

--- What rules changed for calls that they decided; `old_rules` are the rules they replaced.
---@param rows GateRow[] newest first
---@param old_rules { decide: function, list: fun(): table[] }
---@param about GateAbout without `edited` and `live`
---@return Gate
function gate.since(rows, old_rules, about)
  local old = replay_with(old_rules, about)
  local run = {
    about = about, edited = old, known = {}, found = { calls = 0, changed = 0, failing = 0, groups = {} },
  }
  for _, row in ipairs(rows) do
    local input, settings = old:read(row)
    if input and old.slow < MOST_TIMEOUTS then
      seen(run, row)
      local was, text = old:decide(input, settings)
      if not old:alike(text, row.plan) then
        note(run, row, was, text, { source = row.source, rule = row.rule, line = row.rule_line }, row.plan)
      end
    end
  end
  return sorted(run.found)
end

return gate
