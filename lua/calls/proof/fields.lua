-- fields.lua: fields of `call` that rules ask for and no call ever has.
--
--   proof_fields.fault(reads, source)   -> what is wrong and its line, or nil
--
-- A misspelt field is nil and raises nothing: the rule would just never match.
-- What a decision read is known, so the proof says it at the save.

local json = require("json")
local mistake = require("calls.mistake")

local proof_fields = {}

local function set(...)
  local names = {}
  for _, name in ipairs { ... } do names[name] = true end
  return names
end

-- As in lua/types/call.lua. Rows of the database and lookups have more than is listed there.
local FIELDS = {
  [""] = set("from", "to", "forwarded_from", "at", "time", "time_in", "number", "forwarding", "owner",
    "caller", "line", "override", "lookups"),
  caller = set("kind", "anonymous", "name", "tags", "blocked", "stir", "prior_calls"),
  forwarding = set("always", "busy", "no_answer"),
  line = set("busy", "online"),
  owner = set("id"),
}

-- The first line of code that names the field, as in call.form or caller["form"].
local function line_of(name, source)
  local number = 0
  for line in (source .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    if line:gsub("%-%-.*", ""):find("[.\"']" .. name .. "%f[^%w_]") then
      return number
    end
  end
end

---@param reads string JSON of what a decision read: path → value
---@param source string the text of the rule file
---@return { message: string, line: integer?, path: string }?
function proof_fields.fault(reads, source)
  if not reads:find(":null", 1, true) then
    return nil
  end
  for path, value in pairs(json.decode(reads) or {}) do
    local record, name = path:match("^([%w_]-)%.?([%w_]+)$")
    local known = FIELDS[record]
    if value == json.null and known and not known[name] then
      local whole = record == "" and "call" or "call." .. record
      return {
        message = ("%s has no field %q%s"):format(whole, name, mistake.nearest(name, known)),
        line = line_of(name, source), path = "",
      }
    end
  end
end

return proof_fields
