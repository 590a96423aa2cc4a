-- models.numbers: phone numbers that a user owns or owned.

local config = require("config")
local db = require("db")
local etag = require("hookswitch.etag")
local json = require("json")
local memo = require("hookswitch.memo")
local rows = require("models.rows")
local scope = require("hookswitch.scope")
local totals = require("models.call_totals")

local numbers = {}

--- The owned number with this E.164 text, whoever owns it: for webhooks.
---@type fun(phone: string): table?
numbers.by_phone = memo(function(phone)
  return db:one("SELECT * FROM user_phone_numbers WHERE phone_number = ? AND released_at IS NULL", phone)
end)

local owned = memo(function()
  local set, countries = {}, {}
  local list = db:query("SELECT phone_number, country FROM user_phone_numbers WHERE released_at IS NULL")
  for _, row in ipairs(list) do
    set[row.phone_number] = true
    countries[row.country] = true
  end
  return { numbers = set, countries = countries }
end)

--- All owned numbers and their countries: what the toll-fraud policy needs.
---@return { numbers: table<string, true>, countries: table<string, true> }
function numbers.owned()
  return owned("all")
end

-- The countries that may be called, as a set: those that are configured, else
-- those of the owned numbers.
local function allowed_countries()
  local configured, set = config.get("forward_countries") or "", {}
  if configured == "" then
    return numbers.owned().countries
  end
  for code in configured:gmatch("%a%a") do
    set[code:upper()] = true
  end
  return set
end

local policy = memo(function()
  return { own_numbers = numbers.owned().numbers, countries = allowed_countries() }
end)

--- What the toll-fraud policy needs to know about the account.
---@return PolicyContext
function numbers.policy()
  return policy("all")
end

local CALLABLE = scope [[
  SELECT * FROM user_phone_numbers WHERE {owned} AND released_at IS NULL AND is_active = 1 ORDER BY id]]

--- The numbers a user may show as caller id, oldest first.
---@type fun(user_id: string): table[]
numbers.callable = memo(function(user_id)
  return db:query(CALLABLE, user_id)
end)

local GET = scope "SELECT * FROM user_phone_numbers WHERE {owned} AND id = ? AND released_at IS NULL"

--- A number the user may see, not released.
---@param user_id string
---@param id integer
---@return table?
function numbers.get(user_id, id)
  return db:one(GET, user_id, id)
end

local LIST = scope "SELECT * FROM user_phone_numbers WHERE {owned} AND released_at IS NULL ORDER BY id"

---@param user_id string
---@return table[]
function numbers.list(user_id)
  return db:query(LIST, user_id)
end

--- A part of the list.
---@param user_id string
---@param after integer? id of the last one before it
---@param limit integer
---@return table[]
---@return integer? next id to go on after; nil: these are the last
function numbers.page(user_id, after, limit)
  local page = {}
  for _, row in ipairs(numbers.list(user_id)) do
    if row.id > (after or 0) then
      if #page == limit then
        return page, page[limit].id
      end
      page[#page + 1] = row
    end
  end
  return page
end

--- A number's name.
---@param id integer
---@return string? name nil: it has been released
function numbers.name(id)
  local row = db:one("SELECT friendly_name FROM user_phone_numbers WHERE id = ? AND released_at IS NULL", id)
  return row and row.friendly_name
end

--- The time zone of a number, released or not.
---@param id integer
---@return string?
function numbers.zone(id)
  local row = db:one("SELECT timezone FROM user_phone_numbers WHERE id = ?", id)
  return row and row.timezone
end

--- The zone of numbers that have none of their own.
---@return string? zone nil: nobody has set the server's
function numbers.default_zone()
  local zone = config.get("timezone")
  return zone ~= "UTC" and zone or nil
end

--- Every number that isn't released, whoever owns it: for commands.
---@return table[]
function numbers.all()
  return db:query("SELECT * FROM user_phone_numbers WHERE released_at IS NULL ORDER BY id")
end

--- A row as the API shows it.
---@param row table
---@return table
function numbers.shown(row)
  local out = {}
  for field, value in pairs(row) do
    out[field] = value
  end
  out.is_active = row.is_active == 1
  out.capabilities = json.decode(row.capabilities) or {}
  return etag.stamp(out)
end

--- Calls of each number since a moment, by the number's id.
---@param user_id string
---@param since integer milliseconds
---@param at integer milliseconds: now
---@return table<integer, table>
function numbers.statistics(user_id, since, at)
  local by_id = {}
  for id, sums in pairs(totals.by_number(user_id, since, at + 1)) do
    by_id[id] = { calls = sums.calls, answered = sums.answered, missed = sums.missed,
      voicemail = sums.voicemail, talk_seconds = sums.talk_seconds }
  end
  return by_id
end

local INSERT = [[
  INSERT INTO user_phone_numbers (user_id, phone_number, twilio_sid, friendly_name, country, area_code,
    number_type, capabilities, purchased_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (twilio_sid) DO UPDATE SET user_id = excluded.user_id, phone_number = excluded.phone_number,
    friendly_name = excluded.friendly_name, capabilities = excluded.capabilities, is_active = 1,
    purchased_at = excluded.purchased_at, updated_at = excluded.updated_at, released_at = NULL
  RETURNING *]]

--- Add a number that the Twilio account owns. If there is a row for it, that is returned as it is.
---@param user_id string
---@param n { phone_number: string, sid: string, friendly_name: string, country: string,
--- area_code: string?, number_type: string, capabilities: table }
---@param at integer milliseconds
---@return table row
function numbers.insert(user_id, n, at)
  return db:transaction(function()
    local known = db:one([[
      UPDATE user_phone_numbers SET twilio_sid = ? WHERE phone_number = ? AND released_at IS NULL
      RETURNING *]], n.sid, n.phone_number)
    return known or db:one(INSERT, user_id, n.phone_number, n.sid, n.friendly_name, n.country, n.area_code,
      n.number_type, json.encode(n.capabilities), at, at)
  end)
end

local CHANGE = rows.fields {
  "friendly_name", "is_active", "timezone", "voicemail_greeting", "recording", "recording_announcement",
}
local UPDATE = "UPDATE user_phone_numbers SET " .. CHANGE.set .. ", updated_at = ? WHERE id = ? RETURNING *"

--- Change fields of a number.
---@param user_id string
---@param id integer
---@param agree fun(row: table): table raises, or gives the fields to write
---@param at integer milliseconds
---@return table? row nil: the user has no such number
function numbers.change(user_id, id, agree, at)
  return rows.guarded(function() return numbers.get(user_id, id) end, agree, function(_, changes)
    return db:one(UPDATE, CHANGE.values(changes, at, id))
  end)
end

--- Store what Twilio says about a number of ours, unless it was changed here since we asked.
---@param row table read before Twilio was asked
---@param friendly_name string
---@param capabilities table
---@param at integer milliseconds
---@return boolean whether anything changed
function numbers.refresh(row, friendly_name, capabilities, at)
  local text = json.encode(capabilities)
  return db:exec([[
    UPDATE user_phone_numbers SET friendly_name = ?, capabilities = ?, updated_at = ?
    WHERE id = ? AND (friendly_name <> ? OR capabilities <> ?)
      AND friendly_name = ? AND updated_at = ? AND released_at IS NULL]],
    friendly_name, text, at, row.id, friendly_name, text, row.friendly_name, row.updated_at) > 0
end

--- Mark a number as no longer ours. Its settings are switched off; the row stays, for the log.
---@param id integer
---@param at integer milliseconds
---@return table row as it is, also when it was released before
function numbers.release(id, at)
  return db:transaction(function()
    db:exec([[
      UPDATE call_forwarding SET is_active = 0, updated_at = ?
      WHERE phone_number_id = ? AND is_active = 1]], at, id)
    return db:one([[
      UPDATE user_phone_numbers SET released_at = ?, is_active = 0, updated_at = ?
      WHERE id = ? AND released_at IS NULL RETURNING *]], at, at, id)
      or db:one("SELECT * FROM user_phone_numbers WHERE id = ?", id)
  end)
end

return numbers
