-- commands.rules.rules: the versions of the rule file: log, about, show, diff, restore, accept; and its
-- draft: draft, promote.

local config = require("config")
local diff = require("calls.source.diff")
local draft_state = require("api.draft_state")
local drafts = require("models.drafts")
local gates = require("models.gate")
local json = require("json")
local pins = require("calls.team.pins")
local result = require("commands.shared.result")
local rule_changes = require("models.rule_changes")
local rule_saving = require("commands.rules.saving")
local rule_versions = require("models.rule_versions")
local sources = require("sources")
local time_input = require("calls.time_input")
local tz = require("tz")
local v = require("hookswitch.fields.validate")

local rules = {}

local counted, done, refused = result.counted, result.done, result.refused
local FILE = "forwarding.lua"
local NONE_YET = "No version has been live yet; the first start of `hookswitch serve` records one."
local ZONE = config.get("timezone")
local NOTE = v.string { max = 500, line = true }

local function shown_time(ms)
  local t = assert(tz.local_time(ZONE, ms // 1000))
  return ("%04d-%02d-%02d %02d:%02d:%02d"):format(t.year, t.month, t.day, t.hour, t.min, t.sec)
end

local function by_id(id)
  local version = rule_versions.get(math.tointeger(tonumber(id)))
  if not version then
    return nil, refused("unknown_version", ("no version %s; `rules log` lists them"):format(id))
  end
  return version
end

-- The version that the options name; the last one that went live when none.
local function named(options, now)
  if options.id then
    return by_id(options.id)
  end
  local at, message = now
  if options.at then
    at, message = time_input.back(options.at, ZONE, now)
    if not at then
      return nil, refused("usage", ("--at: %s"):format(message))
    end
  end
  local version = rule_versions.at(at)
  if not version then
    return nil, refused("unknown_version", options.at and "nothing was live then"
      or "no version has been live yet")
  end
  return version
end

-- A version in the log.
local function line(entry)
  local few = math.min(3, #entry.changed)
  local more = #entry.changed > few and (" and %d more"):format(#entry.changed - few) or ""
  return ("%5d  %s  %6d  %6d  %-10s  %s%s%s%s%s"):format(entry.id, shown_time(entry.live_at), entry.added,
    entry.removed, entry.author or "", table.concat(entry.changed, " ", 1, few), more,
    entry.live and "  (live)" or "", entry.note and "\n       " .. entry.note or "",
    entry.result ~= "ok" and "\n       let in although: " .. entry.result or "")
end

local ACTIONS = {}

function ACTIONS.log(options, now)
  local limit = math.tointeger(tonumber(options.limit or "20"))
  if not limit or limit < 0 then
    return refused("usage", "--limit takes a whole number")
  end
  local live = rule_versions.at(now)
  local versions, heading = json.array {}, "changed (times in " .. ZONE .. ")"
  local lines = {
    ("%5s  %-19s  %6s  %6s  %-10s  %s"):format("id", "live since", "+", "-", "author", heading),
  }
  for position, row in ipairs(rule_versions.list(limit)) do
    local entry = rule_changes.entry(row, live.id)
    versions[position] = entry
    lines[#lines + 1] = line(entry)
  end
  if #versions == 0 then
    lines = { NONE_YET }
  end
  return done(table.concat(lines, "\n"), { versions = versions })
end

function ACTIONS.show(options, now)
  local version, problem = named(options, now)
  if not version then
    return problem
  end
  local name = options.file or FILE
  local text = rule_versions.text(version, name)
  if not text then
    return refused("unknown_file", ("version %d has no file %s"):format(version.id, name))
  end
  local value = { id = version.id, live_at = version.live_at, file = name, source = text }
  return done((text:gsub("\n$", "")), value)
end

-- What stands on disk and does not answer.
local function unsaved(version)
  local names, seen, parts, changed = {}, {}, {}, json.array {}
  local function note(name)
    if rule_changes.is_own(name) and not seen[name] then
      seen[name], names[#names + 1] = true, name
    end
  end
  for _, file in ipairs(sources.files()) do note(file.name) end
  for name in pairs(version.files) do note(name) end
  table.sort(names)
  for _, name in ipairs(names) do
    local old, new = rule_versions.text(version, name), rule_changes.in_folder(name)
    local text = diff.unified(old or "", new or "",
      old and ("version %d/%s"):format(version.id, name) or "/dev/null",
      new and "on disk/" .. name or "/dev/null")
    if text ~= "" then
      parts[#parts + 1], changed[#changed + 1] = text, name
    end
  end
  local all = pins.hidden(table.concat(parts))
  local same = ("The files on disk are the same as version %d."):format(version.id)
  return done(all ~= "" and all:gsub("\n$", "") or same, {
    against = version.id, diff = all, changed = changed,
  })
end

function ACTIONS.diff(options, now)
  local version, problem = named(options, now)
  if not version then
    return problem
  elseif not options.id and not options.at then
    return unsaved(version)
  end
  local other = rule_versions.before(version)
  if options.against then
    other, problem = by_id(options.against)
    if not other then
      return problem
    end
  end
  local text, changed = rule_changes.between(other, version)
  text = pins.hidden(text)
  local against = other and other.id or json.null
  return done(text ~= "" and text:gsub("\n$", "") or "No difference.",
    { id = version.id, against = against, diff = text, changed = changed })
end

local function checks_words(checks)
  if not checks then
    return "not known"
  end
  return table.concat({ counted(checks.rules, "rule"), counted(checks.examples, "example"),
    counted(checks.calls, "made-up call"), counted(checks.plans, "plan") }, ", ")
end

local function about_text(entry)
  local lines = {
    ("version %d, live from %s%s"):format(entry.id, shown_time(entry.live_at), entry.live and " on" or ""),
    "author:   " .. (entry.author or "not known"),
    "checked:  " .. checks_words(entry.checks),
    "before:   " .. (entry.gate and entry.gate.text or "no real calls to try it on"),
    "since:    " .. (entry.since and entry.since.text ~= "" and entry.since.text or "no calls yet"),
  }
  if entry.accepted_by then
    table.insert(lines, 3, "accepted: " .. entry.accepted_by)
  end
  if entry.note then
    table.insert(lines, 3, "note:     " .. entry.note)
  end
  return table.concat(lines, "\n")
end

function ACTIONS.about(options, now)
  local version, problem = named(options, now)
  if not version then
    return problem
  end
  local entry = rule_changes.entry(version, rule_versions.at(now).id)
  entry.sources = rule_changes.own_texts(version)
  entry.gate = gates.named(version.gate, nil, entry.sources[FILE] or "")
  entry.since = gates.since(version, nil, now)
  return done(about_text(entry), entry)
end

function ACTIONS.accept(options, now)
  local report, message, code = sources.try({})
  if not report then
    return refused(code, message)
  end
  options.accept = options.id
  local refusal = rule_saving.intend(report, options, now, nil, "run `hookswitch rules accept` with")
  if refusal then
    return refusal
  end
  local change = report.change ~= "" and report.change or "No real call changes"
  return done(change .. ". Accepted: a running server uses the files now.", {
    hash = report.hash, changed = report.changed,
    gate = gates.named(report.gate, nil, sources.saved(FILE) or ""),
  })
end

-- ---- the draft ----

local AWAIT_SECONDS = 15 -- for a server that checks it first
local STATES = {
  none = "No draft yet: save one as forwarding.next.lua beside forwarding.lua.",
  on = "It decides every call beside the live rules.", refused = "It is refused:%s",
  off = "It is switched off:%s",
}

-- A draft is put to the test by the server; without one, here.
local function looked_at(now)
  draft_state.await(AWAIT_SECONDS)
  local row = drafts.newest() -- before the text, as the server looks
  local text = sources.saved(drafts.FILE)
  local is_new = text and (not row or row.ended_at or row.hash ~= draft_state.hash_of(text))
  if is_new and not draft_state.is_overtaken(text) then
    local _, message, code = draft_state.begin(text, row, now)
    if code == "not_checked" then
      return nil, refused(code, message)
    end
  end
  return text
end

-- The operator is told all that is wrong; what is stored is for everybody to read.
local function reason_of(shown, text)
  if shown.state == "on" or shown.state == "none" then
    return ""
  end
  local report, message, _, place = sources.try({ [FILE] = text })
  return (report or not place) and " " .. shown.reason or rule_saving.all_wrong(message, place, drafts.FILE)
end

function ACTIONS.draft(options, now)
  local text, problem = looked_at(now)
  if problem then
    return problem
  end
  local shown = draft_state.of(nil, ZONE)
  shown.etag = '"' .. shown.hash .. '"'
  if options.discard and text then
    local removed, message, code = draft_state.finish("discarded", now)
    return removed and done("The draft is discarded.", shown) or refused(code, message)
  end
  local lines = { (STATES[shown.state]:format(reason_of(shown, text))) }
  if shown.state == "on" or shown.calls > 0 then
    lines[#lines + 1] = shown.text
  end
  if #shown.try_for > 0 then
    lines[#lines + 1] = "Callers who get it already: " .. table.concat(shown.try_for, ", ")
  end
  return done(table.concat(lines, "\n"), shown)
end

-- Someone else promoted the newest draft, perhaps at this moment.
local function live_already()
  local row, live = drafts.newest(), sources.saved(FILE)
  local is_live = row and live and row.state ~= "discarded" and row.hash == draft_state.hash_of(live)
  local report = is_live and sources.try({})
  return report and done("The draft is promoted already: a running server uses it.", {
    hash = report.hash, changed = report.changed, gate = gates.named(report.gate, nil, live),
  })
end

function ACTIONS.promote(options, now)
  draft_state.await(AWAIT_SECONDS)
  local text = sources.saved(drafts.FILE)
  if not text then
    return live_already()
      or refused("no_draft", "no draft: save one as forwarding.next.lua beside forwarding.lua")
  end
  if draft_state.is_overtaken(text) then
    return refused("conflict", "another host has replaced or ended this draft. Wait until this host's "
      .. "server has caught up, then look at it again")
  end
  local old = rule_versions.at(now)
  local why_not = "the draft isn't promoted:"
  local report, problem = rule_saving.put({ [FILE] = text }, drafts.FILE, why_not, options, now)
  if not report then
    return problem
  end
  local removed, why, code = draft_state.finish("promoted", now, draft_state.hash_of(text))
  if not removed and code ~= "conflict" then -- not one that was saved meanwhile
    return refused("draft_left", "the draft is live, but its file stays: " .. why .. "; remove it yourself")
  end
  local change = report.change ~= "" and report.change .. ".\n" or ""
  local back = old and (" `hookswitch rules restore %d` goes back."):format(old.id) or ""
  return done(change .. "The draft is promoted: a running server uses it now." .. back, {
    hash = report.hash, changed = report.changed, gate = gates.named(report.gate, nil, text),
    before = old and old.id,
  })
end

function ACTIONS.restore(options, now)
  local version, problem = named(options, now)
  if not version then
    return problem
  end
  local texts = rule_changes.restored_texts(version)
  local report, refusal = rule_saving.put(texts, FILE, ("version %d was not restored:"):format(version.id),
    options, now)
  if not report then
    return refusal
  end
  local names = json.array {}
  for name in pairs(texts) do
    names[#names + 1] = name
  end
  table.sort(names)
  local text = "Restored version %d, live from %s: %s. A running server uses it now.%s"
  local change = report.change ~= "" and "\n" .. report.change .. "." or ""
  local restored = text:format(version.id, shown_time(version.live_at), table.concat(names, ", "), change)
  return done(restored, {
    id = version.id, files = names, gate = gates.named(report.gate, nil, texts[FILE] or ""),
  })
end

---@param options table action, id (of accept: the hash), against, at, file, limit, note, me (who runs it),
--- accept (a hash): texts
---@param now integer milliseconds
---@return CommandResult
function rules.run(options, now)
  local note, message
  if options.note then
    note, message = NOTE(options.note)
    if note == nil then
      return refused("usage", ("--note %s"):format(message))
    end
    options.note = note
  end
  return ACTIONS[options.action](options, now)
end

return rules
