-- routes/forwarding.lua: the forwarding settings that people make in the console.
--
-- The next call uses a change: the call engine reads settings through
-- hookswitch.memo, which forgets them with the commit.

local announce = require("models.announce")
local audit = require("models.audit")
local config = require("config")
local console_forwarding = require("calls.plans.console_forwarding")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local forwarding = require("models.forwarding")
local json = require("json")
local numbers = require("models.numbers")
local policy = require("calls.parties.policy")
local reply = require("hookswitch.reply")
local unused_settings = require("calls.plans.unused_settings")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local ALIASES = { aliases = { ["no-answer"] = "no_answer" }, default = "always" }

-- null: all numbers. Whoever forgets the field doesn't mean that.
local RULE = v.object {
  phone_number_id = v.integer { min = 1, nullable = true },
  forward_to_number = v.e164(),
  forwarding_type = v.one_of(forwarding.TYPES, ALIASES),
  ring_timeout = v.integer { min = 5, max = 600, default = 20 },
  is_active = v.boolean { default = true },
  ends_at = v.instant { optional = true, nullable = true, ends = true },
}
local CHANGE = v.object({
  phone_number_id = v.integer { min = 1, nullable = true },
  forward_to_number = v.e164(),
  forwarding_type = v.one_of(forwarding.TYPES, ALIASES),
  ring_timeout = v.integer { min = 5, max = 600 },
  is_active = v.boolean(),
  ends_at = v.instant { nullable = true, ends = true },
}, { partial = true })
local SWITCH = v.object { is_active = v.boolean { optional = true } }
local FILTER = v.object { phone_number_id = v.integer { min = 1, optional = true } }
local ID = { id = v.integer { min = 1 } }

-- A target that the toll-fraud policy refuses; a fictional one is only warned of.
local function check_target(target)
  local ok, message, code = policy.check(target, numbers.policy())
  if not ok then
    fail.invalid { forward_to_number = wrong(code, { number = target }, message) }
  end
  return policy.warning(target, config.get("sandbox"))
end

-- Calls are decided by whole seconds, so a setting ends with one.
local function check_end(ends_at, at)
  if math.type(ends_at) ~= "integer" then
    return ends_at
  end
  ends_at = ends_at - ends_at % 1000
  if ends_at <= at then
    fail.invalid { ends_at = wrong("over") }
  end
  return ends_at
end

-- Settings without effect, once for each number that doesn't follow one; all settings; how many numbers.
local function unused_of(user_id, at, phone_number_id)
  local settings, found, count = forwarding.list(user_id, phone_number_id), {}, 0
  for _, number in ipairs(numbers.list(user_id)) do
    if not phone_number_id or phone_number_id == number.id then
      local about = { number = number, policy = numbers.policy(), at = at }
      local followed = console_forwarding.followed(settings, number.id)
      for _, unused in ipairs(unused_settings.of(followed, about)) do found[#found + 1] = unused end
      count = count + 1
    end
  end
  return found, settings, count
end

local function shown(row, at, warning, status)
  local known = {}
  row.warnings = json.array { warning }
  for _, unused in ipairs(unused_of(row.user_id, at, row.phone_number_id)) do
    local text = unused_settings.text(unused)
    if not known[text] and (unused.reason ~= "refused" or unused.setting.id ~= row.id) then
      known[text], row.warnings[#row.warnings + 1] = true, text
    end
  end
  announce.settings(row.user_id)
  return reply.row(row, status)
end

local TAKEN = 'There is already an active "%s" setting%s; switch that one off first.'

-- Another active setting has the place of this one.
local function taken(s)
  local for_all = s.phone_number_id == json.null or s.phone_number_id == nil
  fail(409, for_all and "already_active_for_all" or "already_active",
    TAKEN:format(s.forwarding_type, for_all and " for all numbers" or ""))
end

local function missing()
  fail(404, "rule_not_found", "You have no forwarding setting with that id.")
end

local function own_number(req, id)
  return numbers.get(req.user.id, id)
    or fail(404, "number_not_found", "You have no phone number with that id.")
end

---@param req Request
local function create(req)
  local warning = check_target(req.body.forward_to_number)
  req.body.ends_at = check_end(req.body.ends_at, req.at)
  local id = req.body.phone_number_id
  local function owner() return id == json.null and req.user.id or own_number(req, id).user_id end
  local row = audit.write(audit.user(req), "forwarding", "add", function()
    return forwarding.create(owner, req.body, req.at)
  end)
  return shown(row or taken(req.body), req.at, warning, 201)
end

---@param req Request
local function list(req)
  local unused, settings, count = unused_of(req.user.id, req.at, req.query.phone_number_id)
  local times = {}
  for _, one in ipairs(unused) do
    local row, known = one.setting, times[one.setting] or {}
    times[row], known[one.reason] = known, (known[one.reason] or 0) + 1
    -- One for all numbers is unused if it is for each of them, and for the same reason.
    if row.phone_number_id or known[one.reason] == count then row.unused = one.reason end
  end
  return reply.json { call_forwarding = json.array(settings) }
end

---@param req Request
local function get(req)
  return reply.row(forwarding.get(req.user.id, req.path.id) or missing())
end

-- What `wanted(row)` says is written, unless the row was changed meanwhile or may not become that.
local function change(req, wanted)
  local warning
  local function agree(row)
    etag.check(req, row)
    local changes = wanted(row)
    if changes.ends_at ~= nil or changes.is_active == true then
      local ends_at = changes.ends_at
      if ends_at == nil then ends_at = row.ends_at end
      ends_at = check_end(ends_at, req.at)
      changes.ends_at = changes.ends_at ~= nil and ends_at or nil
    end
    -- What was allowed when the setting was made may not be by now.
    if changes.forward_to_number or changes.is_active ~= false then
      warning = check_target(changes.forward_to_number or row.forward_to_number)
    end
    return changes
  end
  local row, active = audit.write(audit.user(req), "forwarding", "change", function()
    return forwarding.change(req.user.id, req.path.id, agree, req.at)
  end)
  return shown(row or active and taken(active) or missing(), req.at, warning)
end

---@param req Request
local function update(req)
  return change(req, function()
    local changes = req.body
    if changes.phone_number_id and changes.phone_number_id ~= json.null then
      changes.user_id = own_number(req, changes.phone_number_id).user_id
    end
    return changes
  end)
end

---@param req Request
local function toggle(req)
  return change(req, function(row)
    if req.body.is_active == nil then
      return { is_active = not row.is_active }
    end
    return { is_active = req.body.is_active }
  end)
end

---@param req Request
local function delete(req)
  local deleted = audit.write(audit.user(req), "forwarding", "delete", function()
    return forwarding.delete(req.user.id, req.path.id, etag.checker(req))
  end)
  if not deleted then
    return missing()
  end
  announce.settings(deleted.user_id)
  return reply.empty()
end

return {
  prefix = "/api/call-forwarding",
  tag = "Call forwarding",
  auth = "user",
  role = "editor",
  { "POST", "/", create, body = RULE, row = "Rule",
    summary = "Create a forwarding setting", responses = { [201] = "RuleWithWarnings" } },
  { "GET", "/", list, query = FILTER,
    summary = "Forwarding settings", responses = { [200] = "Rules" } },
  { "GET", "/:id", get, path = ID, row = "Rule",
    summary = "A forwarding setting", responses = { [200] = "Rule" } },
  { "PUT", "/:id", update, path = ID, body = CHANGE, row = "Rule",
    summary = "Change a forwarding setting", responses = { [200] = "RuleWithWarnings" } },
  { "PATCH", "/:id/toggle", toggle, path = ID, body = SWITCH, row = "Rule",
    summary = "Switch it on or off; without a body, toggle it",
    responses = { [200] = "RuleWithWarnings" } },
  { "DELETE", "/:id", delete, path = ID, row = "Rule",
    summary = "Delete a forwarding setting", responses = { [204] = false } },
}
