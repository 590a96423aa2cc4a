-- api/team_state.lua: people, groups, hours and on-call as the files have them, for requests and answers.
--
--   team_state.body()                    fields of a request's body: what is left out stays as it is
--   team_state.read()                    -> Team on disk, and the hash of each file
--   team_state.row(read, seen, editable, at) -> Team of the API
--   team_state.texts(read, body, tried)  -> the files that change, by name, and what they say then; tried: a
--                                        new PIN needn't be known, for nothing is saved
--   team_state.beside(texts)             -> all files of the team, as they would be with these

local config = require("config")
local crypto = require("crypto")
local dates = require("calls.hours.dates")
local fail = require("hookswitch.fail")
local hours_reader = require("calls.hours.hours_reader")
local json = require("json")
local rule_changes = require("models.rule_changes")
local literal_numbers = require("calls.source.literal_numbers")
local mistake = require("calls.mistake")
local next_turns = require("calls.report.next_turns")
local pins = require("calls.team.pins")
local sources = require("sources")
local team = require("calls.team.team")
local v = require("hookswitch.fields.validate")

local team_state = {}

local RULES = "forwarding.lua"
local COUNTRY = config.get("country")

local function text(pattern, hint, options)
  options = options or {}
  return v.string {
    min = 1, max = options.max or 60, pattern = pattern, hint = hint, optional = options.optional,
    line = true, read = options.read,
  }
end

local ID = text('^[^%s%c%[%]:,#"][^%c%[%]:,#"]*$',
  "must be a name such as joe, without [ ] : , # and quotes")
local NAME = '^[^%c#][^%c]*$'
local LINE = "must be one line of text that doesn't begin with #"
local NAMES = v.list(ID, { min = 1, max = 100 })
local ZONE = text("^[%w_/+-]+$", "must be a time zone such as America/Denver")
local DATED = "must be a date such as 12-25, 2026-07-03 or 12-24..01-02"

-- A weekday, or another word that begins a line of the file, would be read as that line.
local function read_date(date)
  if hours_reader.days(date) or date:find("^%a+$") and not dates.read(date) then
    return nil, DATED
  end
  return date
end

local DATE = text("^[%w][%w ,.+-]*$", DATED, { max = 80, read = read_date })
local RANGES = v.list(text("^%d%d:%d%d%-%d%d:%d%d$", "must be hours such as 08:00-17:00"),
  { max = 20, optional = true })

local MOMENT = "^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d$"
local PERSON = v.object {
  id = ID,
  name = text(NAME, LINE, { max = 100, optional = true }),
  user = text("^[^%c,#]+$", "must be the id of a console user", { max = 128, optional = true }),
  phones = v.list(v.object {
    number = text("^[%d%s()./+-]+$", "must be a phone number such as +13035550142"),
    confirm = v.boolean { default = true },
  }, { max = 10 }),
  has_pin = v.boolean { optional = true },
  pin = text(pins.PATTERN, pins.HINT, { max = pins.LONGEST, optional = true }),
  away = v.object({
    from = text(MOMENT, "must be date and time, such as 2026-12-04 17:00", { optional = true }),
    to = text(MOMENT, "must be date and time, such as 2026-12-07 08:00"), zone = ZONE,
  }, { optional = true }),
}
local GROUP = v.object { id = ID, people = NAMES }
local WEEK = {}
for _, day in ipairs { "mon", "tue", "wed", "thu", "fri", "sat", "sun" } do WEEK[day] = RANGES end
local HOURS = v.object {
  id = ID, zone = ZONE, greeting = text(NAME, LINE, { max = 1000, optional = true }),
  week = v.object(WEEK),
  holidays = v.object({
    place = text("^[%w-]+$", "must be a place such as US-CO"),
    except = v.list(text("^[^%c,#]+$", "must be the name of a holiday"), { max = 50, optional = true }),
  }, { optional = true }),
  dates = v.list(v.object { date = DATE, ranges = RANGES }, { max = 200, optional = true }),
}
local ROTA = v.object {
  id = ID, zone = ZONE, every = text("^[%w ]+$", "must be week, day or 14 days", { optional = true }),
  from = text(MOMENT, "must be date and time, such as 2026-01-05 08:00", { optional = true }),
  people = v.list(ID, { max = 100, optional = true }),
  calendar = text("^[^%s%c]+$", "must be an address such as https://example.com/nights.ics",
    { max = 1000, optional = true }),
  otherwise = text('^[^%s%c%[%]:,#"][^%c%[%]:,#"]*$', "must be the name of a person or group",
    { optional = true }),
  swaps = v.list(v.object { date = DATE, person = ID }, { max = 200, optional = true }),
}

local function entries(check, most)
  return v.list(check, { max = most, optional = true })
end

---@return table<string, Validator>
function team_state.body()
  return {
    people = entries(PERSON, team.MOST.people), groups = entries(GROUP, team.MOST.groups),
    hours = entries(HOURS, team.MOST.hours), oncall = entries(ROTA, team.MOST.oncall),
  }
end

local function read_with(texts)
  local numbers = literal_numbers.read(sources.saved(RULES) or "")
  return team.read(function(name) return texts[name] or sources.saved(name) end,
    literal_numbers.country(numbers, COUNTRY), numbers.files)
end

local function hash_of(text_of)
  return crypto.hex(crypto.sha256(text_of))
end

--- What is on disk: what the files say, their hashes, "" for one that isn't there.
---@return Team
---@return table<string, string> seen of each file
function team_state.read()
  local seen, texts = {}, {}
  for _, kind in ipairs(team.KINDS) do
    local name = team.FILES[kind]
    texts[name] = sources.saved(name)
    seen[name] = texts[name] and hash_of(texts[name]) or ""
  end
  local rules_text = sources.saved(RULES)
  seen[RULES] = rules_text and hash_of(rules_text) or ""
  return read_with(texts), seen
end

-- Lists that are empty are lists in JSON, too.
local function plain(kind, read)
  local entry = {}
  for key, value in pairs(read) do entry[key] = value end
  if kind == "people" then
    entry.has_pin, entry.pin = entry.pin ~= nil, nil
    entry.phones = json.array(entry.phones)
  elseif kind == "groups" then
    entry.people = json.array(entry.people)
  elseif kind == "oncall" then
    entry.people, entry.swaps = json.array(entry.people), json.array(entry.swaps)
  else
    for day, ranges in pairs(entry.week) do entry.week[day] = json.array(ranges) end
    for _, day in ipairs(entry.dates) do day.ranges = json.array(day.ranges) end
    entry.dates = json.array(entry.dates)
    if entry.holidays then entry.holidays.except = json.array(entry.holidays.except) end
  end
  return entry
end

local MOST_TOLD = 20

---@param problems TeamProblem[]
---@return TeamProblem[] at most 20, as JSON
function team_state.errors(problems)
  local list = json.array {}
  for i = 1, math.min(#problems, MOST_TOLD) do
    local one = problems[i]
    list[i] = {
      file = one.file, line = one.line, message = one.message, entry = one.entry or json.null,
      field = one.field or json.null, code = one.code, position = one.position,
    }
  end
  return list
end

--- The entries of a kind, as requests and answers have them.
---@param read Team
---@param kind "people"|"groups"|"hours"|"oncall"
---@return table[]
function team_state.entries(read, kind)
  local list = json.array {}
  for i, entry in ipairs(read[kind]) do list[i] = plain(kind, entry) end
  return list
end

---@param read Team
---@param seen table<string, string>
---@param editable boolean
---@param at integer milliseconds: now
---@return table
function team_state.row(read, seen, editable, at)
  local row, all = { errors = team_state.errors(read.problems), editable = editable }, {}
  for i, kind in ipairs(team.KINDS) do
    row[kind] = team_state.entries(read, kind)
    all[i] = seen[team.FILES[kind]]
  end
  -- Beside the entries, which a client sends back as they are.
  row.turns = json.array {}
  for i, entry in ipairs(read.oncall) do
    row.turns[i] = {
      id = entry.id, zone = entry.zone, next = json.array(next_turns.of(read, entry, at // 1000)),
    }
  end
  row.hash = hash_of(table.concat(all, " "))
  row.etag = '"' .. row.hash .. '"'
  return row
end

-- The hash that a person gets or keeps. Only what is saved is hashed.
local function keep_pin(read, entry, tried)
  local before
  for _, person in ipairs(read.people) do before = person.id == entry.id and person.pin or before end
  if tried and (entry.pin or entry.has_pin and not before) then
    entry.pin = pins.STAND_IN
  elseif entry.pin then
    local hash, message = pins.hashed(entry.pin)
    entry.pin = hash or fail(503, "busy", message, nil, { ["Retry-After"] = "1" })
  elseif entry.has_pin ~= false then
    entry.pin = before
    if entry.has_pin and not before then
      fail.invalid { people = ("%s has no PIN yet: give one as pin"):format(entry.id) }
    end
  end
  entry.has_pin = nil
end

-- What a request leaves out.
local function filled(kind, entry)
  if kind == "hours" then
    for day in pairs(WEEK) do entry.week[day] = entry.week[day] or {} end
    entry.dates = entry.dates or {}
    for _, day in ipairs(entry.dates) do day.ranges = day.ranges or {} end
    if entry.holidays then entry.holidays.except = entry.holidays.except or {} end
  elseif kind == "oncall" then
    entry.people, entry.swaps = entry.people or {}, entry.swaps or {}
  end
  -- A text is one line, and two blanks would begin a comment.
  entry.name = entry.name and entry.name:gsub("%s+", " "):match("^(.-) ?$")
  entry.greeting = entry.greeting and entry.greeting:gsub("%s+", " "):match("^(.-) ?$")
  return entry
end

---@param read Team as it is on disk, without problems
---@param body table what it is to be
---@param tried boolean? isn't saved
---@return table<string, string> texts of the files that change
---@return Team what they say then
function team_state.texts(read, body, tried)
  local texts = {}
  for _, kind in ipairs(team.KINDS) do
    local name, seen = team.FILES[kind], {}
    for _, entry in ipairs(body[kind] or {}) do
      if seen[entry.id] then fail.invalid { [kind] = mistake.show(entry.id) .. " is there twice" } end
      seen[entry.id] = true
      filled(kind, entry)
      if kind == "people" then keep_pin(read, entry, tried) end
    end
    local new = body[kind] and team.text(read, kind, body[kind])
    if new and new ~= (sources.saved(name) or "") then texts[name] = new end
  end
  return texts, read_with(texts)
end

--- All files that rules are loaded from, with these in the place of their own.
---@param texts table<string, string>
---@return table<string, string>
function team_state.beside(texts)
  local all = {}
  for _, file in ipairs(sources.files()) do
    if rule_changes.is_own(file.name) then all[file.name] = sources.saved(file.name) end
  end
  for name, text_then in pairs(texts) do all[name] = text_then end
  return all
end

return team_state
