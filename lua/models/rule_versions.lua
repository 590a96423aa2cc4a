-- models.rule_versions: every set of Lua sources that was ever live, and when.
--
-- The host writes them when it publishes (host/server/release/versions.c). A version has
-- one id, however often it comes back; the history has a row each time.

local db = require("db")
local json = require("json")

local rule_versions = {}

---@class RuleVersion
---@field id integer
---@field hash string of all sources
---@field live_at integer when it went live, the last time
---@field first_live_at integer
---@field result string "ok", or why it was let in anyway
---@field entry integer of the history
---@field author string? a user's id, an account of the system, or the author of a commit
---@field author_kind "user"|"os"|"git"|nil
---@field note string?
---@field accepted_by string? who agreed to what it changes
---@field checks string? JSON: what its trial looked at
---@field gate string? JSON: what it did to the last real calls (models.gate)
---@field files table<string, string> hashes of texts by file name

local FIELDS = [[
  SELECT v.id, v.hash, a.id AS entry, a.live_at, a.result, v.live_at AS first_live_at, v.files, v.sources,
    a.author, a.author_kind, a.note, a.accepted_by, a.checks, a.gate
  FROM rule_activations AS a JOIN rule_versions AS v ON v.id = a.version]]

local LATEST = FIELDS .. [[
  WHERE a.id IN (SELECT MAX(id) FROM rule_activations GROUP BY version) AND a.id < ?
  ORDER BY a.id DESC LIMIT ?]]
local BY_ID = FIELDS .. " WHERE v.id = ? ORDER BY a.id DESC LIMIT 1"
local AT = FIELDS .. " WHERE a.live_at <= ? ORDER BY a.live_at DESC, a.id DESC LIMIT 1"
local BEFORE = FIELDS .. " WHERE a.id < ? ORDER BY a.id DESC LIMIT 1"

-- The oldest versions hold their texts themselves.
local function opened(row)
  if not row then
    return nil
  end
  if row.files then
    row.files = json.decode(row.files)
  else
    row.files, row.texts = {}, json.decode(row.sources)
    for name, text in pairs(row.texts) do
      row.files[name] = text
    end
  end
  row.sources = nil
  return row
end

--- Versions, newest first.
---@param limit integer
---@param before_entry integer? of the history
---@return RuleVersion[]
function rule_versions.list(limit, before_entry)
  local rows = db:query(LATEST, before_entry or math.maxinteger, limit)
  for _, row in ipairs(rows) do
    opened(row)
  end
  return rows
end

---@param id integer
---@return RuleVersion?
function rule_versions.get(id)
  return opened(db:one(BY_ID, id))
end

--- The version that was live at a moment.
---@param at integer milliseconds
---@return RuleVersion?
function rule_versions.at(at)
  return opened(db:one(AT, at))
end

--- The version that was live before.
---@param version RuleVersion
---@return RuleVersion?
function rule_versions.before(version)
  return opened(db:one(BEFORE, version.entry))
end

--- The text of a file in a version.
---@param version RuleVersion
---@param name string
---@return string?
function rule_versions.text(version, name)
  if version.texts then
    return version.texts[name]
  end
  local hash = version.files[name]
  local row = hash and db:one("SELECT text FROM rule_texts WHERE hash = ?", hash)
  return row and row.text
end

return rule_versions
