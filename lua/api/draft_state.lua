-- api/draft_state.lua: the draft of the rules: checked, saved and shown.
--
--   draft_state.try(text)                 -> report; or nil, message, code, place
--   draft_state.begin(text, before, at)   the same, then makes it the draft, refused or not
--   draft_state.finish(outcome, at, hash) ends the draft and removes its file
--   draft_state.await()                   waits for what another host did to it
--   draft_state.of(user_id, zone)         -> RuleDraft of the API

local crypto = require("crypto")
local db = require("db")
local drafts = require("models.drafts")
local gate = require("models.gate")
local json = require("json")
local log = require("log")
local rules = require("rules")
local sources = require("sources")

local draft_state = {}

local FILE = "forwarding.lua"
local AWAIT_SECONDS, AWAIT_TRIES = 3, 10

---@param text string
---@return string
function draft_state.hash_of(text)
  return crypto.hex(crypto.sha256(text))
end

-- The checks name forwarding.lua; put the draft's name in its place.
local function of_draft(message)
  return (message:gsub("^forwarding%.lua%f[:]", function() return drafts.FILE end))
end

--- Run the checks of a save on a text. What is told of a refusal is for everybody to read.
---@param text string
---@return table? report as sources.try gives it; nil: it is refused
---@return string? message
---@return string? code
---@return RulesRefusal? place nil: not checked
function draft_state.try(text)
  local report, message, code, place = sources.try({ [FILE] = text }, nil, true)
  if report then
    return report
  elseif place then
    place.file = place.file == FILE and drafts.FILE or place.file
    for _, problem in ipairs(place.problems) do
      problem.file = problem.file == FILE and drafts.FILE or problem.file
    end
  end
  return nil, of_draft(message), code, place
end

--- All that is wrong, a line each, as `reason` of a draft keeps it.
local function all_of(message, place)
  local lines = {}
  for i, problem in ipairs(place and place.problems or {}) do
    lines[i] = ("%s:%d: %s"):format(problem.file, problem.line, problem.message)
  end
  return #lines > 1 and table.concat(lines, "\n") or message
end

--- The reason of a refusal, apart: its first line, and all of them.
local function told(reason)
  local errors = json.array {}
  for line in reason:gmatch("[^\n]+") do
    local file, number, message = line:match("^([%w_.-]+):(%d+): (.*)$")
    errors[#errors + 1] = { file = file or drafts.FILE, line = math.tointeger(number) or 0,
      message = message or line }
  end
  return reason:match("^[^\n]*"), errors
end

--- Make a text the draft, with what its checks found.
---@param found { text: string, author: string?, follows: integer?, reason: string?, line: integer? }
--- `follows` as drafts.begin has it, `reason` and `line` of a refusal
---@param report table? nil: it is refused
---@param at integer milliseconds
---@param ready fun(): any, string?, string? as drafts.begin has it
---@return integer? id nil: there is a newer draft, or the file isn't there
---@return string? message of `ready`
---@return string? code
function draft_state.enter(found, report, at, ready)
  local text = found.text
  local draft = {
    hash = draft_state.hash_of(text), text = text, author = found.author, follows = found.follows,
    try_for = {},
  }
  if report then
    local tried <close> = assert(rules.open(text))
    draft.state, draft.gate, draft.try_for = "on", report.gate, tried.list().try_for or {}
  else
    draft.state, draft.reason, draft.line = "refused", found.reason, found.line
  end
  local id, message, code = drafts.begin(draft, at, ready)
  if id then
    log.info("draft", { id = id, state = draft.state, line = draft.line, message = draft.reason })
  end
  return id, message, code
end

--- A text that was found on disk.
---@param text string
---@param before table? the newest draft when it was read
---@param at integer milliseconds
---@return integer? id nil: there is a newer draft, the file isn't there any more, or it could not be checked
---@return string? message
---@return string? code "not_checked"
function draft_state.begin(text, before, at)
  local report, message, code, place = draft_state.try(text)
  if not report and not place then
    return nil, message, code
  end
  return draft_state.enter({
    text = text, follows = before and before.id or 0, reason = all_of(message, place),
    line = place and place.line,
  }, report, at, function() return sources.saved(drafts.FILE) == text end)
end

--- The file goes first, and outside of a transaction: the folder may be slow, and other writers would wait.
--- The row follows in one: a server that has just read the file has begun it before, or finds it gone.
---@param outcome "promoted"|"discarded"
---@param at integer milliseconds
---@param hash string? of the draft that it is about, "" for none; nil: the one that is there
---@return true? removed nil: it could not be
---@return string? message
---@return string? code "conflict", "read_only"; "unknown": it is removed, but may come back after a power cut
function draft_state.finish(outcome, at, hash)
  local text = not hash and sources.saved(drafts.FILE)
  hash = hash or text and draft_state.hash_of(text)
  local removed, message, code = sources.discard(hash)
  if removed or code == "unknown" then
    db:transaction(function()
      local row = drafts.newest()
      if row and row.hash == hash then
        drafts.set_state(row.id, outcome, nil, nil, at)
      end
    end)
  end
  return removed, message, code
end

--- All hosts of a database have the same draft: wait until the file here is that one, for so many seconds at
--- most. The server's draft thread writes it, or makes it the draft (commands/rules/draft_watch.lua).
---@param seconds integer? 3
function draft_state.await(seconds)
  local tries = db:host() and (seconds or AWAIT_SECONDS) * AWAIT_TRIES or 0
  while tries > 0 and not sources.await_draft(drafts.hash()) do
    tries = tries - 1
  end
end

--- Is what is here a draft of before, while another host has replaced or ended it?
---@param text string
---@return boolean
function draft_state.is_overtaken(text)
  local hash = draft_state.hash_of(text)
  return db:host() ~= nil and hash ~= drafts.hash() and drafts.is_known(hash)
end

---@param user_id string? nil: the operator
---@param zone string
---@return table
function draft_state.of(user_id, zone)
  local text, row = sources.saved(drafts.FILE), drafts.newest()
  local hash = text and draft_state.hash_of(text) or ""
  local shown = {
    file = drafts.FILE, source = text or "", hash = hash, state = "none", calls = 0, same = 0, changed = 0,
    try_for = json.array {}, groups = json.array {}, text = "",
  }
  if not text or not row or row.ended_at or row.hash ~= hash then
    return shown
  end
  shown.state, shown.reason, shown.line, shown.since = row.state, row.reason, row.line, row.created_at
  if row.state == "refused" then shown.reason, shown.errors = told(row.reason or "") end
  shown.author, shown.try_for = row.author, json.array(json.decode(row.try_for))
  shown.gate = gate.named(row.gate, user_id, text)
  for name, value in pairs(drafts.report(row, user_id, text, zone)) do
    shown[name] = value
  end
  return shown
end

return draft_state
