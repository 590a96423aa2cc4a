-- models.audit: who changed what, written in the transaction of the change.
--
--   audit.write(audit.user(req), "contact", "add", function() return contacts.put(…) end, fields)
--
-- Of a change, the fields in FIELDS are kept. A caller's number is in `about`, where models.erasure finds it.

local config = require("config")
local db = require("db")
local json = require("json")
local scope = require("hookswitch.scope")

local audit = {}

---@class Author
---@field id string a user, or an account of the system
---@field kind "user"|"os"|"server"
---@field at integer milliseconds

---@param req Request
---@return Author
function audit.user(req)
  return { id = req.user.id, kind = "user", at = req.at }
end

--- Whoever runs a command.
---@param options { me: string }
---@param at integer milliseconds
---@return Author
function audit.operator(options, at)
  return { id = options.me, kind = "os", at = at }
end

-- For each kind of thing: the fields that are kept of a change, and the one that says what it is about.
local FIELDS = {
  override = { "forward_to_number", "phone_number_id", "ring_timeout", "starts_at", "ends_at", "note" },
  forwarding = { "phone_number_id", "forward_to_number", "forwarding_type", "ring_timeout", "is_active",
    "ends_at" },
  contact = { "name", "tags", "blocked" },
  number = {
    "friendly_name", "is_active", "timezone", "voicemail_greeting", "recording", "recording_announcement",
  },
  user = { "role", "is_active" },
  away = { "ends_at" },
  recording = {},
  caller = {},
  missed = { "assigned_to" },
  note = {},
  alert = { "kind" },
}
--- Kinds of things, by name.
audit.KINDS = {}
for kind in pairs(FIELDS) do
  audit.KINDS[#audit.KINDS + 1] = kind
end
table.sort(audit.KINDS)

local ABOUT = { contact = "number", number = "phone_number", user = "name", away = "user_id",
  recording = "recording_sid", alert = "subject", missed = "number", note = "about" }

local INSERT = [[
  INSERT INTO audit (at, author, author_kind, user_id, kind, action, about, detail)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)]]

--- Note a change, in its transaction.
---@param by Author
---@param kind string a key of FIELDS
---@param action string
---@param row table what was changed, as it is now, or was before it was deleted
---@param changes? table the fields that were given; all when left out
function audit.add(by, kind, action, row, changes)
  local detail = {}
  for _, field in ipairs(FIELDS[kind]) do
    local value = row[field]
    if field == "is_active" then
      value = value == true or value == 1
    end
    if not changes then
      detail[field] = value
    elseif changes[field] ~= nil then
      detail[field] = value == nil and json.null or value
    end
  end
  local of = row.user_id ~= "" and row.user_id or nil -- an alert's "" is the team
  db:exec(INSERT, by.at, by.id, by.kind, of, kind, action, tostring(row[ABOUT[kind]] or row.id or ""),
    next(detail) and json.encode(detail) or "{}")
end

--- Change something, and note who did.
---@generic T
---@param by Author
---@param kind string
---@param action string|fun(created: any): string
---@param write fun(): T?, any gives the row, or nil when nothing was changed
---@param changes? table the fields that were given
---@return T? row
---@return any what `write` gave besides
function audit.write(by, kind, action, write, changes)
  return db:transaction(function()
    local row, more = write()
    if row then
      audit.add(by, kind, type(action) == "function" and action(more) or action, row, changes)
    end
    return row, more
  end)
end

--- The same where the row may stay as it was, of which nothing is noted.
---@param by Author
---@param kind string
---@param action string
---@param write fun(): table?, boolean? gives the row, and whether it has changed
---@param changes? table the fields that were given
---@return table? row
function audit.write_changed(by, kind, action, write, changes)
  local row
  audit.write(by, kind, action, function()
    local is_changed
    row, is_changed = write()
    return is_changed and row or nil
  end, changes)
  return row
end

local LAST_AUTHOR = [[
  SELECT a.author, (SELECT u.name FROM users AS u WHERE u.id = a.author) AS name
  FROM audit AS a WHERE a.kind = ? AND a.about = ? ORDER BY a.id DESC LIMIT 1]]

--- Who changed a thing last.
---@param kind string a key of FIELDS
---@param about integer|string
---@return string? name or id; nil: that isn't known any more
function audit.last_author(kind, about)
  local row = db:one(LAST_AUTHOR, kind, tostring(about))
  return row and (row.name or row.author)
end

local LIST = scope [[
  SELECT a.id, a.at, a.author, a.author_kind, a.user_id, a.kind, a.action, a.about, a.detail,
    (SELECT u.name FROM users AS u WHERE u.id = a.author) AS author_name
  FROM audit AS a
  WHERE (a.user_id IS NULL OR {owned:a}) AND (? IS NULL OR a.kind = ?) AND (? IS NULL OR a.author = ?)
    AND (a.at < ? OR a.at = ? AND a.id < ?)
  ORDER BY a.at DESC, a.id DESC LIMIT ?]]
local LAST = { at = math.maxinteger, id = math.maxinteger }

local function shown(list)
  for _, row in ipairs(list) do
    row.detail = json.decode(row.detail)
    row.detail.tags = row.detail.tags and json.array(row.detail.tags)
  end
  return list
end

--- Newest first: changes to what the user may see, and to what belongs to the team.
---@param user_id string
---@param f { kind: string?, author: string?, after: { at: integer, id: integer }?, limit: integer }
---@return table[]
function audit.list(user_id, f)
  local from = f.after or LAST
  return shown(db:query(LIST, user_id, f.kind, f.kind, f.author, f.author, from.at, from.at, from.id,
    f.limit))
end

--- Everybody's changes, newest first: for commands.
---@param limit integer
---@return table[]
function audit.all(limit)
  return shown(db:query([[
    SELECT a.*, (SELECT u.name FROM users AS u WHERE u.id = a.author) AS author_name
    FROM audit AS a ORDER BY a.at DESC, a.id DESC LIMIT ?]], limit))
end

local AT_ONCE, DAY_MS = 1000, 24 * 3600 * 1000

--- Delete entries past their days (audit_days), some at a time.
---@param at integer milliseconds: now
---@return integer deleted
---@return boolean more
function audit.expire(at)
  local days = config.get("audit_days")
  if days == 0 then
    return 0, false
  end
  local deleted = db:exec([[
    DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?)]],
    at - days * DAY_MS, AT_ONCE)
  return deleted, deleted == AT_ONCE
end

return audit
