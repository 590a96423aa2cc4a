-- routes/recordings.lua: recordings and voicemail: list, listen, delete.

local announce = require("models.announce")
local at_twilio = require("twilio.recordings")
local audit = require("models.audit")
local cursor = require("hookswitch.cursor")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local json = require("json")
local number_filter = require("api.number_filter")
local recordings = require("models.recordings")
local reply = require("hookswitch.reply")
local sources = require("models.recording_sources")
local twilio_failure = require("twilio.failure")
local v = require("hookswitch.fields.validate")

local FILTER = v.object {
  limit = v.integer { min = 1, max = 500, default = 50 },
  page = v.integer { min = 1, max = 100000, optional = true },
  cursor = v.string { max = 100, optional = true },
  call_sid = v.string { max = 64, optional = true },
  phone_number_id = v.integer { min = 1, optional = true },
  number = number_filter(),
  kind = v.one_of({ "call", "voicemail" }, { optional = true }),
  status = v.one_of({ "in-progress", "processing", "completed", "absent", "failed" }, { optional = true }),
  start_date = v.instant { optional = true },
  end_date = v.instant { optional = true, ends = "start_date" },
}
local SID = { sid = v.string { pattern = "^RE%x+$", max = 64 } }
local LISTEN = v.object {
  format = v.one_of({ "mp3", "wav" }, { default = "mp3" }),
  download = v.boolean { default = false },
}
local BYTES = { type = "string", format = "binary" }
local SOUND = { ["audio/mpeg"] = BYTES, ["audio/wav"] = BYTES }

---@param req Request
local function list(req)
  local filter = req.query
  filter.before = filter.cursor and cursor.read(filter.cursor)
  local size = filter.limit
  filter.offset, filter.limit = cursor.offset(filter.page, size), size + 1
  local rows = recordings.list(sources.page(req.user.id, filter), filter)
  local next_cursor = cursor.cut(rows, size)
  return reply.json { recordings = json.array(rows), next = next_cursor }
end

local function missing()
  fail(404, "recording_not_found", "You have no recording with that id.")
end

local function own(req)
  return recordings.get(req.user.id, req.path.sid) or missing()
end

---@param req Request
local function get(req)
  return reply.row(own(req))
end

---@param req Request
local function media(req)
  local row, format = own(req), req.query.format
  if row.status == "absent" or row.status == "failed" then
    fail(404, "no_sound", "Nothing was recorded.")
  end
  local how = req.query.download and "attachment" or "inline"
  return reply.recording(row.recording_sid, format, {
    ["Content-Disposition"] = ('%s; filename="%s.%s"'):format(how, row.recording_sid, format),
  })
end

---@param req Request
local function hear(req)
  local row, news = recordings.hear(req.user.id, req.path.sid, req.at, etag.checker(req))
  if news then
    announce.recording(row.recording_sid)
  end
  return reply.row(row or missing())
end

---@param req Request
local function delete(req)
  local row = own(req)
  etag.check(req, row) -- before Twilio is asked, since that can't be undone
  local done, message, code = at_twilio.delete(row.recording_sid)
  if not done then
    twilio_failure.fail(message, code)
  end
  audit.write(audit.user(req), "recording", "delete", function()
    recordings.deleted(row.recording_sid, req.at)
    return row
  end)
  return reply.empty()
end

return {
  prefix = "/api/twilio",
  tag = "Recordings",
  auth = "user",
  role = "agent",
  { "GET", "/recordings", list, query = FILTER,
    summary = "Recordings and voicemail messages", responses = { [200] = "Recordings" } },
  { "GET", "/recordings/:sid", get, path = SID, row = "Recording",
    summary = "A recording", responses = { [200] = "Recording" } },
  { "GET", "/recordings/:sid/media", media, path = SID, query = LISTEN,
    summary = "The sound; supports Range", responses = { [200] = SOUND, [206] = SOUND, [416] = false } },
  { "POST", "/recordings/:sid/heard", hear, path = SID, row = "Recording",
    summary = "Mark it as heard; a message then leaves the inbox",
    responses = { [200] = "Recording" } },
  { "DELETE", "/recordings/:sid", delete, role = "admin", path = SID, row = "Recording",
    summary = "Delete a recording here and at Twilio", responses = { [204] = false } },
}
