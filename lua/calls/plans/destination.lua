-- destination.lua: where an override sends calls, as text: a phone, a user, several of them, or voicemail.
--
--   destination.read("+1 303 555 0142, user:42")   -> Destination; or nil, message, code, values
--
-- A destination is stored, shown and sent over the API as this text.

local written_number = require("calls.parties.written_number")

local MOST = 10
local LONGEST = 400
local HOW = "must be a phone number with + and its country code, such as +15105550100, user:ID, several of "
  .. "these with commas, or voicemail"

local destination = {}

---@class Destination
---@field text string in canonical spelling
---@field targets PlanTarget[] that ring together; empty: voicemail

local function target_of(part)
  local user_id = part:match("^[uU][sS][eE][rR]:%s*(.+)$")
  if user_id then
    return not user_id:find("%c") and #user_id <= 128 and { user = user_id } or nil, HOW, "destination"
  end
  local phone, message = written_number.read(part)
  if not phone and part:find("^%+%d") then
    return nil, message, "malformed", { number = part }
  end
  return phone and { phone = phone }, HOW, "destination"
end

---@param text any
---@return Destination?
---@return string? message
---@return string? code of hookswitch.fields.wrong
---@return table? values of the code's
function destination.read(text)
  if type(text) ~= "string" or #text > LONGEST or not text:find("%S") or not utf8.len(text) then
    return nil, HOW, "destination"
  elseif text:lower():match("^%s*(.-)%s*$") == "voicemail" then
    return { text = "voicemail", targets = {} }
  end
  local targets, names, seen = {}, {}, {}
  for part in text:gmatch("[^,]+") do
    local target, message, code, values = target_of(part:match("^%s*(.-)%s*$"))
    if not target then
      return nil, message, code, values
    end
    local name = target.phone or "user:" .. target.user
    if not seen[name] then
      seen[name] = true
      targets[#targets + 1], names[#names + 1] = target, name
    end
  end
  if #targets == 0 then
    return nil, HOW, "destination"
  elseif #targets > MOST then
    return nil, ("at most %d ring together"):format(MOST), "destinations", { max = MOST }
  end
  return { text = table.concat(names, ", "), targets = targets }
end

return destination
