-- routes/missed.lua: the inbox: callers to get back to, and messages that nobody has
-- heard. A caller stays open until someone has talked to that number, in either
-- direction, or dismisses it; a message until someone has heard it, or dismisses it.

local announce = require("models.announce")
local audit = require("models.audit")
local cursor = require("hookswitch.cursor")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local json = require("json")
local missed = require("models.missed")
local presence = require("models.presence")
local reply = require("hookswitch.reply")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local FILTER = v.object {
  state = v.one_of({ "open", "closed" }, { default = "open" }),
  assigned = v.string { min = 1, max = 200, optional = true, description = "me, nobody, or a user's id." },
  limit = v.integer { min = 1, max = 200, default = 50 },
  cursor = v.string { max = 100, optional = true },
}
local ASSIGN = v.object { assigned_to = v.string { min = 1, max = 200, nullable = true } }
local WORDS = { me = function(user_id) return user_id end, nobody = function() return "" end }
local ID = { id = v.integer { min = 1 } }

---@param req Request
local function list(req)
  missed.settle_if_able()
  local filter, size = req.query, req.query.limit
  local word = WORDS[filter.assigned]
  filter.assigned = word and word(req.user.id) or filter.assigned
  filter.before, filter.limit = filter.cursor and cursor.read(filter.cursor), size + 1
  local rows = missed.list(req.user.id, filter)
  local next_cursor = cursor.cut(rows, size, "last_at")
  return reply.json { missed_calls = json.array(rows), next = next_cursor, open = missed.count(req.user.id) }
end

local function answered(row)
  return reply.row(row or fail(404, "missed_call_not_found", "You have no missed caller with that id."))
end

-- The same after a change, of which the audit log tells: other pages show it, too.
local function changed(req, action, write, fields)
  local row = audit.write_changed(audit.user(req), "missed", action, write, fields)
  if row then
    announce.missed(row.user_id, { id = row.id })
  end
  return answered(row)
end

---@param req Request
local function get(req)
  return answered(missed.get(req.user.id, req.path.id))
end

---@param req Request
local function dismiss(req)
  missed.settle()
  return changed(req, "close", function()
    return missed.dismiss(req.user.id, req.path.id, req.at, etag.checker(req))
  end, {})
end

---@param req Request
local function reopen(req)
  missed.settle()
  return changed(req, "reopen", function()
    return missed.reopen(req.user.id, req.path.id, req.at, etag.checker(req))
  end, {})
end

---@param req Request
local function assign(req)
  local wanted = req.body.assigned_to
  wanted = wanted ~= json.null and wanted or nil
  local function agree(row)
    etag.check(req, row)
    if wanted and not presence.is_seen(req.user.id, wanted) then
      fail.invalid { assigned_to = wrong("teammate") }
    end
  end
  return changed(req, "assign", function()
    return missed.assign(req.user.id, req.path.id, wanted, agree)
  end, req.body)
end

return {
  prefix = "/api/twilio",
  tag = "Missed calls",
  auth = "user",
  role = "agent",
  { "GET", "/missed-calls", list, query = FILTER,
    summary = "Callers to call back and messages nobody has heard, latest first",
    responses = { [200] = "MissedCalls" } },
  { "GET", "/missed-calls/:id", get, path = ID, row = "MissedCall",
    summary = "A caller to call back", responses = { [200] = "MissedCall" } },
  { "PATCH", "/missed-calls/:id", assign, path = ID, body = ASSIGN, row = "MissedCall",
    summary = "Assign it to someone", responses = { [200] = "MissedCall" } },
  { "POST", "/missed-calls/:id/dismiss", dismiss, path = ID, row = "MissedCall",
    summary = "Mark it as done", responses = { [200] = "MissedCall" } },
  { "POST", "/missed-calls/:id/reopen", reopen, path = ID, row = "MissedCall",
    summary = "Reopen it", responses = { [200] = "MissedCall" } },
}
