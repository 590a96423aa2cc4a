-- commands.shared.output: what commands print with --json: completed by their schemas, so that a field
-- which can be null is always there.
--
--   output.text("commands.missed", "dismiss", value)   -> JSON

local api = require("api.schemas")
local json = require("json")
local Nulls = require("hookswitch.fields.nulls")
local schema = require("hookswitch.fields.schema")

local output = {}

local TEXT, WHOLE, BOOLEAN, TIME = schema.TEXT, schema.WHOLE, schema.BOOLEAN, schema.TIME
local list, object, ref = schema.list, schema.object, schema.ref

-- The fields of an answer of the API, but for one, and more.
local function more_than(name, fields, but)
  local known, out = api[name], object(fields)
  for field, of in pairs(known.properties) do
    if field ~= but then out.properties[field] = of end
  end
  for _, field in ipairs(known.required) do
    if field ~= but then out.required[#out.required + 1] = field end
  end
  return out
end

local function report(fields)
  fields.ok = BOOLEAN
  fields.report = list(object {
    state = schema.one_of("ok", "changed", "would_change", "warn", "failed", "info"), about = TEXT,
    what = TEXT, message = TEXT, ["fix?"] = TEXT,
  })
  return object(fields)
end

local SIDE = api.Replay.properties.changed.items.properties.before
local JOB = object { done = WHOLE, ["error?"] = object { ["code?"] = TEXT, ["message?"] = TEXT } }
local ACCOUNT = object { user = object { id = TEXT, name = TEXT, ["role*"] = api.User.properties.role } }

--- By the name of the command, with its action where it has several.
output.SCHEMAS = schema.extended(api, {
  coverage = ref("Coverage"), forget = ref("Forgotten"), leaks = ref("Leaks"),
  simulate = ref("Simulation"), why = ref("CallWithTrace"),
  maintain = object {
    purchases = JOB, calls = JOB, prices = JOB, recordings = JOB, texts = JOB, old_calls = JOB, totals = JOB,
    callers = JOB, audit = JOB, calendars = JOB, alerts = JOB,
  },
  missed_list = object { missed_calls = list(ref("MissedCall")) },
  missed_dismiss = ref("MissedCall"), missed_reopen = ref("MissedCall"),
  override_add = object { override = ref("Override"), warnings = list(TEXT) },
  override_list = object {
    overrides = list(more_than("Override", { ["phone_number?"] = TEXT, ["timezone?"] = TEXT }, "etag")),
  },
  override_end = object { ended = WHOLE },
  replay = more_than("Replay", {
    rules = TEXT, changed_count = WHOLE,
    moves = list(object { before = SIDE, after = SIDE, count = WHOLE }),
  }),
  rules_log = object { versions = list(ref("RuleVersion")) },
  rules_show = object { id = WHOLE, live_at = TIME, file = TEXT, source = TEXT },
  rules_diff = more_than("RuleDiff", { ["id?"] = WHOLE, changed = list(TEXT) }, "id"),
  rules_about = ref("RuleVersionWithSources"),
  rules_accept = object { hash = TEXT, changed = WHOLE, ["gate?"] = ref("RuleGate") },
  rules_draft = ref("RuleDraft"),
  rules_promote = object { hash = TEXT, changed = WHOLE, ["gate?"] = ref("RuleGate"), ["before?"] = WHOLE },
  rules_restore = object { id = WHOLE, files = list(TEXT), ["gate?"] = ref("RuleGate") },
  setup = report { ["application_sid?"] = TEXT }, sync = report {},
  doctor = report { ["doubts?"] = list(TEXT) },
  token = object { token = TEXT, expiresIn = WHOLE, user = object { id = TEXT } },
  user_add = ACCOUNT, user_passwd = ACCOUNT, user_remove = ACCOUNT, user_role = ACCOUNT,
  user_disable = ACCOUNT, user_enable = ACCOUNT,
  user_list = object { users = list(more_than("User", {}, "etag")) },
  hosts = object {
    hosts = list(object {
      name = TEXT, version = TEXT, started_at = TIME, seen_at = TIME, silent_s = WHOLE, ["rules?"] = WHOLE,
      ["rules_seq?"] = WHOLE, ["rules_problem?"] = TEXT, ["clock_ms?"] = WHOLE, problems = list(TEXT),
    }),
    ["rules_by?"] = TEXT, ["rules_at?"] = TIME,
  },
  audit = object { entries = api.Audit.properties.entries },
})
local nulls = Nulls(output.SCHEMAS)

---@param module string the command's
---@param action string? where it has several
---@param value table
---@return string
function output.text(module, action, value)
  local name = module:match("[^.]+$") .. (action and "_" .. action or "")
  assert(output.SCHEMAS[name], name .. " has no schema")
  return json.encode(nulls.complete(name, value))
end

return output
