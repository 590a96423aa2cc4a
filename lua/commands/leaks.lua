-- commands.leaks: phones whose own voicemail probably answers forwarded calls.

local config = require("config")
local json = require("json")
local leaks = require("models.leaks")
local result = require("commands.shared.result")
local time_input = require("calls.time_input")
local who = require("commands.shared.who")

local command = {}

local HEAD = "phone             answered  leaked  without 1  share  last"

local function line(row, zone)
  local last = row.last_at and ("%s  %s"):format(time_input.shown(row.last_at, zone), row.last_call_sid) or ""
  return ("%-16s  %8d  %6d  %9d  %4.0f%%  %s"):format(row.target, row.answered, row.leaked, row.declined,
    row.share * 100, last)
end

---@param options { since: string?, seconds: string?, user: string? }
---@param now integer milliseconds
---@return CommandResult
function command.run(options, now)
  local zone = config.get("timezone")
  local from, message = time_input.back(options.since or "30d", zone, now)
  if not from then
    return result.refused("usage", ("--since: %s"):format(message))
  end
  local seconds = math.tointeger(tonumber(options.seconds or leaks.SECONDS))
  if not seconds or seconds < 0 or seconds > 120 then
    return result.refused("usage", "--seconds takes 0 to 120")
  end
  local user_id, problem = who.asked(options)
  if problem then
    return problem
  end
  local rows, total = leaks.everybody(user_id, { from = from, to = now + 1, seconds = seconds })
  local lines, leaked = { HEAD }, 0
  for _, row in ipairs(rows) do
    lines[#lines + 1] = line(row, zone)
    leaked = leaked + row.leaked
  end
  if total > #rows then
    lines[#lines + 1] = ("and %d more phones, with fewer leaks"):format(total - #rows)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = leaked == 0 and "Probably no call went to a mobile's own voicemail."
    or ("%s probably went to a mobile's own voicemail: nobody pressed 1, or the talk was shorter "
      .. "than %d s.\nSwitch that voicemail off, or keep confirm on (press 1 to accept)."):format(
      result.counted(leaked, "call"), seconds)
  local text = #rows > 0 and table.concat(lines, "\n")
    or ("No forwarded call was answered since %s."):format(time_input.shown(from, zone))
  return result.done(text,
    { leaks = json.array(rows), total = total, from = from, to = now + 1, seconds = seconds })
end

return command
