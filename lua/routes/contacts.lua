-- routes/contacts.lua: who callers are, and who is not put through.

local audit = require("models.audit")
local contacts = require("models.contacts")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local json = require("json")
local reply = require("hookswitch.reply")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local CONTACT = v.object {
  number = v.e164(),
  name = v.string { max = 100, line = true, optional = true },
  tags = v.list(v.string { min = 1, max = 40, line = true }, { max = 20, optional = true }),
  blocked = v.boolean { optional = true },
}
local CHANGE = v.object({
  name = v.string { max = 100, line = true },
  tags = v.list(v.string { min = 1, max = 40, line = true }, { max = 20 }),
  blocked = v.boolean(),
}, { partial = true })
local BLOCK = v.object { number = v.e164(), name = v.string { max = 100, line = true, optional = true } }
local PAGE = {
  limit = v.integer { min = 1, max = 1000, default = 200 },
  after = v.integer { min = 0, default = 0 },
  number = v.e164 { optional = true, plus = true },
}
local FILTER = v.object(PAGE)
local ID = { id = v.integer { min = 1 } }

-- Pages by id: `next` is the `after` of the next one.
local function page(req, name, blocked)
  local query = req.query
  local rows = contacts.list(req.user.id, {
    blocked = blocked, number = query.number, after = query.after, limit = query.limit + 1,
  })
  local following = json.null
  if #rows > query.limit then
    rows[#rows] = nil
    following = rows[#rows].id
  end
  return reply.json { [name] = json.array(rows), next = following }
end

---@param req Request
local function list(req)
  return page(req, "contacts", nil)
end

local function added_or_changed(created)
  return created and "add" or "change"
end

local function put(req, entry, agree)
  local row, created = audit.write(audit.user(req), "contact", added_or_changed, function()
    return contacts.put(req.user.id, entry, agree, req.at)
  end, entry)
  return reply.row(row, created and 201 or 200)
end

-- Who enters a number that is there already doesn't mean to overwrite what is known of it.
local function keep_known(req)
  return function(row)
    etag.check(req, row)
    if not row or req:header("If-Match") or contacts.has(row, req.body) then
      return
    end
    local message = row.name ~= "" and ("This number is in your contacts already, as %s."):format(row.name)
      or "This number is in your contacts already."
    fail(409, "contact_exists", message, { number = wrong("contact_exists") }, { ETag = row.etag },
      { current = row })
  end
end

---@param req Request
local function enter(req)
  return put(req, req.body, keep_known(req))
end

local function missing()
  fail(404, "contact_not_found", "You have no contact with that id.")
end

---@param req Request
local function get(req)
  return reply.row(contacts.get(req.user.id, req.path.id) or missing())
end

---@param req Request
local function change(req)
  local function agree(row)
    etag.check(req, row)
    return req.body
  end
  local row = audit.write(audit.user(req), "contact", "change", function()
    return contacts.change(req.user.id, req.path.id, agree, req.at)
  end, req.body)
  return reply.row(row or missing())
end

---@param req Request
local function delete(req)
  local deleted = audit.write(audit.user(req), "contact", "delete", function()
    return contacts.delete(req.user.id, req.path.id, etag.checker(req))
  end)
  return deleted and reply.empty() or missing()
end

---@param req Request
local function blocklist(req)
  return page(req, "blocklist", true)
end

---@param req Request
local function block(req)
  local entry = { number = req.body.number, name = req.body.name, blocked = true }
  return put(req, entry, function(row)
    etag.check(req, row)
    entry.name = (not row or row.name == "") and entry.name or nil
  end)
end

---@param req Request
local function unblock(req)
  local unblocked = audit.write(audit.user(req), "contact", "change", function()
    return contacts.unblock(req.user.id, req.path.id, etag.checker(req), req.at)
  end, { blocked = false })
  if not unblocked then
    fail(404, "contact_not_found", "You have no blocked contact with that id.")
  end
  return reply.empty()
end

return {
  prefix = "/api/twilio",
  tag = "Contacts",
  auth = "user",
  role = "agent",
  { "GET", "/contacts", list, query = FILTER,
    summary = "Contacts by id", responses = { [200] = "Contacts" } },
  { "POST", "/contacts", enter, body = CONTACT, row = "Contact",
    summary = "Add a contact; a number that is already there is only changed with If-Match",
    responses = { [200] = "Contact", [201] = "Contact" } },
  { "GET", "/contacts/:id", get, path = ID, row = "Contact",
    summary = "A contact", responses = { [200] = "Contact" } },
  { "PUT", "/contacts/:id", change, path = ID, body = CHANGE, row = "Contact",
    summary = "Change a contact", responses = { [200] = "Contact" } },
  { "DELETE", "/contacts/:id", delete, path = ID, row = "Contact",
    summary = "Delete a contact", responses = { [204] = false } },
  { "GET", "/blocklist", blocklist, query = FILTER,
    summary = "Blocked numbers", responses = { [200] = "Blocklist" } },
  { "POST", "/blocklist", block, body = BLOCK, row = "Contact",
    summary = "Block a number", responses = { [200] = "Contact", [201] = "Contact" } },
  { "DELETE", "/blocklist/:id", unblock, path = ID, row = "Contact",
    summary = "Unblock a number", responses = { [204] = false } },
}
