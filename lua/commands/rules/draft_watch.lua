-- commands.rules.draft_watch: a look at the draft of the rules, and at the calls since the one before.
--
--   draft_watch.step(at, rest)   -> whether more calls wait
--
-- The server's draft thread runs it (host/server/background/draft.c), in Lua states of its
-- own, after callers were answered. A new text is put through the checks of a
-- save; one that passes decides each call from its recorded inputs, as a replay
-- does. The first call for which it fails or runs out of time switches it off.
-- Hosts of one database have one draft, which one of them at a time judges.

local config = require("config")
local db = require("db")
local draft_state = require("api.draft_state")
local drafts = require("models.drafts")
local leases = require("models.leases")
local log = require("log")
local named_rules = require("commands.rules.named_rules")
local Replay = require("calls.replay.replay")
local recent = require("recent")
local replay = require("models.replay")
local rules = require("rules")
local scope = require("hookswitch.scope")
local sources = require("sources")

local draft_watch = {}

local PAGE = 200
local RULE_FILE = "forwarding.lua"
local LEASE, LEASE_MS = "draft", 30 * 1000
local IN_A_ROW, REST_MS = 4, 1 -- a caller who comes meanwhile doesn't wait for the rest of a page
local STORED_MS = 1500 -- longer than a call's write may take
local GONE_MS, RETRY_MS = 2000, 2000
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

local head, settled = nil, 0 -- the newest call when it was looked for last: { at, id }, and the time before

-- Where several hosts write, a call may be stored after others with higher ids: give it time.
local function last_settled(at)
  if not db:host() then
    return math.maxinteger
  end
  if head and math.abs(at - head.at) >= STORED_MS then
    settled, head = head.id, nil
  end
  head = head or { at = at, id = drafts.last_call() }
  return settled
end

local function decide_calls(row, at, rest)
  local calls = drafts.calls(row.id, last_settled(at), PAGE)
  if #calls == 0 then
    return false
  end
  if not leases.take(LEASE, LEASE_MS) then -- another host does it
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

-- Whoever promotes or discards a draft removes the file before that is stored, and a write may take a while:
-- look twice.
local function without_file(at, rest)
  local row = drafts.newest()
  local was_missed = row and missed == row.id
  missed = row and row.id
  if row and row.state == "on" and not row.ended_at then
    if not was_missed then
      return rest(GONE_MS)
    end
    switch_off(row, GONE, at)
  elseif row and not row.ended_at then
    drafts.set_state(row.id, "discarded", nil, nil, at) -- the same text may come again
  end
  return false
end

-- ---- one draft for all hosts of a database ----

-- Key of what the file last was when all hosts had the same: draft, hash and stamp.
local AGREED = "draft_agreed"

local function agree(row, hash, stamp)
  recent.keep(AGREED, ("%d %s %s"):format(row and row.id or 0, hash, stamp))
end

-- Is what is here a draft that another host has replaced or ended since? At a start it is if it ever was a
-- draft, or isn't there: as with live rules, the database wins. A file that was put there since is somebody's
-- save, whatever its text.
local function is_overtaken(hash, stamp, row)
  local id, agreed, file = (recent.get(AGREED) or ""):match("^(%d+) (%x*) (.*)$")
  if not agreed then
    return hash == "" or drafts.is_known(hash)
  end
  return hash == agreed and stamp == file or hash == "" and tonumber(id) ~= (row and row.id or 0)
end

local FAILED = "draft_not_followed" -- key of what was logged last, "" when it works again

-- Give this host's folder the draft that another host has. Returns whether it was another: the next round
-- sees what became of it.
local function follow(row, text, stamp, rest)
  local here = text and draft_state.hash_of(text) or ""
  local all = row and not row.ended_at and row.hash or ""
  if here == all then
    agree(row, all, stamp)
    return false
  elseif not is_overtaken(here, stamp, row) then
    return false
  end
  local done, message, code
  if all == "" then
    done, message, code = sources.discard(here)
  else
    done, message, code = sources.save({ [drafts.FILE] = row.text }, { [drafts.FILE] = here })
  end
  if done then
    agree(row, all, sources.stamp(drafts.FILE))
    recent.keep(FAILED, "")
    log.info("draft_followed", { id = row and row.id })
  elseif code ~= "conflict" then -- not one that was saved at this moment
    if recent.get(FAILED) ~= message then log.warn("draft_not_followed", { message = message }) end
    recent.keep(FAILED, message)
    rest(RETRY_MS)
  end
  return true
end

---@param at integer milliseconds
---@param rest fun(ms: integer): boolean sleeps, and says whether to go on
---@return boolean more
---@return boolean? waits the next round has to look, whether there is a file or not
function draft_watch.step(at, rest)
  local row = drafts.newest() -- before the text: what was begun since is newer
  local stamp = sources.stamp(drafts.FILE)
  local text, _, code = sources.saved(drafts.FILE)
  if not text and (code ~= "missing" or not sources.saved(RULE_FILE)) then
    return false, true -- the whole folder may be away, such as a mount
  elseif db:host() and follow(row, text, stamp, rest) then
    return false, true
  elseif not text then
    return without_file(at, rest)
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
