-- routes/forwarding.lua: the forwarding settings that people make in the console.
--
-- The next call uses a change: the call engine reads settings through
-- hookswitch.memo, which forgets them with the commit.

local fail = require("hookswitch.fail")
local forwarding = require("models.forwarding")
local json = require("json")
local numbers = require("models.numbers")
local policy = require("calls.policy")
local reply = require("hookswitch.reply")
local v = require("hookswitch.validate")
local voice_input = require("routes.voice_input")

local TYPE = { "always", "busy", "no_answer" }
local ALIASES = { aliases = { ["no-answer"] = "no_answer" }, default = "always" }

local RULE = v.object {
  phone_number_id = v.integer { min = 1 },
  forward_to_number = v.e164(),
  forwarding_type = v.one_of(TYPE, ALIASES),
  ring_timeout = v.integer { min = 5, max = 600, default = 20 },
  is_active = v.boolean { default = true },
}
local CHANGE = v.object({
  phone_number_id = v.integer { min = 1 },
  forward_to_number = v.e164(),
  forwarding_type = v.one_of(TYPE, ALIASES),
  ring_timeout = v.integer { min = 5, max = 600 },
  is_active = v.boolean(),
}, { partial = true })
local SWITCH = v.object { is_active = v.boolean { optional = true } }
local FILTER = v.object { phone_number_id = v.integer { min = 1, optional = true } }
local ID = { id = v.integer { min = 1 } }

-- A target that the toll-fraud policy refuses; a fictional one is only warned of.
local function check_target(req, target)
  local ok, message = policy.check(target, voice_input.policy(req.user.id, req.at))
  if not ok then
    fail(422, "invalid", "Some fields are not acceptable.", { forward_to_number = message })
  end
  return policy.warning(target)
end

local function shown(row, warning, status)
  row.warnings = json.array { warning }
  return reply.json(row, status)
end

local function taken(forwarding_type)
  fail(409, "already_active", ('This number already has an active "%s" setting; switch that one off first.')
    :format(forwarding_type))
end

local function own(req)
  return forwarding.get(req.user.id, req.path.id)
    or fail(404, "rule_not_found", "You have no forwarding setting with that id.")
end

local function own_number(req, id)
  return numbers.get(req.user.id, id)
    or fail(404, "number_not_found", "You have no phone number with that id.")
end

---@param req Request
local function create(req)
  local number = own_number(req, req.body.phone_number_id)
  local warning = check_target(req, req.body.forward_to_number)
  local row = forwarding.create(number.user_id, req.body, req.at) or taken(req.body.forwarding_type)
  return shown(row, warning, 201)
end

---@param req Request
local function list(req)
  return reply.json { call_forwarding = json.array(forwarding.list(req.user.id, req.query.phone_number_id)) }
end

---@param req Request
local function update(req)
  local row = own(req)
  if req.body.phone_number_id then
    row.user_id = own_number(req, req.body.phone_number_id).user_id
  end
  for field, value in pairs(req.body) do
    row[field] = value
  end
  local warning = check_target(req, row.forward_to_number)
  return shown(forwarding.update(req.user.id, row, req.at) or taken(row.forwarding_type), warning)
end

---@param req Request
local function toggle(req)
  local row = own(req)
  if req.body.is_active == nil then
    row.is_active = not row.is_active
  else
    row.is_active = req.body.is_active
  end
  -- What was allowed when the setting was made may not be by now.
  local warning = row.is_active and check_target(req, row.forward_to_number) or nil
  return shown(forwarding.update(req.user.id, row, req.at) or taken(row.forwarding_type), warning)
end

---@param req Request
local function delete(req)
  if not forwarding.delete(req.user.id, req.path.id) then
    fail(404, "rule_not_found", "You have no forwarding setting with that id.")
  end
  return reply.empty()
end

return {
  prefix = "/api/call-forwarding",
  tag = "Call forwarding",
  auth = "user",
  { "POST", "/", create, body = RULE,
    summary = "Make a forwarding setting", responses = { [201] = "RuleWithWarnings" } },
  { "GET", "/", list, query = FILTER,
    summary = "Forwarding settings", responses = { [200] = "Rules" } },
  { "PUT", "/:id", update, path = ID, body = CHANGE,
    summary = "Change a forwarding setting", responses = { [200] = "RuleWithWarnings" } },
  { "PATCH", "/:id/toggle", toggle, path = ID, body = SWITCH,
    summary = "Switch it on or off; without a body, the other way",
    responses = { [200] = "RuleWithWarnings" } },
  { "DELETE", "/:id", delete, path = ID,
    summary = "Delete a forwarding setting", responses = { [204] = false } },
}
