-- commands.rules.saving: making files live by a command.
--
--   rule_saving.put(texts, name, refusal, options, now)   -> report; nil, CommandResult
--   rule_saving.intend(report, options, now, is_author, how)   -> nil, or the refusal
--   rule_saving.all_wrong(message, place, name)           -> what is wrong, as text
--
-- api/rule_saving.lua does the same over HTTP.

local config = require("config")
local draft_state = require("api.draft_state")
local named_rules = require("commands.rules.named_rules")
local result = require("commands.shared.result")
local rule_changes = require("models.rule_changes")
local rule_intents = require("models.rule_intents")
local sources = require("sources")

local rule_saving = {}

local refused = result.refused
local FILE = "forwarding.lua"

-- A hash as it is shown; the same files have the same, whoever tries them.
local SHOWN = 12
local HASH = "^" .. ("%x"):rep(SHOWN) .. "%x*$"

-- Is this the hash of what was tried?
local function is_of(hash, report)
  return hash:find(HASH) ~= nil and report.hash:sub(1, #hash) == hash:lower()
end

--- What to say to whoever has not agreed to exactly what was tried; nil when they have, or needn't.
---@param how string how to agree, before the hash
local function unconfirmed(report, hash, how)
  local change = report.change ~= "" and report.change or "No real call changes"
  local shown = report.hash:sub(1, SHOWN)
  if hash and not is_of(hash, report) then
    return refused("conflict", ("%s isn't the hash of these files: they may have changed since you looked. "
      .. "Now: %s; to make it live, %s %s"):format(hash, change, how, shown))
  elseif not hash and config.get("rules_confirm") and report.changed > 0 then
    return refused("unconfirmed", ("%s; to make it live, %s %s"):format(change, how, shown))
  end
end

--- Keep who saves what was tried, and whether that is agreed to; a refusal when it must be and is not.
---@param how string? how to agree, before the hash
function rule_saving.intend(report, options, now, author, how)
  local me = options.me
  local refusal = unconfirmed(report, options.accept, how or "add --accept")
  if refusal then
    return refusal
  end
  rule_intents.put({
    hash = report.hash, author = author and me, author_kind = author and "os", note = options.note,
    accepted_by = options.accept and me or nil,
  }, now)
end

--- All that is wrong with files that were tried: `name` is what forwarding.lua is called.
function rule_saving.all_wrong(message, place, name)
  local lines = {}
  for i, one in ipairs(place and place.problems or {}) do
    lines[i] = ("%s:%d: %s"):format(one.file == FILE and name or one.file, one.line, one.message)
  end
  return #lines > 1 and "\n" .. table.concat(lines, "\n") or " " .. named_rules.message(message, name)
end

--- Try files and save them, when they pass and whoever must agree does. Returns what the checks found, or nil
-- and the answer to give.
function rule_saving.put(texts, name, refusal, options, now)
  local before = sources.saved(FILE)
  local report, message, code, place = sources.try(texts)
  if not report then
    return nil, refused(code, place and refusal .. rule_saving.all_wrong(message, place, name) or message)
  end
  -- Trying takes a while, in which someone may have saved the file: what they said of theirs stays.
  local problem = sources.saved(FILE) == before and rule_saving.intend(report, options, now, true)
  if problem then
    return nil, problem
  end
  local saved
  saved, message, code = sources.save(texts, { [FILE] = before and draft_state.hash_of(before) or "" })
  if not saved and code == "conflict" and rule_changes.are_saved(texts) then
    return report -- someone else's save of the same texts
  elseif not saved then
    return nil, refused(code, message)
  end
  -- Another's save of the same files, which failed, may have said its own.
  rule_saving.intend(report, options, now, true)
  return report
end

return rule_saving
