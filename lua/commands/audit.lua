-- commands.audit: who changed what, newest first.

local audit = require("models.audit")
local json = require("json")
local result = require("commands.result")

local command = {}

local function said(entry)
  local parts = {}
  for field, value in pairs(entry.detail) do
    parts[#parts + 1] = ("%s=%s"):format(field, type(value) == "string" and value or json.encode(value))
  end
  table.sort(parts)
  return table.concat(parts, " ")
end

---@param options { limit: string? }
---@return CommandResult
function command.run(options)
  local limit = math.tointeger(tonumber(options.limit or "50"))
  if not limit or limit < 1 or limit > 10000 then
    return result.refused("usage", "--limit takes 1 to 10000.")
  end
  local rows, lines = json.array(audit.all(limit)), {}
  for position, entry in ipairs(rows) do
    local at = os.date("!%Y-%m-%d %H:%M", entry.at // 1000)
    lines[position] = ("%s  %-16s  %-8s  %-10s  %-16s  %s"):format(at, entry.author_name or entry.author,
      entry.action, entry.kind, entry.about, said(entry)):gsub("%s+$", "")
  end
  return { ok = true, value = { entries = rows },
    text = #lines > 0 and table.concat(lines, "\n") or "Nothing has been changed yet." }
end

return command
