-- routes/rules.lua: the rule file: see it, edit it, check it, and what it was.
--
-- The file concerns every caller of every number, so it is one for all users;
-- who may reach the API may read it, and edit it while rules_editable is on.

local config = require("config")
local crypto = require("crypto")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local gates = require("models.gate")
local json = require("json")
local limits = require("hookswitch.limits")
local lookups = require("lookups")
local reply = require("hookswitch.reply")
local rule_changes = require("models.rule_changes")
local rule_intents = require("models.rule_intents")
local rule_text = require("api.rule_text")
local rule_versions = require("models.rule_versions")
local rules = require("rules")
local sources = require("sources")
local v = require("hookswitch.validate")

local FILE = "forwarding.lua"
local MUST_CONFIRM = config.get("rules_confirm")
local TEXT = rule_text.field()
local HASH = v.string { max = 64, pattern = "^%x*$", hint = "must be the hash that GET /rules gave" }
local NOTE = v.string { max = 500, optional = true }
local EDIT = v.object {
  source = TEXT, hash = HASH, accept = v.boolean { default = false }, note = NOTE,
}
local CONSENT = v.object { accept = v.boolean { default = false }, note = NOTE }
local ACCEPT = v.object { hash = HASH, note = NOTE }
local CANDIDATE = v.object { source = TEXT }
local PAGE = v.object {
  limit = v.integer { min = 1, max = 200, default = 50 },
  cursor = v.integer { min = 1, optional = true },
}
local ID = { id = v.integer { min = 1 } }
local AGAINST = v.object { against = v.integer { min = 1, optional = true } }

local function hash_of(text)
  return crypto.hex(crypto.sha256(text))
end

local function is_editable()
  return config.get("rules_editable") and sources.writable()
end

local function listed(list)
  local out = json.array {}
  for index, rule in ipairs(list) do
    out[index] = { index = index, name = rule.name, line = rule.line }
  end
  return out
end

-- What is on disk, and what answers. `list` is that of the rules that answer,
-- when they are newer than this VM.
local function state(list)
  local saved = sources.saved(FILE)
  local live, answering = sources.live(), list and saved or sources.text(FILE)
  local hash = saved and hash_of(saved) or ""
  return {
    version = live.version, live_at = live.live_at, file = FILE, source = saved or "",
    hash = hash, etag = '"' .. hash .. '"', live_source = answering ~= saved and answering or nil,
    rules = list or listed(rules.list()), files = json.array(sources.files()),
    error = live.error or json.null, lookups = json.array(lookups.list()), editable = is_editable(),
    confirm = MUST_CONFIRM,
  }
end

---@param _ Request
local function show(_)
  return reply.row(state())
end

-- Nobody agreed yet to what a save changes for real callers.
local function unconfirmed(report, gate)
  fail(409, "unconfirmed", report.change .. ". Save it again with accept = true to make it live.", nil, nil, {
    gate = gate,
  })
end

-- What the last real calls say of an edit, as this user may read it.
local function gate_of(req, report, source)
  return gates.named(report.gate, req.user.id, source)
end

-- All that is wrong; the place itself where that is all there is to say.
local function with_all(place)
  local errors = place.problems or {}
  if #errors == 0 then errors[1] = { line = place.line, message = place.message } end
  place.problems, place.errors = nil, json.array(errors)
  return place
end

local function refuse(message, place)
  fail(422, "refused", "The rules were not saved: " .. message, { source = message }, nil, place)
end

-- Try texts; refused when they don't pass, or change what nobody agreed to.
local function try(req, texts, wish)
  local report, message, _, place = sources.try(texts, req.user.id)
  if not report then
    refuse(message, with_all(place))
  end
  local gate = gate_of(req, report, texts[FILE] or sources.saved(FILE) or "")
  if MUST_CONFIRM and report.changed > 0 and not wish.accept then
    unconfirmed(report, gate)
  end
  local accepted_by = wish.accept and req.user.id or nil
  rule_intents.put({
    hash = report.hash, author = wish.author, author_kind = wish.author and "user", note = wish.note,
    accepted_by = accepted_by,
  }, req.at)
  return report, gate
end

local function must_be_editable()
  if not is_editable() then
    fail(409, "read_only", config.get("rules_editable") and "The server can't write to its Lua folder."
      or "Editing over HTTP is switched off: rules_editable = no.")
  end
end

-- The rules as they are once files are live that were put in place; refused when they aren't.
local function live_state(text, report, gate)
  local live_list
  if text and not sources.await(hash_of(text)) then
    local live = sources.live()
    if live.error then
      refuse(live.error.message, live.error)
    end
  else
    live_list = json.array(report.rules)
  end
  local row = state(live_list)
  row.gate = gate
  return reply.row(row)
end

-- Put texts in force, when they pass what a save is put through, and while the file has that hash.
---@param wish { accept: boolean?, note: string? }
local function put(req, texts, hash, wish)
  must_be_editable()
  local before = state()
  etag.check(req, before)
  if not hash and before.hash ~= "" then
    hash = before.hash -- trying takes a while
  end
  local report, gate = try(req, texts, { accept = wish.accept, note = wish.note, author = req.user.id })
  local saved, problem, code = sources.save(texts, hash)
  if code == "conflict" then
    etag.check(req, state())
    fail(409, "conflict", "Someone else has saved the file meanwhile. Reload it, then make your edit again.")
  elseif not saved then
    fail(code == "read_only" and 409 or 503, code, "The file could not be saved: " .. problem)
  end
  return live_state(texts[FILE], report, gate)
end

---@param req Request
local function save(req)
  return put(req, { [FILE] = rule_text.without_mark(req.body.source) }, req.body.hash:lower(), req.body)
end

-- What each rule decides, where it is known.
local function accounted(report)
  return report.accounts and json.decode(report.accounts) or json.array(report.rules)
end

---@param req Request
local function check(req)
  local report, _, _, place = sources.try({ [FILE] = rule_text.without_mark(req.body.source) }, req.user.id)
  if not report then
    return reply.json { ok = false, error = with_all(place) }
  end
  return reply.json {
    ok = true, rules = accounted(report), examples = report.examples,
    warnings = json.array(report.warnings), proof = { calls = report.calls, plans = report.plans },
    gate = gate_of(req, report, req.body.source),
  }
end

local function found(id)
  return rule_versions.get(id) or fail(404, "version_not_found", "There is no version with that id.")
end

---@param req Request
local function list(req)
  local size = req.query.limit
  local rows = rule_versions.list(size + 1, req.query.cursor)
  local more = #rows > size
  rows[size + 1] = nil
  local live_id = sources.live().version
  local versions = json.array {}
  for position, row in ipairs(rows) do
    versions[position] = rule_changes.entry(row, live_id)
  end
  return reply.json { versions = versions, next = more and rows[size].entry or json.null }
end

---@param req Request
local function get(req)
  local version = found(req.path.id)
  local entry = rule_changes.entry(version, sources.live().version)
  entry.sources = rule_changes.own_texts(version)
  entry.gate = gates.named(version.gate, req.user.id, entry.sources[FILE] or "")
  entry.since = gates.since(version, req.user.id, req.at)
  return reply.json(entry)
end

---@param req Request
local function show_diff(req)
  local version = found(req.path.id)
  local other = rule_versions.before(version)
  if req.query.against then
    other = found(req.query.against)
  end
  return reply.json {
    id = version.id, against = other and other.id or json.null,
    diff = (rule_changes.between(other, version)),
  }
end

---@param req Request
local function restore(req)
  return put(req, rule_changes.own_texts(found(req.path.id)), nil, req.query)
end

-- Files that were saved on disk and wait: somebody agrees to what they change.
---@param req Request
local function accept(req)
  must_be_editable()
  etag.check(req, state())
  local saved = sources.saved(FILE)
  if not saved or hash_of(saved) ~= req.body.hash:lower() then
    fail(409, "conflict", "The rules on disk have changed since you looked at them. Load them again.")
  end
  local report, gate = try(req, {}, { accept = true, note = req.body.note })
  return live_state(saved, report, gate)
end

return {
  prefix = "/api/twilio",
  tag = "Rules",
  auth = "user",
  { "GET", "/rules", show, row = "RuleFile",
    summary = "The rule file, and what is live", responses = { [200] = "RuleFile" } },
  { "PUT", "/rules", save, body = EDIT, body_bytes = rule_text.BODY_BYTES, limit = limits.rules,
    heavy = true, row = "RuleFile",
    summary = "Save the rule file if it passes every check",
    responses = { [200] = "RuleFile" } },
  { "POST", "/rules/check", check, body = CANDIDATE, body_bytes = rule_text.BODY_BYTES, limit = limits.rules,
    heavy = true,
    summary = "Check a rule file without saving it", responses = { [200] = "RuleCheck" } },
  { "GET", "/rules/versions", list, query = PAGE, heavy = true,
    summary = "Every version that was ever live", responses = { [200] = "RuleVersions" } },
  { "GET", "/rules/versions/:id", get, path = ID, heavy = true,
    summary = "A version with its files", responses = { [200] = "RuleVersionWithSources" } },
  { "GET", "/rules/versions/:id/diff", show_diff, path = ID, query = AGAINST, heavy = true,
    summary = "What a version changed", responses = { [200] = "RuleDiff" } },
  { "POST", "/rules/versions/:id/restore", restore, path = ID, limit = limits.rules, heavy = true,
    row = "RuleFile",
    query = CONSENT,
    summary = "Restore a version", responses = { [200] = "RuleFile" } },
  { "POST", "/rules/accept", accept, body = ACCEPT, limit = limits.rules, heavy = true, row = "RuleFile",
    summary = "Agree to what the files on disk change for real callers, so that they go live",
    responses = { [200] = "RuleFile" } },
}
