-- models.gate: the last real calls, which an edit of the rules is judged by.
--
--   gate.run(rules, options, user)   called by the trial of a save (host/script/trial.c)
--   gate.named(text, user, source)   -> a stored gate, as people may read it
--   gate.since(version, user, now)   -> what a version changed since it went live
--
-- It compares the edit with the live version, as the version history has it, so a
-- save, a start, the console and `hookswitch check` see the same. Files that are the
-- same as that version pass.

local config = require("config")
local crypto = require("crypto")
local db = require("db")
local gate_words = require("calls.replay.gate_words")
local json = require("json")
local namer = require("models.namer")
local real_calls = require("calls.replay.gate")
local replay = require("models.replay")
local rule_changes = require("models.rule_changes")
local rule_versions = require("models.rule_versions")
local rules = require("rules")
local scope = require("hookswitch.scope")
local sources = require("sources")

local gate = {}

local CALLS = 1000
local JSON_BYTES = 6000 -- of a gate as it is stored: the largest groups that fit
local GROUPS, LINES = 40, 12
local MESSAGE_GROUPS, MESSAGE_BYTES = 3, 480
local FILE = "forwarding.lua"

local DECIDED = [[
  SELECT c.call_sid, c.user_id, c."from", c."to", c.started_at, d.source, d.rule, d.rule_line, d.rule_version,
    d.plan, d.inputs, d.reads
  FROM twilio_call_logs AS c JOIN call_decisions AS d ON d.call_sid = c.call_sid
  WHERE c.parent_call_sid IS NULL AND c.direction = 'inbound' AND d.source NOT IN ('unadopted', 'outgoing')]]
local NEWEST = DECIDED .. " ORDER BY c.started_at DESC, c.id DESC LIMIT ?"
local OF_VERSION = DECIDED .. [[ AND c.started_at >= ? AND d.rule_version = ? AND (? IS NULL OR c.user_id = ?)
  ORDER BY c.started_at DESC, c.id DESC LIMIT ?]]

-- Are the files of this VM those of the version?
local function is_same(version)
  local own = {}
  for _, file in ipairs(sources.files()) do
    if rule_changes.is_own(file.name) then
      own[file.name] = true
      local hash = crypto.hex(crypto.sha256(sources.text(file.name)))
      if version.files[file.name] ~= hash then
        return false
      end
    end
  end
  for name in pairs(version.files) do
    if rule_changes.is_own(name) and not own[name] then
      return false
    end
  end
  return true
end

-- A version's rules, as a ruleset that the caller closes; nil if they can't be loaded any more.
local function rules_of(version)
  local kept = version and rules.replaced(version.hash)
  if kept then
    return kept
  end
  local texts = version and rule_changes.own_texts(version)
  return texts and texts[FILE] and rules.open(texts) or nil
end

local CLOSED = { __close = function(opened)
  if opened.rules then opened.rules.close() end
end }

-- JSON of what was found, short enough to be kept with the version.
local function stored(found, at)
  local groups = json.array {}
  table.move(found.groups, 1, math.min(#found.groups, GROUPS), 1, groups)
  local out = {
    calls = found.calls, changed = found.changed, failing = found.failing, from = found.from, to = found.to,
    at = at, groups = groups,
  }
  local text = json.encode(out)
  while #text > JSON_BYTES and #groups > 0 do
    groups[#groups] = nil
    text = json.encode(out)
  end
  return text
end

local UNSHOWN = "a real call (%s) would fail or come to a dead end; `hookswitch check` on the host says why"

-- A fault, as users other than the call's may see it.
local function guarded(fault, user_id)
  fault.code = fault.late and "time" or "gate"
  fault.message = fault.message:sub(1, MESSAGE_BYTES)
  if not scope.is_team and fault.user_id ~= user_id then
    fault.shown = { message = UNSHOWN:format(fault.call_sid), line = fault.line }
  end
  return fault
end

local function first_user()
  local row = db:one("SELECT user_id FROM user_phone_numbers ORDER BY id LIMIT 1")
  return row and row.user_id
end

--- Decide the last real calls with rules that are about to go live.
---@param edited table the module rules, or one that answers like it
---@param options TrialOptions
---@param user_id string? who reads what comes of it; nil: everybody
---@return { json: string, changed: integer, line: string }? nil: nothing to compare
---@return TrialFault?
function gate.run(edited, options, user_id)
  local version, at = rule_versions.at(math.maxinteger), options.at * 1000
  if version and is_same(version) then
    return nil
  end
  local rows = db:query(NEWEST, CALLS)
  if #rows == 0 then
    return nil
  end
  local opened <close> = setmetatable({}, CLOSED)
  local name = namer(options.source)
  local found, fault = real_calls.run(rows, {
    edited = edited, live_version = version and version.id, history = replay.history(at),
    live = function()
      opened.rules = rules_of(version)
      return opened.rules
    end,
    options = options, name = name, split = not scope.is_team,
  })
  if fault then
    return nil, guarded(fault, user_id)
  end
  local owner = scope.is_team and first_user() or user_id
  return {
    json = stored(found, at), changed = found.changed,
    line = gate_words.line(found, at, MESSAGE_GROUPS, function(words) return name(words, owner) end),
  }
end

-- With names, and without other users' calls where those are private.
local function readable(found, user_id, source)
  local groups, name = json.array {}, namer(source, not user_id)
  local changed = 0
  for _, group in ipairs(found.groups) do
    if not user_id or scope.is_team or group.user_id == user_id then
      local owner = group.user_id or user_id or first_user()
      group.before.words, group.after.words = name(group.before.words, owner), name(group.after.words, owner)
      groups[#groups + 1], changed = group, changed + group.count
    end
    group.user_id = nil
  end
  found.groups = groups
  if user_id and not scope.is_team then
    found.changed = changed
  end
  found.text = gate_words.text(found, found.at, LINES, function(words) return words end)
  return found
end

--- A stored gate as a user may read it: without other users' calls where those are private.
---@param text string? JSON
---@param user_id string? nil: the operator
---@param source string the rule file it is about
---@return table? with `text`
function gate.named(text, user_id, source)
  local found = text and json.decode(text)
  if type(found) ~= "table" then
    return nil
  end
  return readable(found, user_id, source)
end

--- What a version changed for the calls it decided, compared with the version before.
---@param version RuleVersion
---@param user_id string? nil: the operator
---@param now integer milliseconds
---@return table? nil: there was none before, or its rules can't be loaded any more
function gate.since(version, user_id, now)
  local old <close> = rules_of(rule_versions.before(version))
  if not old then
    return nil
  end
  local who = not scope.is_team and user_id or nil
  local rows = db:query(OF_VERSION, version.first_live_at, version.id, who, who, CALLS)
  local found = real_calls.since(rows, old, {
    history = replay.history(now), options = { zone = config.get("timezone") },
    split = not scope.is_team,
  })
  found.at = now
  return readable(found, user_id, rule_versions.text(version, FILE) or "")
end

return gate
