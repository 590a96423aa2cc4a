-- api/rule_saving.lua: making the rule file, or another version of it, live over HTTP.
--
--   saving.put(req, texts, hash, wish)   -> reply, when they pass every check and nobody saved meanwhile
--   saving.tried(texts, user_id)         -> report; or nil, message, place

local config = require("config")
local crypto = require("crypto")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local gates = require("models.gate")
local json = require("json")
local lookups = require("lookups")
local recent = require("recent")
local reply = require("hookswitch.reply")
local rule_changes = require("models.rule_changes")
local rule_intents = require("models.rule_intents")
local rules = require("rules")
local sources = require("sources")
local v = require("hookswitch.fields.validate")

local FILE = "forwarding.lua"
local MUST_CONFIRM = config.get("rules_confirm")

local saving = {}

function saving.hash_of(text)
  return crypto.hex(crypto.sha256(text))
end

---@return boolean
function saving.is_editable()
  return config.get("rules_editable") and sources.writable()
end

local function listed(list)
  local out = json.array {}
  for index, rule in ipairs(list) do
    out[index] = { index = index, name = rule.name, line = rule.line }
  end
  return out
end

--- What is on disk, and what answers calls. `list` belongs to the live rules, if they are newer than this VM.
function saving.state(list)
  local saved = sources.saved(FILE)
  local live, answering = sources.live(), list and saved or sources.text(FILE)
  local hash = saved and saving.hash_of(saved) or ""
  return {
    version = live.version, live_at = live.live_at, file = FILE, source = saved or "",
    hash = hash, etag = '"' .. hash .. '"', live_source = answering ~= saved and answering or nil,
    rules = list or listed(rules.list()), files = json.array(sources.files()),
    error = live.error and saving.with_all(live.error) or json.null, lookups = json.array(lookups.list()),
    editable = saving.is_editable(),
    confirm = MUST_CONFIRM,
  }
end

-- What each rule decides, where it is known.
local function accounted(report)
  return report.accounts and json.decode(report.accounts) or json.array(report.rules)
end

-- Nobody agreed yet to what a save changes for real callers, or only to what they were shown before.
local function unconfirmed(report, gate, is_other, how)
  local change = is_other and "The files have changed since you looked. Now: " or ""
  change = ("%s%s. %s"):format(change, report.change,
    how or "Save it again with accept = true to make it live.")
  fail(409, "unconfirmed", change, nil, nil, { gate = gate, hash = report.hash })
end

--- What was shown to whoever agrees to it: the hash of all files. Others may save some of them meanwhile.
saving.SHOWN = v.string {
  max = 64, pattern = "^%x+$", hint = "must be the hash that the refusal or the check gave", optional = true,
}

--- What an edit changes for the last real calls, as this user may see it.
function saving.gate_of(req, report, source)
  return gates.named(report.gate, req.user.id, source)
end

--- What a check says of files that pass.
---@return table RuleCheck
function saving.checked(req, report, source)
  return {
    ok = true, rules = accounted(report), examples = report.examples,
    warnings = json.array(report.warnings), proof = { calls = report.calls, plans = report.plans },
    gate = saving.gate_of(req, report, source), hash = report.hash,
  }
end

--- All that is wrong; the place itself where that is all there is to say.
function saving.with_all(place)
  local errors = place.problems or {}
  if #errors == 0 then errors[1] = { line = place.line, message = place.message } end
  for _, problem in ipairs(errors) do
    problem.file, problem.entry, problem.field = problem.file or place.file, json.null, json.null
    problem.code, problem.position = json.null, json.null
  end
  place.problems, place.errors = nil, json.array(errors)
  return place
end

function saving.refuse(message, place)
  fail(422, "refused", "The rules were not saved: " .. message, { source = message }, nil, place)
end

-- Who saves files, and why, before they go live.
local function note(req, report, wish)
  rule_intents.put({
    hash = report.hash, author = wish.author, author_kind = wish.author and "user", note = wish.note,
    accepted_by = wish.accept and req.user.id or nil,
  }, req.at)
end

-- What passes in a moment, and isn't the files' fault.
function saving.try_again(code, message)
  fail(503, code, message, nil, { ["Retry-After"] = "2" })
end

--- Wait until nobody else saves files: `local turn <close> = saving.turn()`.
function saving.turn()
  local turn = sources.turn()
  return turn or saving.try_again("busy", "Others keep saving the files. Try again in a moment.")
end

--- Put texts to a save's checks. What kept them from being checked isn't told as a refusal: 503.
---@param texts table<string, string>
---@param user_id string?
---@return SourcesTried? report nil: refused
---@return string? message
---@return RulesRefusal? place
function saving.tried(texts, user_id)
  local report, message, code, place = sources.try(texts, user_id)
  if not report and not place then
    saving.try_again(code, message)
  end
  return report, message, place
end

--- Try texts; refused if they don't pass, or change more than was accepted.
function saving.try(req, texts, wish)
  local report, message, place = saving.tried(texts, req.user.id)
  if not report then
    saving.refuse(message, saving.with_all(place))
  end
  local gate = saving.gate_of(req, report, texts[FILE] or sources.saved(FILE) or "")
  local is_other = wish.accept and wish.shown and wish.shown:lower() ~= report.hash
  if MUST_CONFIRM and report.changed > 0 and (is_other or not wish.accept) then
    unconfirmed(report, gate, is_other, wish.how)
  end
  -- If someone has saved the file meanwhile, this save fails: what they said of theirs stays.
  local saved = wish.base and sources.saved(FILE)
  if not saved or saving.hash_of(saved) == wish.base then note(req, report, wish) end
  return report, gate
end

--- Try texts whose change needs nobody else's agreement, for a user who may not see what else is there.
---@return SourcesTried?
---@return "unfinished"|"refused"? code the files don't pass or wait as they are; or with these texts
function saving.try_own(req, texts)
  local report = saving.tried(texts, req.user.id)
  if not report or MUST_CONFIRM and report.changed > 0 then
    local before = saving.tried({}, req.user.id)
    if not before or MUST_CONFIRM and before.changed > 0 then
      return nil, "unfinished"
    elseif not report then
      return nil, "refused"
    end
  end
  note(req, report, { author = req.user.id, accept = MUST_CONFIRM })
  return report
end

function saving.must_be_editable()
  if not saving.is_editable() then
    fail(409, "read_only", config.get("rules_editable") and "The server can't write to its Lua folder."
      or "Editing over HTTP is switched off: rules_editable = no.")
  end
end

local function base_of(name, hash)
  return ("base %s %s"):format(name, hash)
end

--- Put texts on disk, as sources.save does.
---@param texts table<string, string>
---@param seen table<string, string>? hashes of the files that they change
---@return true?
---@return string? message
---@return string? code
function saving.store(texts, seen)
  local saved, message, code = sources.save(texts, seen)
  if saved then
    for name, hash in pairs(seen or {}) do recent.put(base_of(name, hash), "") end
  end
  return saved, message, code
end

-- What is in the place of these files: "edited", what was made of them; "replaced", anything else, such
-- as another host's version; nil: they do.
local function successor(texts)
  local found
  for name, text in pairs(texts) do
    if sources.saved(name) ~= text then
      if not recent.get(base_of(name, saving.hash_of(text))) then
        return "replaced"
      end
      found = "edited"
    end
  end
  return found
end

--- Say why files could not be put on disk.
---@param what string "The file could not be saved"
---@param message string
---@param code string
function saving.refuse_store(what, message, code)
  if code == "unknown" then
    fail.unconfirmed() -- some are in place
  end
  fail(code == "read_only" and 409 or 503, code, ("%s: %s"):format(what, message))
end

local WAITS = 3

-- Are the files on disk refused? What is told may still be about those before.
local function is_refused()
  local live = sources.live()
  if not live.error or live.overtaken then
    return false
  end
  local report, _, _, place = sources.try({})
  return place ~= nil or report ~= nil and live.error.held and report.changed > 0, saving.with_all(live.error)
end

--- Wait until files are live that were put in place; refused when they can't be.
---@param hash string of all files, or of the rule file
---@param texts table<string, string> these files
---@param refuse fun(message: string, place: table)?
---@return boolean live
---@return boolean? replaced by others that weren't made of them
function saving.await(hash, texts, refuse)
  for _ = 1, WAITS do
    if sources.await(hash) then
      return true
    end
    local after = successor(texts)
    if after then
      return false, after == "replaced"
    end
    local refused, why = is_refused()
    if refused then (refuse or saving.refuse)(why.message, why) end
  end
  return false
end

local function refuse_replaced()
  fail(409, "conflict",
    "Someone else has saved the file in the meantime. Reload it, then make your edit again.")
end

--- The rules as they are once files are live that were put in place; refused when they aren't.
function saving.live_state(text, report, gate)
  local live_list
  local live, is_replaced = not text, false
  if text then live, is_replaced = saving.await(saving.hash_of(text), { [FILE] = text }) end
  if is_replaced then
    refuse_replaced()
  elseif live then
    live_list = json.array(report.rules)
  end
  local row = saving.state(live_list)
  row.gate = gate
  return reply.row(row)
end

--- Make texts live if they pass a save's checks and the file still has that hash.
---@param req Request
---@param texts table<string, string>
---@param hash string? nil: the current file's
---@param wish { accept: boolean?, shown: string?, note: string? }
---@param is_seen boolean? the caller knows the state that If-Match names
---@return table reply
function saving.put(req, texts, hash, wish, is_seen)
  saving.must_be_editable()
  local turn <close> = saving.turn()
  local before = saving.state()
  if not is_seen then
    etag.check(req, before)
  end
  if not hash and before.hash ~= "" then
    hash = before.hash -- trying takes a while
  end
  local said = {
    accept = wish.accept, shown = wish.shown, note = wish.note, author = req.user.id, base = hash,
  }
  local report, gate = saving.try(req, texts, said)
  local saved, problem, code = saving.store(texts, hash and { [FILE] = hash })
  turn:close() -- nobody waits for what follows
  if code == "conflict" and rule_changes.are_saved(texts) then
    return saving.live_state(texts[FILE], report, gate) -- someone else's save of the same texts
  elseif code == "conflict" then
    if not is_seen then
      etag.check(req, saving.state())
    end
    refuse_replaced()
  elseif not saved then
    saving.refuse_store("The file could not be saved", problem, code)
  end
  note(req, report, said) -- another's save of the same files, which failed, may have said its own
  return saving.live_state(texts[FILE], report, gate)
end

return saving
