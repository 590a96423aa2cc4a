-- routes/overrides.lua: "all calls to X until 15:00", ending by themselves.

local announce = require("models.announce")
local audit = require("models.audit")
local config = require("config")
local cursor = require("hookswitch.cursor")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local json = require("json")
local numbers = require("models.numbers")
local override = require("calls.plans.override")
local overrides = require("models.overrides")
local presence = require("models.presence")
local reply = require("hookswitch.reply")
local scope = require("hookswitch.scope")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local OVERRIDE = v.object {
  forward_to_number = v.string { max = 400 },
  ends_at = v.instant { ends = true },
  starts_at = v.instant { optional = true },
  phone_number_id = v.integer { min = 1, optional = true },
  ring_timeout = v.integer { min = 5, max = 600, default = override.SECONDS },
  note = v.string { max = 200, line = true, default = "" },
}
local PAGE = v.object {
  limit = v.integer { min = 1, max = 500, default = 100 },
  cursor = v.string { max = 100, optional = true },
}
local ID = { id = v.integer { min = 1 } }

---@param req Request
local function list(req)
  local query, size = req.query, req.query.limit
  local rows = overrides.list(req.user.id, req.at, query.cursor and cursor.read(query.cursor), size + 1)
  local next_cursor = cursor.cut(rows, size, "starts_at")
  return reply.json { overrides = json.array(rows), next = next_cursor }
end

---@param req Request
local function get(req)
  return reply.row(overrides.get(req.user.id, req.path.id, req.at)
    or fail(404, "override_not_found", "You have no override with that id."))
end

-- Whose calls it is about: the number's owner's, as it is when the override is written.
local function owner(req, number_id)
  local number = number_id and numbers.get(req.user.id, number_id)
  if number_id and not number then
    fail(404, "number_not_found", "You have no phone number with that id.")
  end
  return number and number.user_id or req.user.id
end

-- Where users don't see each other's rows, calls go to nobody else's browsers.
local function unseen(wanted, user_id)
  for _, id in ipairs(not scope.is_team and override.users(wanted.forward_to_number) or {}) do
    if id ~= user_id then
      return { forward_to_number = wrong("stranger", { user = id }) }
    end
  end
end

-- A host application may have users who aren't known here yet, so an unknown one only gets a warning.
local function warnings(text, user_id)
  local all = json.array { override.warning(text, config.get("sandbox")) }
  for _, id in ipairs(override.users(text)) do
    if not presence.is_seen(user_id, id) then
      all[#all + 1] = ("user:%s rings nobody yet: no account, number or open browser has this id.")
        :format(id)
    end
  end
  return all
end

---@param req Request
local function create(req)
  local wanted = req.body
  override.complete(wanted, req.at)
  local fields = override.problems(wanted, req.at, numbers.policy()) or unseen(wanted, req.user.id)
  if fields then
    fail.invalid(fields)
  end
  local row = audit.write(audit.user(req), "override", "add", function()
    return overrides.create(function() return owner(req, wanted.phone_number_id) end, wanted, req.at)
  end)
  announce.settings(row.user_id)
  row.warnings = warnings(row.forward_to_number, req.user.id)
  return reply.row(row, 201)
end

---@param req Request
local function finish(req)
  local ended = audit.write(audit.user(req), "override", "end", function()
    return overrides.finish(req.user.id, req.path.id, etag.checker(req), req.at)
  end)
  if not ended then
    fail(404, "override_not_found", "You have no active or upcoming override with that id.")
  end
  announce.settings(ended.user_id)
  return reply.empty()
end

return {
  prefix = "/api/twilio",
  tag = "Overrides",
  auth = "user",
  role = "editor",
  { "GET", "/overrides", list, role = "agent", query = PAGE,
    summary = "Active and upcoming overrides, by when they begin",
    responses = { [200] = "Overrides" } },
  { "POST", "/overrides", create, body = OVERRIDE, row = "Override",
    summary = "Send all calls to a phone, user:ID, several of these or voicemail, until a given time",
    responses = { [201] = "OverrideWithWarnings" } },
  { "GET", "/overrides/:id", get, role = "agent", path = ID, row = "Override",
    summary = "An override, even one that is over", responses = { [200] = "Override" } },
  { "DELETE", "/overrides/:id", finish, path = ID, row = "Override",
    summary = "End an override", responses = { [204] = false } },
}
