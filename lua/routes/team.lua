-- routes/team.lua: people, groups, opening hours and rotas, as forms show and change them.
--
-- They are files beside the rules, so a change is put to the checks of a save, and is a version like any
-- other.

local asked_numbers = require("api.asked_numbers")
local coverage = require("models.coverage")
local coverage_question = require("api.coverage_question")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local holidays = require("calls.hours.holidays")
local dates = require("calls.hours.dates")
local json = require("json")
local limits = require("hookswitch.limits")
local reply = require("hookswitch.reply")
local rule_text = require("api.rule_text")
local saving = require("api.rule_saving")
local sources = require("sources")
local team_phones = require("voice.team_phones")
local team_state = require("api.team_state")
local v = require("hookswitch.fields.validate")

local BODY_BYTES = 512 * 1024

local function edit_body()
  local fields = team_state.body()
  fields.hash = v.string { max = 64, pattern = "^%x*$", hint = "must be the hash that GET /team gave" }
  fields.accept = v.boolean { default = false }
  fields.shown = saving.SHOWN
  fields.note = v.string { max = 500, line = true, optional = true }
  return v.object(fields)
end

local EDIT, CANDIDATE = edit_body(), v.object(team_state.body())
local COVERED = v.object(coverage_question.fields(team_state.body()))
local PLACE = { code = v.string { min = 2, max = 6, pattern = "^%u%u%-?%w*$",
  hint = "must be a place such as US-CO" } }
local YEAR = v.object { year = v.integer { min = 1990, max = 2100, optional = true } }

local function state(req)
  local read, seen = team_state.read()
  return team_state.row(read, seen, saving.is_editable(), req.at), read, seen
end

---@param req Request
local function show(req)
  return reply.row((state(req)))
end

local function place_of(problems)
  local first = problems[1]
  return {
    file = first.file, line = first.line, message = first.message, errors = team_state.errors(problems),
  }
end

local function refuse_place(place)
  saving.refuse(("%s:%d: %s"):format(place.file, place.line, place.message), place)
end

-- The files that a request changes; refused, with every field that is wrong.
local function edited(read, body, tried)
  if #read.problems > 0 then
    refuse_place(place_of(read.problems))
  end
  local texts, after = team_state.texts(read, body, tried)
  return texts, #after.problems > 0 and place_of(after.problems) or nil, after
end

local function changed_meanwhile(row)
  fail(412, "changed_meanwhile", "It has been changed since you read it. Compare, then try again.", nil,
    { ETag = row.etag }, { current = row })
end

---@param req Request
local function save(req)
  saving.must_be_editable()
  local turn <close> = saving.turn()
  local before, read, seen = state(req)
  etag.check(req, before)
  if before.hash ~= req.body.hash:lower() then changed_meanwhile(before) end
  local texts, place = edited(read, req.body)
  if place then
    refuse_place(place)
  end
  if not next(texts) then
    return reply.row(before)
  end
  local wish = {
    accept = req.body.accept, shown = req.body.shown, note = req.body.note, author = req.user.id,
  }
  local report, gate = saving.try(req, texts, wish)
  local saved, problem, code = saving.store(texts, seen)
  turn:close()
  if code == "conflict" then
    changed_meanwhile((state(req)))
  elseif not saved then
    saving.refuse_store("The files could not be saved", problem, code)
  end
  local _, is_replaced = saving.await(report.hash, texts)
  local row = state(req)
  if is_replaced then changed_meanwhile(row) end
  row.gate = gate
  return reply.row(row)
end

---@param req Request
local function check(req)
  local read = team_state.read()
  local texts, place = edited(read, req.body, true)
  local report
  if not place then
    local _
    report, _, place = saving.tried(texts, req.user.id)
  end
  if not report then
    return reply.json { ok = false, error = place.errors and place or saving.with_all(place) }
  end
  return reply.json(saving.checked(req, report, sources.saved("forwarding.lua") or ""))
end

-- What phones and users are called.
local function names_of(people)
  local names = {}
  for _, person in ipairs(people) do
    local name = person.name or person.id
    if person.user then names["user:" .. person.user] = name end
    for _, phone in ipairs(person.phones) do names[phone.number] = names[phone.number] or name end
  end
  return names
end

-- Who rings then, by the rules with what a request changes.
---@param req Request
local function covered(req)
  local span = coverage_question.span(req.body, req.at)
  local texts, place, after = edited(team_state.read(), req.body, true)
  if place then
    refuse_place(place)
  end
  local rows, next_cursor = asked_numbers(req, req.body)
  local tried <close> = rule_text.open(team_state.beside(texts))
  local found = coverage.compared(rows, span, tried, team_phones.away(span.from, after.people))
  found.next, found.names = next_cursor, names_of(after.people)
  return reply.json(found)
end

---@param _ Request
local function places(_)
  return reply.json { places = json.array(holidays.places()) }
end

-- The days of a year on which a holiday falls, as dates.
local function days_of(day, year)
  local list = json.array {}
  for _, text in ipairs(day.dates) do
    local spec = dates.read(text)
    for of = year - 1, year + 1 do
      local first = spec and spec.span(of)
      if first and first // 10000 == year then
        list[#list + 1] = ("%04d-%02d-%02d"):format(first // 10000, first // 100 % 100, first % 100)
      end
    end
  end
  table.sort(list)
  return list
end

---@param req Request
local function place_days(req)
  local code = holidays.place(req.path.code)
    or fail(404, "place_not_found", "No holidays of that place are known.")
  local year = req.query.year or dates.of_number(req.at // 86400000).year
  local list = json.array {}
  for i, day in ipairs(holidays.of(code)) do list[i] = { name = day.name, days = days_of(day, year) } end
  return reply.json { place = code, year = year, holidays = list }
end

return {
  prefix = "/api/twilio",
  tag = "Team",
  auth = "user",
  role = "editor",
  { "GET", "/team", show, row = "Team",
    summary = "People, groups, opening hours and rotas", responses = { [200] = "Team" } },
  { "PUT", "/team", save, body = EDIT, body_bytes = BODY_BYTES, limit = limits.rules, heavy = true,
    row = "Team",
    summary = "Change people, groups, hours or rotas, if the rules pass every check with them; what is left "
      .. "out stays",
    responses = { [200] = "Team" } },
  { "POST", "/team/check", check, body = CANDIDATE, body_bytes = BODY_BYTES, limit = limits.rules,
    heavy = true,
    summary = "Check a change without saving it", responses = { [200] = "RuleCheck" } },
  { "POST", "/team/coverage", covered, body = COVERED, body_bytes = BODY_BYTES, limit = limits.coverage,
    heavy = true,
    summary = "Who would ring in the coming days with a change, and which times go elsewhere than now",
    responses = { [200] = "TeamCoverage" } },
  { "GET", "/holidays", places, summary = "Places whose holidays are known",
    responses = { [200] = "HolidayPlaces" } },
  { "GET", "/holidays/:code", place_days, path = PLACE, query = YEAR,
    summary = "The holidays of a place in a year", responses = { [200] = "Holidays" } },
}
