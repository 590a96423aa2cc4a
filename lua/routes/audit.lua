-- routes/audit.lua: who changed what, for admins.

local audit = require("models.audit")
local cursor = require("hookswitch.cursor")
local json = require("json")
local reply = require("hookswitch.reply")
local roles = require("hookswitch.roles")
local v = require("hookswitch.fields.validate")

local PAGE = v.object {
  kind = v.one_of(audit.KINDS, { optional = true }),
  author = v.string { min = 1, max = 255, optional = true },
  limit = v.integer { min = 1, max = 500, default = 100 },
  cursor = v.string { max = 100, optional = true },
}

---@param req Request
local function list(req)
  local query, size = req.query, req.query.limit
  local rows = audit.list(req.user.id, {
    kind = query.kind, author = query.author, limit = size + 1,
    after = query.cursor and cursor.read(query.cursor),
  })
  local next_cursor = cursor.cut(rows, size, "at")
  return reply.json { entries = json.array(rows), next = next_cursor }
end

return {
  prefix = "/api/audit",
  tag = "Users",
  auth = "user",
  role = "admin",
  { "GET", "/", roles.for_known_admins(list), query = PAGE,
    summary = "Who changed what, the latest first", responses = { [200] = "Audit" } },
}
