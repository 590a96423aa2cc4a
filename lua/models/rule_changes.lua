-- models.rule_changes: what differs between versions of the Lua sources, and
-- which texts a restore puts back.

local diff = require("calls.source.diff")
local json = require("json")
local rule_versions = require("models.rule_versions")
local sources = require("sources")
local users = require("models.users")

local rule_changes = {}

local PHRASES = "phrases.lua" -- the program brings its own where the folder has none

--- Is it one of the files that a team edits? The others belong to the program.
---@param name string
---@return boolean
function rule_changes.is_own(name)
  return not name:find("/", 1, true) and name ~= "app.lua" and name:find("%.%a+$") ~= nil
end

-- The names of the files that differ, in order. For the first version, only the
-- team's own files count.
local function differing(old, new)
  local names = {}
  for name, hash in pairs(new.files) do
    if old and old.files[name] ~= hash or not old and rule_changes.is_own(name) then
      names[#names + 1] = name
    end
  end
  for name in pairs(old and old.files or {}) do
    if not new.files[name] then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

local function label(version, name)
  if not version or not version.files[name] then
    return "/dev/null"
  end
  return ("version %d/%s"):format(version.id, name)
end

--- All differences, as `diff -u` writes them.
---@param old RuleVersion?
---@param new RuleVersion
---@return string text "" when they are the same
---@return string[] changed names of files
---@return integer added lines
---@return integer removed lines
function rule_changes.between(old, new)
  local names, parts, added, removed = differing(old, new), {}, 0, 0
  for position, name in ipairs(names) do
    local before = old and rule_versions.text(old, name) or ""
    local after = rule_versions.text(new, name) or ""
    local text, more, less = diff.unified(before, after, label(old, name), label(new, name))
    parts[position], added, removed = text, added + more, removed + less
  end
  return table.concat(parts), json.array(names), added, removed
end

-- Users by name, if they have an account here.
local function named(author, kind)
  local account = kind == "user" and author and users.get(author)
  return account and account.name or author
end

--- A version, as the API and the command list it.
---@param version RuleVersion
---@param live_id integer the version that answers now
---@return table
function rule_changes.entry(version, live_id)
  local _, changed, added, removed = rule_changes.between(rule_versions.before(version), version)
  return {
    id = version.id, hash = version.hash, live_at = version.live_at, first_live_at = version.first_live_at,
    result = version.result, live = version.id == live_id, changed = changed, added = added,
    removed = removed, author = named(version.author, version.author_kind),
    author_kind = version.author_kind, note = version.note,
    accepted_by = named(version.accepted_by, "user"),
    checks = version.checks and json.decode(version.checks),
  }
end

--- The texts of the team's own files in a version.
---@param version RuleVersion
---@return table<string, string>
function rule_changes.own_texts(version)
  local texts = {}
  for name in pairs(version.files) do
    if rule_changes.is_own(name) then
      texts[name] = rule_versions.text(version, name)
    end
  end
  return texts
end

--- A text as it would go live now: in the folder, or the program's where the folder has none.
---@param name string
---@return string?
---@return boolean beside does the folder have it?
function rule_changes.in_folder(name)
  local saved = sources.saved(name)
  return saved or (name == PHRASES and sources.text(name) or nil), saved ~= nil
end

--- The texts that bring a version back. The program's own phrases stay in the program: as a file they would
--- outlive its next upgrade.
---@param version RuleVersion
---@return table<string, string>
function rule_changes.restored_texts(version)
  local texts = rule_changes.own_texts(version)
  local now, beside = rule_changes.in_folder(PHRASES)
  if not beside and texts[PHRASES] == now then
    texts[PHRASES] = nil
  end
  return texts
end

--- Do the files on disk have these texts?
---@param texts table<string, string>
---@return boolean
function rule_changes.are_saved(texts)
  for name, text in pairs(texts) do
    if sources.saved(name) ~= text then
      return false
    end
  end
  return true
end

return rule_changes
