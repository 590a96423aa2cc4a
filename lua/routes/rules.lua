-- routes/rules.lua: the rule file: see it, edit it, check it, and what it was.
--
-- The file concerns every caller of every number, so it is one for all users;
-- who may reach the API may read it, and edit it while rules_editable is on.

local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local gates = require("models.gate")
local json = require("json")
local limits = require("hookswitch.limits")
local pins = require("calls.team.pins")
local reply = require("hookswitch.reply")
local rule_changes = require("models.rule_changes")
local rule_text = require("api.rule_text")
local saving = require("api.rule_saving")
local rule_versions = require("models.rule_versions")
local sources = require("sources")
local v = require("hookswitch.fields.validate")

local FILE = "forwarding.lua"
local TEXT = rule_text.field()
local HASH = v.string { max = 64, pattern = "^%x*$", hint = "must be the hash that GET /rules gave" }
local NOTE = v.string { max = 500, line = true, optional = true }
local EDIT = v.object {
  source = TEXT, hash = HASH, accept = v.boolean { default = false }, shown = saving.SHOWN, note = NOTE,
}
local CONSENT = v.object { accept = v.boolean { default = false }, shown = saving.SHOWN, note = NOTE }
local ACCEPT = v.object { hash = HASH, shown = saving.SHOWN, note = NOTE }
local CANDIDATE = v.object { source = TEXT }
local PAGE = v.object {
  limit = v.integer { min = 1, max = 200, default = 50 },
  cursor = v.integer { min = 1, optional = true },
}
local ID = { id = v.integer { min = 1 } }
local AGAINST = v.object { against = v.integer { min = 1, optional = true } }

---@param _ Request
local function show(_)
  return reply.row(saving.state())
end

---@param req Request
local function save(req)
  local texts = { [FILE] = rule_text.without_mark(req.body.source) }
  return saving.put(req, texts, req.body.hash:lower(), req.body)
end

---@param req Request
local function check(req)
  local report, _, place = saving.tried({ [FILE] = rule_text.without_mark(req.body.source) }, req.user.id)
  if not report then
    return reply.json { ok = false, error = saving.with_all(place) }
  end
  return reply.json(saving.checked(req, report, req.body.source))
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
  for name, text in pairs(entry.sources) do entry.sources[name] = pins.hidden(text) end
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
    diff = pins.hidden((rule_changes.between(other, version))),
  }
end

---@param req Request
local function restore(req)
  return saving.put(req, rule_changes.restored_texts(found(req.path.id)), nil, req.query)
end

-- Files that were saved on disk and wait: someone agrees to what they change, as it was shown. The request
-- doesn't carry the files, so without `shown` it agrees to nothing, and is answered with what they change.
---@param req Request
local function accept(req)
  saving.must_be_editable()
  etag.check(req, saving.state())
  local saved = sources.saved(FILE)
  if not saved or saving.hash_of(saved) ~= req.body.hash:lower() then
    fail(409, "conflict", "The rules on disk have changed since you looked at them. Load them again.")
  end
  local report, gate = saving.try(req, {}, {
    accept = req.body.shown ~= nil, shown = req.body.shown, note = req.body.note,
    how = "Accept it with shown = the hash to make it live.",
  })
  return saving.live_state(saved, report, gate)
end

return {
  prefix = "/api/twilio",
  tag = "Rules",
  auth = "user",
  role = "editor",
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
    summary = "Agree to what the files on disk change for real callers, so that they go live; `shown` is the "
      .. "hash of a check, or of the 409 that a request without it gets",
    responses = { [200] = "RuleFile" } },
}
