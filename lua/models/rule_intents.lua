-- models.rule_intents: what is known about files before they go live: who saves them, why, and whether
-- someone agreed to what they change. The version that goes live keeps it (host/server/release/versions.c).

local db = require("db")

local rule_intents = {}

local STALE_MS = 24 * 3600 * 1000 -- of files that never went live

local PUT = [[
  INSERT INTO rule_intents (hash, author, author_kind, note, accepted_by, at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (hash) DO UPDATE SET author = excluded.author, author_kind = excluded.author_kind,
    note = excluded.note, accepted_by = excluded.accepted_by, at = excluded.at]]

---@class RuleIntent
---@field hash string of all files, as sources.try gives it
---@field author string? nil: the files' own author stands
---@field author_kind "user"|"os"|nil
---@field note string?
---@field accepted_by string? who agreed to what changes

---@param intent RuleIntent
---@param at integer milliseconds
function rule_intents.put(intent, at)
  db:exec("DELETE FROM rule_intents WHERE at < ?", at - STALE_MS)
  db:exec(PUT, intent.hash, intent.author, intent.author_kind, intent.note, intent.accepted_by, at)
end

return rule_intents
