-- commands.draft_watch: a look at the draft of the rules, and at the calls since the one before.
--
--   draft_watch.step(at, rest)   -> whether more calls wait
--
-- The server's draft thread runs it (host/server/draft.c), in Lua states of its
-- own, after callers were answered. A new text is put through the checks of a
-- save; one that passes decides each call from its recorded inputs, as a replay
-- does. The first call for which it fails or runs out of time switches it off.

local config = require("config")
local draft_state = require("api.draft_state")
local drafts = require("models.drafts")
local log = require("log")
local named_rules = require("commands.named_rules")
local Replay = require("calls.replay.replay")
local replay = require("models.replay")
local rules = require("rules")
local scope = require("hookswitch.scope")
local sources = require("sources")

local draft_watch = {}

local PAGE = 200
local IN_A_ROW, REST_MS = 4, 1 -- a caller who comes meanwhile doesn't wait for the rest of a page
local SETTLE_MS = 5000 -- a draft that was promoted or discarded may be on disk for so long

-- The ruleset that decides, kept while the draft is the same: { id, tried, again }.
local kept

local function forget()
  if kept then
    kept.tried.close()
    kept = nil
  end
end

local function ruleset(row, at)
  if kept and kept.id == row.id then
    return kept
  end
  forget()
  local tried, message = rules.open(row.text)
  if not tried then
    return nil, named_rules.message(message, drafts.FILE)
  end
  local again = Replay.new {
    decide = named_rules.of(tried, drafts.FILE).decide, list = tried.list(), history = replay.history(at),
    zone = config.get("timezone"),
  }
  kept = { id = row.id, tried = tried, again = again }
  return kept
end

local function switch_off(row, reason, at)
  forget()
  drafts.switch_off(row.id, reason, at)
  log.warn("draft_off", { id = row.id, message = reason })
end

-- What everybody may read of a call that it fails for: users may not see each other's calls.
local function failure(again, call)
  if scope.is_team then
    return ("%s, for the call %s"):format(again.first_error, call.call_sid)
  end
  return ("it fails for the call %s; `hookswitch rules draft` on the host says why"):format(call.call_sid)
end

local function decide_calls(row, at, rest)
  local calls = drafts.calls(row.id, PAGE)
  if #calls == 0 then
    return false
  end
  local with, message = ruleset(row, at)
  if not with then
    switch_off(row, message, at)
    return false
  end
  local changed = {}
  for position, call in ipairs(calls) do
    if position % IN_A_ROW == 0 and not rest(REST_MS) then
      return false
    end
    local result, entry = with.again:call(call, true)
    if with.again.failed > 0 then
      log.warn("draft_fails", { call_sid = call.call_sid, message = with.again.first_error })
      switch_off(row, failure(with.again, call), at)
      return false
    elseif result == "changed" then
      changed[#changed + 1] = entry
    end
  end
  drafts.enter(row.id, calls[#calls].id, changed)
  return #calls == PAGE
end

local GONE = "forwarding.next.lua is gone. Save it again to go on, or `hookswitch rules draft --discard`."

local missed -- id of the draft whose file was gone when it was looked for last

-- Whoever promotes or discards a draft removes the file a moment before that can be read: look twice.
local function without_file(at)
  local row = drafts.newest()
  local was_missed = row and missed == row.id
  missed = row and row.id
  if row and row.state == "on" and not row.ended_at then
    if not was_missed then
      return true
    end
    switch_off(row, GONE, at)
  elseif row and not row.ended_at then
    drafts.set_state(row.id, "discarded", nil, nil, at) -- the same text may come again
  end
  return false
end

---@param at integer milliseconds
---@param rest fun(ms: integer): boolean sleeps, and says whether to go on
---@return boolean more
function draft_watch.step(at, rest)
  local row = drafts.newest() -- before the text: what was begun since is newer
  local text = sources.saved(drafts.FILE)
  if not text then
    return without_file(at)
  end
  missed = nil
  local is_known = row and row.hash == draft_state.hash_of(text)
  if is_known and not row.ended_at then
    return row.state == "on" and decide_calls(row, at, rest) or false
  elseif is_known and row.ended_at > at - SETTLE_MS then
    return false
  end
  forget()
  return draft_state.begin(text, row, at) ~= nil
end

return draft_watch
