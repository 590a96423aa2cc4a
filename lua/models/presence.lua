-- models.presence: which browsers are registered for calls.

local db = require("db")
local memo = require("hookswitch.memo")
local scope = require("hookswitch.scope")

local presence = {}

presence.FRESH_MS = 60000 -- a heartbeat older than this is offline
local LEFT_MS = 2 * presence.FRESH_MS -- so much older is a page that left: offline by every host's clock
local AHEAD_MS = 3600 * 1000 -- one further ahead is from before the clock was set back

local last_seen = memo(function()
  local seen = {}
  for _, row in ipairs(db:query("SELECT user_id, MAX(seen_at) AS seen_at FROM presence GROUP BY user_id")) do
    seen[row.user_id] = row.seen_at
  end
  return seen
end, "presence")

--- Whether one of the user's browsers sent a heartbeat within the last minute. While the database is down no
--- heartbeat is stored, so the state from before holds.
---@param user_id string
---@param at integer milliseconds
---@return boolean
function presence.online(user_id, at)
  local seen = last_seen("all")[user_id]
  at = math.min(at, db:down_since() or at)
  return seen ~= nil and at - seen < presence.FRESH_MS and seen - at <= AHEAD_MS
end

--- The same as a set by user id, which looks each user up when asked.
---@param at integer milliseconds
---@return table<string, true>
function presence.online_users(at)
  return setmetatable({}, { __index = function(_, user_id) return presence.online(user_id, at) or nil end })
end

presence.MOST = 500 -- people in a list

-- Everyone who has an account, owns a number, has used a browser or has been away.
local EVERYBODY = [[
  SELECT k.user_id, u.name, MAX(k.seen_at) AS seen_at
  FROM (SELECT user_id, COALESCE(left_at, seen_at) AS seen_at FROM presence
    UNION ALL SELECT id, NULL FROM users WHERE is_active = 1
    UNION ALL SELECT user_id, NULL FROM user_phone_numbers WHERE released_at IS NULL
    UNION ALL SELECT user_id, NULL FROM away
    UNION ALL SELECT ?, NULL) AS k
  LEFT JOIN users AS u ON u.id = k.user_id
  WHERE {owned:k}]]
local PEOPLE = scope(EVERYBODY .. [[
  GROUP BY k.user_id, u.name ORDER BY u.name IS NULL, u.name, k.user_id LIMIT ?]])
local ONE = scope(EVERYBODY .. " AND k.user_id = ? GROUP BY k.user_id, u.name")

--- The people a user may see, including the user, by name.
---@param user_id string
---@return { user_id: string, name: string?, seen_at: integer? }[]
---@return boolean more there are more than these
function presence.people(user_id)
  local list = db:query(PEOPLE, user_id, user_id, presence.MOST + 1)
  local more = #list > presence.MOST
  list[presence.MOST + 1] = nil
  return list, more
end

--- May a user see this person?
---@param user_id string
---@param wanted string a user's id
---@return boolean
function presence.is_seen(user_id, wanted)
  return db:one(ONE, user_id, user_id, wanted) ~= nil
end

-- An older report changes nothing, on whichever host and in whatever order they come.
local REPORT = [[
  INSERT INTO presence (user_id, device, seen_at, left_at, sequence) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (user_id, device) DO UPDATE
  SET seen_at = excluded.seen_at, left_at = excluded.left_at, sequence = excluded.sequence
  WHERE excluded.sequence IS NULL OR presence.sequence IS NULL OR excluded.sequence > presence.sequence]]

--- Note what a browser reports: a heartbeat, or a goodbye.
---@param user_id string
---@param report { device: string, registered: boolean, sequence: integer? } device: the tab; sequence grows
---@param at integer milliseconds
function presence.report(user_id, report, at)
  local seen_at, left_at = at, nil
  if not report.registered then
    seen_at, left_at = at - LEFT_MS, at
  end
  db:transaction(function()
    db:exec(REPORT, user_id, report.device, seen_at, left_at, report.sequence)
    db:exec("DELETE FROM presence WHERE user_id = ? AND seen_at < ?", user_id, at - 10 * presence.FRESH_MS)
  end)
end

--- None of a user's browsers rings any more.
---@param user_id string
function presence.forget(user_id)
  db:exec("DELETE FROM presence WHERE user_id = ?", user_id)
end

return presence
