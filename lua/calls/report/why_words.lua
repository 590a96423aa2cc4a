-- why_words.lua: one call and its reasons, in words.
--
--   why_words.report(call, zone, leg, named)   -> text; `leg` is the leg the command named, if any

local json = require("json")
local timeline = require("calls.report.timeline")
local time_words = require("calls.time_words")

local why_words = {}

local COLUMN = 12 -- where values begin

local function row(label, text)
  return ("  %-" .. COLUMN - 2 .. "s%s"):format(label, text)
end

-- Several values under one label.
local function rows(lines, label, values)
  for position, value in ipairs(values) do
    lines[#lines + 1] = row(position == 1 and label or "", value)
  end
end

local function shown(value)
  return json.encode(value)
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = tostring(key)
  end
  table.sort(keys)
  return keys
end

local function read_values(trace, zone)
  local values = {}
  for _, path in ipairs(sorted_keys(trace.reads)) do
    local value = trace.reads[path]
    if value == json.null then
      values[#values + 1] = path .. " was not there"
    elseif path == "at" and math.type(value) == "integer" then
      values[#values + 1] = ("at = %d (%s)"):format(value, time_words.stamp(zone, value))
    else
      values[#values + 1] = ("%s = %s"):format(path, shown(value))
    end
  end
  return values
end

local function lookup_values(trace)
  local values = {}
  for position, lookup in ipairs(trace.lookups) do
    local took = lookup.ms and (" (%d ms)"):format(lookup.ms) or ""
    local said = lookup.value == nil and "gave nothing" or "= " .. shown(lookup.value)
    said = lookup.error and "failed: " .. lookup.error or said
    values[position] = ("%s %s%s"):format(lookup.name, said, took)
  end
  return values
end

-- The rules that were asked and didn't hold.
local function unmatched(trace)
  local values = {}
  for _, rule in ipairs(trace.rules) do
    if rule.matched == false then
      values[#values + 1] = ('"%s" (%s:%d)'):format(rule.name, rule.file, rule.line)
    end
  end
  return values
end

local function override_words(override, zone)
  local ends = math.type(override.ends_at) == "integer"
    and " until " .. time_words.stamp(zone, override.ends_at // 1000) or ""
  local note = type(override.note) == "string" and override.note or ""
  note = note ~= "" and (" (%s)"):format(note) or ""
  return ("all calls to %s%s%s"):format(tostring(override.forward_to_number), ends, note)
end

local NOT_CARRIED = "no: %d bytes are too long for an address, so only the host that answered it could "
  .. "continue the call"

local function add_decision(lines, trace, zone, named)
  local version = trace.rule_version and (" (version %d)"):format(trace.rule_version) or ""
  lines[#lines + 1] = "Why" .. version
  lines[#lines + 1] = row("decided", timeline.decider(trace))
  if type(trace.error) == "string" and trace.source ~= "outgoing" then
    lines[#lines + 1] = row("error", trace.error)
  end
  if trace.source == "outgoing" then
    return
  end
  lines[#lines + 1] = row("plan", timeline.way(trace))
  local long = type(trace.inputs) == "table" and trace.inputs.not_carried
  rows(lines, "carried", long and { NOT_CARRIED:format(long) } or {})
  rows(lines, "override", trace.override and { override_words(trace.override, zone) } or {})
  rows(lines, "unused", trace.unused)
  rows(lines, "read", read_values(trace, zone))
  local absent = {}
  for position, one in ipairs(trace.away or {}) do absent[position] = one.target end
  rows(lines, "away", #absent > 0 and { table.concat(absent, ", ") } or {})
  rows(lines, "team", named)
  rows(lines, "lookups", lookup_values(trace))
  rows(lines, "no match", unmatched(trace))
end

local function undecided(call)
  if call.direction == "inbound" and not call.phone_number_id then
    return "Nothing was decided: the called number belonged to nobody here."
  end
  return "How this call was decided wasn't stored."
end

local function add_timeline(lines, call, zone)
  lines[#lines + 1] = "What happened"
  for _, moment in ipairs(call.timeline) do
    local seconds = (moment.at - call.started_at) // 1000
    lines[#lines + 1] = ("  %s %6s  %s"):format(time_words.second(zone, moment.at // 1000),
      ("+%d s"):format(seconds), moment.text)
  end
end

local NO_SOUND = { absent = "  no %s: nothing was said", failed = "  no %s: Twilio could not record it" }

local function add_recordings(lines, call)
  for _, recording in ipairs(call.recordings) do
    local seconds = recording.duration and (" of %d s"):format(recording.duration) or ""
    local kind = recording.kind == "voicemail" and "message" or "recording"
    local silent = NO_SOUND[recording.status]
    lines[#lines + 1] = silent and silent:format(kind)
      or ("  %s%s: %s"):format(kind, seconds, recording.recording_sid)
    if recording.transcript and recording.transcript ~= "" then
      lines[#lines + 1] = "    " .. recording.transcript
    end
  end
end

---@param call table a row of the call log with legs, recordings, trace and timeline
---@param zone string
---@param leg table?
---@param named string[]? what the team's hours and rotas said then (team_words.lua)
---@return string
function why_words.report(call, zone, leg, named)
  local lines = { ("%s  %s %s"):format(call.call_sid, time_words.stamp(zone, call.started_at // 1000), zone) }
  if leg then
    lines[#lines + 1] = ("%s is the leg of this call to %s."):format(leg.call_sid, timeline.person(leg.to))
  end
  lines[#lines + 1] = ""
  if call.trace == json.null then
    lines[#lines + 1] = undecided(call)
  else
    add_decision(lines, call.trace, zone, named or {})
  end
  lines[#lines + 1] = ""
  add_timeline(lines, call, zone)
  add_recordings(lines, call)
  if not call.ended_at then
    lines[#lines + 1] = "  The end of this call hasn't been reported."
  end
  return table.concat(lines, "\n")
end

return why_words
