-- commands.missed: callers to get back to: list, dismiss, reopen.

local audit = require("models.audit")
local config = require("config")
local json = require("json")
local missed = require("models.missed")
local result = require("commands.shared.result")
local time_input = require("calls.time_input")
local who = require("commands.shared.who")

local command = {}

local refused = result.refused

local function line(row, zone)
  local number = row.number or "(no number)"
  local parts = { ("%5d  %-16s %s"):format(row.id, number, time_input.shown(row.last_at, zone)) }
  if row.name then parts[#parts + 1] = row.name end
  if row.calls > 1 then parts[#parts + 1] = ("%d calls"):format(row.calls) end
  if row.voicemail_recording_sid then parts[#parts + 1] = "left a message" end
  if row.closed_by then
    parts[#parts + 1] = ("%s %s"):format(row.closed_by, time_input.shown(row.closed_at, zone))
  end
  return table.concat(parts, ", ")
end

local function list(options, zone)
  local user_id, problem = who.asked(options)
  if problem then
    return problem
  end
  local limit = math.tointeger(tonumber(options.limit or "100"))
  if not limit or limit < 1 or limit > 10000 then
    return refused("usage", "--limit takes 1 to 10000")
  end
  local state = options.closed and "closed" or "open"
  local rows = missed.everybody(user_id, state, limit)
  local lines = {}
  for position, row in ipairs(rows) do
    lines[position] = line(row, zone)
  end
  if #rows == limit then
    lines[#lines + 1] = ("There may be more: --limit %d"):format(math.min(limit * 10, 10000))
  end
  local nobody = options.closed and "No missed call has been dealt with."
    or "No one is waiting for a call back."
  return result.done(#lines > 0 and table.concat(lines, "\n") or nobody, { missed_calls = json.array(rows) })
end

local function change(options, now, zone)
  local id = math.tointeger(tonumber(options.id))
  local owner = id and missed.owner(id)
  if not owner then
    return refused("missed_call_not_found",
      ("no missed caller %s; `hookswitch missed` lists them"):format(options.id))
  end
  local is_closing = options.action == "dismiss"
  local by, action = audit.operator(options, now), is_closing and "close" or "reopen"
  local row = audit.write_changed(by, "missed", action, function()
    return (is_closing and missed.dismiss or missed.reopen)(owner, id, now)
  end, {})
  return result.done(line(row, zone), row)
end

---@param options { action: string, id: string?, user: string?, closed: boolean?, limit: string? }
---@param now integer milliseconds
---@return CommandResult
function command.run(options, now)
  local zone = config.get("timezone")
  while missed.settle() do end
  if options.action == "list" then
    return list(options, zone)
  end
  return change(options, now, zone)
end

return command
