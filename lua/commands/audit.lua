-- commands.audit: who changed what, newest first.

local audit = require("models.audit")
local config = require("config")
local hidden = require("hookswitch.fields.hidden")
local json = require("json")
local result = require("commands.shared.result")
local time_input = require("calls.time_input")

local command = {}

local function shown(field, value, zone)
  if field:find("_at$") and math.type(value) == "integer" then
    return time_input.shown(value, zone)
  end
  return type(value) == "string" and value or json.encode(value)
end

local function said(entry, zone)
  local parts = {}
  for field, value in pairs(entry.detail) do
    parts[#parts + 1] = ("%s=%s"):format(field, shown(field, value, zone))
  end
  table.sort(parts)
  return table.concat(parts, " ")
end

---@param options { limit: string? }
---@return CommandResult
function command.run(options)
  local limit = math.tointeger(tonumber(options.limit or "50"))
  if not limit or limit < 1 or limit > 10000 then
    return result.refused("usage", "--limit takes 1 to 10000")
  end
  local rows, lines, zone = json.array(audit.all(limit)), {}, config.get("timezone")
  for position, entry in ipairs(rows) do
    local line = ("%s  %-16s  %-8s  %-10s  %-16s  %s"):format(time_input.shown(entry.at, zone),
      entry.author_name or entry.author, entry.action, entry.kind, entry.about, said(entry, zone))
    lines[position] = hidden.shown(line:gsub("%s+$", ""))
  end
  return { ok = true, value = { entries = rows },
    text = #lines > 0 and table.concat(lines, "\n") or "Nothing has been changed yet." }
end

return command
