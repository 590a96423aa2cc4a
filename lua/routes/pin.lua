-- routes/pin.lua: a user's own PIN on the phone, which an agent may give, change and remove.
--
-- It is a line of people.txt, so a change is put to the checks of a save, and is a version like any other.

local fail = require("hookswitch.fail")
local json = require("json")
local limits = require("hookswitch.limits")
local pins = require("calls.team.pins")
local reply = require("hookswitch.reply")
local saving = require("api.rule_saving")
local team_state = require("api.team_state")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local PIN = v.object {
  pin = v.string {
    min = 1, max = pins.LONGEST, pattern = pins.PATTERN, nullable = true,
    hint = wrong("pin", { min = pins.SHORTEST, max = pins.LONGEST }),
  },
}
local TRIES = 5 -- saves by others in between

-- What a user's phones ask for, and what the user is called; nil: nobody there is this user.
local function own(people, user_id)
  local found
  for _, person in ipairs(people) do
    if person.user == user_id then
      found = found or { name = person.name or person.id, has_pin = false, asks = false, phones = {} }
      found.has_pin = found.has_pin or person.has_pin
      for _, phone in ipairs(person.phones) do
        found.asks = found.asks or phone.confirm
        found.phones[#found.phones + 1] = phone.number
      end
    end
  end
  return found
end

local function shown(people, user_id)
  local found = own(people, user_id)
  return reply.json {
    name = found and found.name or json.null, has_pin = found ~= nil and found.has_pin,
    asks = found ~= nil and found.asks, phones = json.array(found and found.phones or {}),
    editable = saving.is_editable(),
  }
end

---@param req Request
local function show(req)
  local read = team_state.read()
  return shown(team_state.entries(read, "people"), req.user.id)
end

-- Without saying what: it may be about others.
local function refuse_files()
  fail(409, "team_unfinished", "The team's files don't pass their checks at the moment, so your PIN can't be "
    .. "saved. Ask an editor to finish the change.")
end

local function refuse_pin()
  fail(409, "pin_refused", "A rule doesn't work with a PIN on your phones: typing it takes longer than "
    .. "pressing 1. Ask an editor to add it on the Team page, which shows the rule.")
end

---@param req Request
---@param people table[] of the API
---@return boolean does anything change?
local function changed(req, people)
  local found, pin = own(people, req.user.id), req.body.pin
  if not found then
    fail(409, "not_in_team",
      "Nobody in people.txt has your user ID. Ask an editor to enter it on the Team page.")
  elseif pin ~= json.null and not found.asks then
    fail(409, "pin_unasked", "None of your phones asks before it puts a caller through, so none can ask for "
      .. "a PIN. Ask an editor to change that on the Team page.")
  elseif pin == json.null and not found.has_pin then
    return false
  end
  for _, person in ipairs(people) do
    if person.user == req.user.id then
      person.has_pin = pin ~= json.null and own({ person }, req.user.id).asks
      person.pin = person.has_pin and pin or nil
    end
  end
  return true
end

---@param req Request
local function set(req)
  saving.must_be_editable()
  for _ = 1, TRIES do
    local turn <close> = saving.turn()
    local read, seen = team_state.read()
    if #read.problems > 0 then refuse_files() end
    local people = team_state.entries(read, "people")
    if not changed(req, people) then
      return show(req)
    end
    local texts, after = team_state.texts(read, { people = people })
    if #after.problems > 0 then refuse_files() end
    local report, why = saving.try_own(req, texts)
    if not report then (why == "refused" and refuse_pin or refuse_files)() end
    local saved, message, code = saving.store(texts, seen)
    if saved then
      turn:close()
      local _, is_replaced = saving.await(report.hash, texts, refuse_files)
      if not is_replaced then
        return show(req)
      end
    elseif code ~= "conflict" then
      saving.refuse_store("The file could not be saved", message, code)
    end
  end
  fail(503, "busy", "Others keep saving the team's files. Try again in a moment.", nil,
    { ["Retry-After"] = "1" })
end

return {
  prefix = "/api/twilio",
  tag = "Team",
  auth = "user",
  role = "agent",
  { "GET", "/pin", show, summary = "Whether you have a PIN for answering calls on your phones",
    responses = { [200] = "OwnPin" } },
  { "POST", "/pin", set, body = PIN, limit = limits.own_pin, heavy = true,
    summary = "Give yourself another PIN for answering calls on your phones; null removes it",
    responses = { [200] = "OwnPin" } },
}
