-- routes/callers.lua: who a number is, whom a text may mean, what is noted about
-- callers, and a caller who asks to be forgotten.
--
-- With data_scope = user what belongs to the user who asks is erased, with team
-- everything. That number comes in the body: addresses stand in logs of proxies.

local announce = require("models.announce")
local audit = require("models.audit")
local callers = require("models.callers")
local contacts = require("models.contacts")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local forget = require("twilio.upkeep.forget")
local json = require("json")
local limits = require("hookswitch.limits")
local missed = require("models.missed")
local notes = require("models.notes")
local reply = require("hookswitch.reply")
local scope = require("hookswitch.scope")
local texts = require("models.texts")
local twilio_failure = require("twilio.failure")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local SEARCH = v.object {
  q = v.string { min = 1, max = 100, plus = true, pattern = "[^%s+]",
    hint = wrong("search") },
  limit = v.integer { min = 1, max = 50, default = 10 },
}
local NUMBER = { number = v.e164() }
local TEXT = v.string { min = 1, max = 2000, pattern = "%S", hint = wrong("blank") }
local ABOUT = {
  number = v.e164 { optional = true, plus = true },
  missed_call_id = v.integer { min = 1, optional = true,
    description = "Instead of the number, for a caller who didn't show one." },
}
local NOTE = v.object { number = ABOUT.number, missed_call_id = ABOUT.missed_call_id, text = TEXT }
local ID = { id = v.integer { min = 1 } }

local CONFLICTS = { number_owned = true, forwarded_to = true, in_rules = true, call_under_way = true }

---@param req Request
local function erase(req)
  local done, message, code = forget.caller(scope.concerned(req.user.id), req.body.number,
    audit.user(req))
  if done then
    return reply.json(done)
  elseif CONFLICTS[code] then
    fail(409, code, message)
  elseif code == "busy" then
    fail(503, "store_unavailable", message, nil, { ["Retry-After"] = "5" })
  end
  twilio_failure.fail(message, code)
end

---@param req Request
local function list(req)
  return reply.json { callers = json.array(callers.candidates(req.user.id, req.query.q, req.query.limit)) }
end

---@param req Request
local function one(req)
  missed.settle_if_able()
  local user_id, number = req.user.id, req.path.number
  return reply.json {
    number = number, contact = contacts.of_number(user_id, number),
    missed_call = missed.of_number(user_id, number),
    notes = json.array(notes.list(user_id, number)), texts = json.array(texts.to(user_id, number)),
  }
end

-- What the notes are kept by: a number, or the row of a caller without one.
local function about(user_id, given)
  if given.number and given.missed_call_id or not (given.number or given.missed_call_id) then
    fail.invalid { number = wrong("caller_or_missed") }
  end
  return given.number or missed.key(user_id, given.missed_call_id)
    or fail(404, "missed_call_not_found", "You have no missed caller with that id.")
end

local function no_note()
  fail(404, "note_not_found", "You have no note with that id.")
end

-- The inbox shows the last note.
local function told(req, action, write)
  local note = audit.write(audit.user(req), "note", action, write) or no_note()
  announce.missed(note.user_id, { about = note.about })
  return note
end

---@param req Request
local function list_notes(req)
  return reply.json { notes = json.array(notes.list(req.user.id, about(req.user.id, req.query))) }
end

---@param req Request
local function add_note(req)
  local key = about(req.user.id, req.body)
  return reply.row(told(req, "add", function()
    return notes.add(req.user.id, key, req.body.text, req.at)
  end), 201)
end

---@param req Request
local function get_note(req)
  return reply.row(notes.get(req.user.id, req.path.id) or no_note())
end

---@param req Request
local function change_note(req)
  return reply.row(told(req, "change", function()
    return notes.change(req.user.id, req.path.id, req.body.text, etag.checker(req), req.at)
  end))
end

---@param req Request
local function delete_note(req)
  told(req, "delete", function() return notes.delete(req.user.id, req.path.id, etag.checker(req)) end)
  return reply.empty()
end

return {
  prefix = "/api/twilio",
  tag = "Contacts",
  auth = "user",
  role = "agent",
  { "GET", "/callers", list, query = SEARCH,
    summary = "Find callers by part of the number or contact name", responses = { [200] = "Callers" } },
  { "GET", "/callers/:number", one, path = NUMBER,
    summary = "What is known about a number: contact, notes, texts, and whether to call back",
    responses = { [200] = "Caller" } },
  { "GET", "/notes", list_notes, query = v.object(ABOUT),
    summary = "Notes about a caller, oldest first", responses = { [200] = "Notes" } },
  { "POST", "/notes", add_note, body = NOTE,
    summary = "Write a note about a caller", responses = { [201] = "Note" } },
  { "GET", "/notes/:id", get_note, path = ID, row = "Note",
    summary = "A note", responses = { [200] = "Note" } },
  { "PUT", "/notes/:id", change_note, path = ID, body = v.object { text = TEXT }, row = "Note",
    summary = "Change a note", responses = { [200] = "Note" } },
  { "DELETE", "/notes/:id", delete_note, path = ID, row = "Note",
    summary = "Delete a note", responses = { [204] = false } },
  { "POST", "/callers/forget", erase, role = "admin", limit = limits.forget,
    body = v.object { number = v.e164() },
    heavy = true,
    summary = "Forget a caller: calls, recordings, transcripts, contact, and the number wherever it appears",
    responses = { [200] = "Forgotten" } },
}
