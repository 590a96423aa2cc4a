-- call_fields.lua: the fields that a call has, and what they can be.
--
--   call_fields.fault(path)                         "call has no field …", or nil; path: "caller.name"
--   call_fields.never_equal(path, constant, text)   why a field never equals a constant, or nil
--
-- As in lua/types/call.lua. Rows of the database and lookups have more than is listed there.

local caller = require("calls.parties.caller")
local mistake = require("calls.mistake")
local policy = require("calls.parties.policy")

local call_fields = {}

local function set(...)
  local names = {}
  for _, name in ipairs { ... } do names[name] = true end
  return names
end

local FIELDS = {
  [""] = set("from", "to", "forwarded_from", "at", "time", "time_in", "number", "forwarding", "owner",
    "caller", "line", "override", "lookups"),
  caller = set("kind", "anonymous", "name", "tags", "blocked", "stir", "prior_calls"),
  forwarding = set("always", "busy", "no_answer"),
  line = set("busy", "online"),
  owner = set("id"),
  time = set("weekday", "date", "clock", "zone", "year", "month", "day", "hour", "minute"),
}

-- field -> the one record that has it
local HOME = {}
for _, record in ipairs { "time", "line", "caller" } do
  for name in pairs(FIELDS[record]) do HOME[name] = record end
end
local ALIASES = { wday = "weekday", dow = "weekday", day_of_week = "weekday", min = "minute", hours = "hour" }

local TAGS = 'call.caller.tags is a list: write for _, tag in ipairs(call.caller.tags) do if tag == %q then '
  .. "return true end end"

local ARE = { text = "a text", number = "a number", boolean = "true or false" }
-- Fields that are one value, without fields of their own.
local PLAIN = { from = "text", to = "text", forwarded_from = "text", at = "number" }
for record, kinds in pairs {
  caller = { kind = "text", name = "text", stir = "text", prior_calls = "number", anonymous = "boolean",
    blocked = "boolean" },
  line = { busy = "boolean", online = "boolean" },
  time = { weekday = "text", date = "text", clock = "text", zone = "text", year = "number", month = "number",
    day = "number", hour = "number", minute = "number" },
} do
  for name, kind in pairs(kinds) do PLAIN[record .. "." .. name] = kind end
end

--- A field of something that has none: "from.name". Texts have the functions of `string`.
local function fault_of_plain(path)
  local whole, name = path:match("^([^.]+)%.([^.]+)"), path:match("^[^.]+%.([^.]+)")
  if whole and not PLAIN[whole] then whole, name = path:match("^([^.]+%.[^.]+)%.([^.]+)") end
  local kind = whole and PLAIN[whole]
  if kind and not (kind == "text" and string[name]) then
    local home = not whole:find(".", 1, true) and HOME[name]
    return ("call.%s is %s and has no field %q%s"):format(whole, ARE[kind], name,
      home and (": write call.%s.%s"):format(home, name) or "")
  end
end

---@param path string "form", "caller.nmae", "caller.tags.vip", "from.name"
---@return string? message
function call_fields.fault(path)
  local tag = path:match("^caller%.tags%.(.+)$")
  if tag and not tonumber(tag) then
    return TAGS:format(tag)
  end
  local plain = fault_of_plain(path)
  if plain then
    return plain
  end
  local record, rest = "", path
  if path:find(".", 1, true) then record, rest = path:match("^([^.]+)%.(.+)$") end
  local first = record ~= "" and record or rest
  if not FIELDS[""][first] then
    record, rest = "", first
  end
  local known, name = FIELDS[record], rest:match("^[^.]+")
  if known and not known[name] then
    local elsewhere = record == "" and HOME[name]
    return ("%s has no field %q%s"):format(record == "" and "call" or "call." .. record, name,
      elsewhere and (": write call.%s.%s"):format(elsewhere, name)
      or record == "time" and ALIASES[name] and (": write call.time.%s"):format(ALIASES[name])
      or mistake.nearest(name, known))
  end
end

local CLOCK = { weekday = "string", date = "string", clock = "string", zone = "string", year = "number",
  month = "number", day = "number", hour = "number", minute = "number" }
local WEEKDAYS = set("mon", "tue", "wed", "thu", "fri", "sat", "sun")

--- Why what a clock shows never equals a constant.
local function never_shown(field, constant, text)
  local wanted, kind = CLOCK[field], constant.kind
  if not wanted then
    return nil
  elseif kind ~= wanted then
    local number = kind == "string" and wanted == "number" and tostring(constant.value):match("^0?(%d+)$")
    return ("%s is a %s and can't be compared with %s%s"):format(field,
      wanted == "number" and "number" or "text", text, number and (": write %s"):format(number) or "")
  elseif field == "weekday" and not WEEKDAYS[constant.value] then
    return ('weekday is "mon", "tue", "wed", "thu", "fri", "sat" or "sun", and never %s'):format(text)
  elseif field == "date" and not constant.value:find("^%d%d%d%d%-%d%d%-%d%d$") then
    return ('date is written like "2026-11-26", so it can\'t be compared with %s'):format(text)
  elseif field == "clock" and not constant.value:find("^%d%d:%d%d$") then
    return ('clock is written like "09:30", so it can\'t be compared with %s'):format(text)
  end
end

local PHONES = set("from", "to", "forwarded_from", "number.phone_number")
local YES_NO = set("caller.anonymous", "caller.blocked", "line.busy", "line.online")
local NUMBERS = set("at", "caller.prior_calls")
local RECORDS = { number = "phone_number", owner = "id", caller = "name", line = "busy",
  forwarding = "always",
  lookups = "…", time = "clock" }

--- A phone number as it should be written, from digits however they are written.
local function as_e164(text)
  local digits = text:gsub("%D", "")
  if #digits == 10 then
    return "+1" .. digits
  end
  return #digits >= 8 and "+" .. digits:gsub("^00", "") or "+13035550142"
end

local function never_a_caller(path, value)
  local kind = caller.classify(value).kind
  if kind == "phone" then
    local ok, message = policy.shape(value)
    local short = not ok and value:sub(1, 2) == "+1" and #value ~= 12
    return short and message:gsub("%.$", "") or nil
  elseif path == "from" and kind ~= "other" then
    return nil
  end
  return ("call.%s is written like %s, so it never equals %s"):format(path, as_e164(value),
    mistake.show(value))
end

---@param path string
---@param constant Constant
---@param text string as the file has it
---@return string?
function call_fields.never_equal(path, constant, text)
  local kind, whole = constant.kind, "call." .. path
  if (kind == "nil" or constant.value == "") and (path == "from" or path == "to") then
    return ("call.%s is never empty: of callers who hide their number call.caller.anonymous is true")
      :format(path)
  elseif kind == "nil" or kind == "absent" or kind == "..." then
    return nil
  elseif path:find("^time%.%a+$") then
    return never_shown(path:sub(6), constant, text)
  elseif path == "caller.tags" or RECORDS[path] then
    return path == "caller.tags" and TAGS:format(tostring(constant.value or "vip"))
      or ("%s is a record and never equals %s: compare %s.%s"):format(whole, text, whole, RECORDS[path])
  elseif kind == "table" or kind == "function" then
    local known = PHONES[path] or YES_NO[path] or NUMBERS[path]
    return known and ("%s never equals a %s: compare it with each value, or write LIST[%s]"):format(whole,
      kind,
      whole) or nil
  elseif PHONES[path] then
    if kind == "number" then
      return ("%s is a text and never equals a number: write %q"):format(whole, as_e164(text))
    elseif kind == "string" then
      return never_a_caller(path, constant.value)
    end
    return ("%s is a text such as \"+13035550142\" and never %s"):format(whole, text)
  elseif YES_NO[path] and kind ~= "true" and kind ~= "false" then
    return ("%s is true or false and never equals %s: write %s or not %s"):format(whole, text, whole, whole)
  elseif NUMBERS[path] and kind ~= "number" then
    return ("%s is a number and never equals %s"):format(whole, text)
  end
end

return call_fields
