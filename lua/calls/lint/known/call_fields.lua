-- call_fields.lua: the fields that a call has, and what they can be.
--
--   call_fields.fault(path)                         "call has no field …", or nil; path: "caller.name"
--   call_fields.never_equal(path, constant, text)   why a field never equals a constant, or nil
--   call_fields.never_ordered(path, order, constant, text)   the same of <, >, <= and >=
--
-- As in lua/types/call.lua; rows of the database have all their columns. What lookups give has any fields.

local absent = require("calls.lint.known.absent")
local caller = require("calls.parties.caller")
local mistake = require("calls.mistake")
local policy = require("calls.parties.policy")

local call_fields = {}

local function set(...)
  local names = {}
  for _, name in ipairs { ... } do names[name] = true end
  return names
end

local SETTING = set("id", "user_id", "phone_number_id", "forward_to_number", "forwarding_type",
  "ring_timeout",
  "is_active", "ends_at", "created_at", "updated_at", "after")
local FIELDS = {
  [""] = set("from", "to", "forwarded_from", "at", "time", "time_in", "number", "forwarding", "owner",
    "caller", "line", "override", "lookups"),
  caller = set("kind", "anonymous", "name", "tags", "blocked", "stir", "prior_calls"),
  forwarding = set("always", "busy", "no_answer"),
  ["forwarding.always"] = SETTING, ["forwarding.busy"] = SETTING, ["forwarding.no_answer"] = SETTING,
  override = set("id", "user_id", "phone_number_id", "forward_to_number", "ring_timeout", "note", "starts_at",
    "ends_at", "created_at"),
  number = set("id", "user_id", "phone_number", "twilio_sid", "friendly_name", "country", "area_code",
    "number_type", "capabilities", "is_active", "timezone", "voicemail_greeting", "recording",
    "recording_announcement", "monthly_price", "purchased_at", "updated_at", "released_at"),
  line = set("busy", "online"),
  owner = set("id"),
  time = set("weekday", "date", "clock", "zone", "year", "month", "day", "hour", "minute"),
}

-- field -> the one record that has it
local HOME = {}
for _, record in ipairs { "number", "time", "line", "caller" } do
  for name in pairs(FIELDS[record]) do HOME[name] = name ~= "id" and record or nil end
end
local TO_NUMBER = { to = "forward_to_number", number = "forward_to_number", phone = "forward_to_number",
  phone_number = "forward_to_number", seconds = "ring_timeout", timeout = "ring_timeout",
  until_time = "ends_at", expires_at = "ends_at" }
local ALIASES = {
  [""] = { called = "to", callee = "to", dialed = "to", dialled = "to", destination = "to", calling = "from",
    source = "from", phone = "from", timestamp = "at", CallerId = "from", caller_id = "from",
    callerId = "from", callerid = "from", CallerName = "caller.name", caller_name = "caller.name" },
  number = { name = "friendly_name", label = "friendly_name", title = "friendly_name",
    number = "phone_number",
    phone = "phone_number", to = "phone_number", sid = "twilio_sid", tz = "timezone", zone = "timezone",
    greeting = "voicemail_greeting", type = "number_type" },
  ["forwarding.always"] = TO_NUMBER, ["forwarding.busy"] = TO_NUMBER, ["forwarding.no_answer"] = TO_NUMBER,
  override = TO_NUMBER,
  time = { wday = "weekday", dow = "weekday", day_of_week = "weekday", min = "minute", hours = "hour" },
}

local TAGS = 'call.caller.tags is a list: write for _, tag in ipairs(call.caller.tags) do if tag == %q then '
  .. "return true end end"

local ARE = { text = "a text", number = "a number", boolean = "true or false" }
-- Fields that are one value, without fields of their own.
local PLAIN = { from = "text", to = "text", forwarded_from = "text", at = "number" }
for record, kinds in pairs {
  caller = { kind = "text", name = "text", stir = "text", prior_calls = "number", anonymous = "boolean",
    blocked = "boolean" },
  line = { busy = "boolean", online = "boolean" },
  number = { id = "number", phone_number = "text", friendly_name = "text", country = "text",
    timezone = "text", recording = "text" },
  owner = { id = "text" },
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
    local why = kind == "text" and absent.of_text(name)
    return ("call.%s is %s and has no field %q%s"):format(whole, ARE[kind], name,
      home and (": write call.%s.%s"):format(home, name)
      or why and ": " .. why:gsub("%f[%w]x%f[%W]", "call." .. whole) or "")
  end
end

--- call.from.lower(), call.from[1]: what stands behind a text.
---@param path string
---@param mark string behind it
---@param kind string? of the token behind that
---@return string? message
function call_fields.misused(path, mark, kind)
  local whole, name = path:match("^(.+)%.([^.]+)$")
  if mark == "(" and whole and PLAIN[whole] == "text" and string[name] then
    return ("%s needs a colon: call.%s:%s(…)"):format(name, whole, name)
  elseif mark == "[" and PLAIN[path] == "text" and kind == "number" then
    return ("call.%s is a text: its first character is call.%s:sub(1, 1)"):format(path, path)
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
  local record = ""
  for name, behind in path:gmatch("([^.]+)%.?()") do
    local known = FIELDS[record]
    if not known then
      return nil
    elseif not known[name] then
      local elsewhere, aliases = record == "" and HOME[name], ALIASES[record] or {}
      local alias = aliases[name] or mistake.nearest(name, known) == ""
        and aliases[mistake.nearest(name, aliases):match('"(.-)"')]
      local whole = record == "" and "call" or "call." .. record
      -- call.date.month: the record has that one, too
      local beside = elsewhere and path:match("^[^.]+", behind)
      if beside and FIELDS[elsewhere][beside] then
        return ("call has no field %q: write call.%s.%s"):format(name, elsewhere, beside)
      end
      return ("%s has no field %q%s"):format(whole, name,
        elsewhere and (": write call.%s.%s"):format(elsewhere, name)
        or alias and (": write %s.%s"):format(whole, alias)
        or mistake.nearest(name, known))
    end
    record = record == "" and name or record .. "." .. name
  end
end

-- Whole numbers that a field can be, the least and the most.
local RANGES = { ["time.month"] = { 1, 12 }, ["time.day"] = { 1, 31 }, ["time.hour"] = { 0, 23 },
  ["time.minute"] = { 0, 59 }, ["caller.prior_calls"] = { 0, 10000 } }
-- Texts that a field can be.
local ONE_OF = {
  ["time.weekday"] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" },
  ["caller.kind"] = { "phone", "anonymous", "sip", "client", "other" },
  ["number.recording"] = { "off", "on", "ask" },
}
-- How a field's texts are written: the pattern of a whole one, that of its beginning, and an example.
local WRITTEN = {
  ["time.date"] = { "^%d%d%d%d%-%d%d%-%d%d$", "^%d%d%d%d%-?%d?%d?%-?%d?%d?$", "2026-11-26" },
  ["time.clock"] = { "^%d%d:%d%d$", "^%d%d:?%d?%d?$", "09:30" },
  ["number.country"] = { "^%u%u$", "^%u%u?$", "US" },
}

local function last_name(path)
  return path:match("[%a_]+$")
end

--- Why a text field never equals a text, or can't be put in order with it.
local function never_written(path, value, text, order)
  local list, form = ONE_OF[path], WRITTEN[path]
  if list then
    for _, each in ipairs(list) do
      if each == value then
        return nil
      end
    end
    local others = table.concat(list, '", "', 1, #list - 1)
    return ('%s is "%s" or "%s", and never %s'):format(last_name(path), others, list[#list], text)
  elseif form and not value:find(order and form[2] or form[1]) then
    return ("%s is written like %q, so it can't be compared with %s"):format(last_name(path), form[3], text)
  end
end

local NEVER = {
  ["<"] = function(value, least) return value <= least end,
  ["<="] = function(value, least) return value < least end,
  [">"] = function(value, _, most) return value >= most end,
  [">="] = function(value, _, most) return value > most end,
}

local NO_MOMENT = "call.at is in seconds since 1970 and can't be compared with %s: the time of day is "
  .. 'call.time.clock, such as "09:30"'

--- Why a field that is a number never equals one, or is never on that side of it.
local function never_counted(path, order, value, text)
  local range, name = RANGES[path], last_name(path)
  if path == "at" then
    -- Before 1990, or in milliseconds. "at > 0" means from the very beginning.
    local open_ended = order and order:find("^>") and value <= 0
    return not open_ended and (value < 631152000 or value > 99999999999) and NO_MOMENT:format(text) or nil
  elseif not range then
    return nil
  elseif not math.tointeger(value) and path:find("^time%.") then
    return ("%s is a whole number, and %s isn't: compare call.time.clock with a text such as \"08:30\"")
      :format(name, text)
  end
  local out = value < range[1] or value > range[2] or not math.tointeger(value)
  if order then out = NEVER[order](value, range[1], range[2]) end
  return out and ("%s is a number from %d to %d, and never %s%s"):format(name, range[1], range[2],
    order and order .. " " or "", text) or nil
end

local MONTHS = "january february march april may june july august september october november december"

--- 12 for "dec" and "December".
local function month_of(text)
  local month = 0
  for name in MONTHS:gmatch("%a+") do
    month = month + 1
    if #text > 2 and name:sub(1, #text) == text:lower() then
      return month
    end
  end
end

local KINDS = { string = "text", number = "number", ["true"] = "boolean", ["false"] = "boolean" }

--- Why what a clock shows, or another field, is never of a constant's kind.
local function never_of_kind(path, constant, text)
  local is, kind = PLAIN[path], constant.kind
  local whole = path:find("^time%.") and last_name(path) or "call." .. path
  if not is or KINDS[kind] == is then
    return nil
  elseif is == "boolean" then
    return ("%s is true or false and never equals %s: write %s or not %s"):format(whole, text, whole, whole)
  elseif kind == "table" or kind == "function" then
    return ("%s never equals a %s: compare it with each value, or write LIST[%s]"):format(whole, kind, whole)
  elseif path == "at" then
    return NO_MOMENT:format(text)
  end
  local month = path == "time.month" and kind == "string" and month_of(constant.value)
  local fix = is == "number" and kind == "string" and tostring(constant.value):match("^0*(%d+)$") or month
    or is == "text" and kind == "number" and not path:find("^time%.") and ("%q"):format(text)
    or path == "time.weekday" and kind == "number" and '"mon", "tue", "wed", "thu", "fri", "sat" or "sun"'
  local range = not fix and is == "number" and RANGES[path]
  local kinds = range and ("a number from %d to %d"):format(range[1], range[2]) or ARE[is]
  return ("%s is %s and can't be compared with %s%s"):format(whole, kinds, text,
    fix and ": write " .. fix or "")
end

---@param path string "time.weekday"
---@return boolean
function call_fields.is_text(path)
  return PLAIN[path] == "text"
end

--- The texts that a field can be, as keys; nil where there are more than a few.
---@param path string "time.weekday"
---@return table<string, true>?
function call_fields.one_of(path)
  return ONE_OF[path] and set(table.unpack(ONE_OF[path]))
end

local OPTIONAL = set("forwarded_from", "caller.name", "caller.stir")
local PHONES = set("from", "to", "forwarded_from", "number.phone_number")
local RECORDS = { number = "phone_number", owner = "id", caller = "name", line = "busy",
  forwarding = "always",
  lookups = "…", time = "clock" }

--- A phone number as it should be written, from digits however they are written.
local function as_e164(text)
  local digits = text:gsub("%D", "")
  if #digits == 10 then
    return "+1" .. digits
  end
  digits = digits:gsub("^00", "")
  return #digits >= 8 and digits:sub(1, 1) ~= "0" and "+" .. digits or "+13035550142"
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
  elseif constant.value == "" and OPTIONAL[path] then
    return ("%s is never empty: where there is none it is nil, so compare it with nil"):format(whole)
  elseif path == "caller.tags" or RECORDS[path] then
    local phone = path == "caller" and kind == "string" and constant.value:find("^%+?[%d ()-]+$")
    return path == "caller.tags" and TAGS:format(tostring(constant.value or "vip"))
      or ("%s is a record and never equals %s: compare %s"):format(whole, text,
        phone and "call.from" or whole .. "." .. RECORDS[path])
  elseif PHONES[path] and kind == "number" then
    return ("%s is a text and never equals a number: write %q"):format(whole, as_e164(text))
  elseif PHONES[path] and kind == "string" then
    return never_a_caller(path, constant.value)
  end
  return never_of_kind(path, constant, text)
    or kind == "string" and never_written(path, constant.value, text)
    or kind == "number" and never_counted(path, nil, constant.value, text) or nil
end

---@param path string
---@param order "<"|"<="|">"|">="
---@param constant Constant
---@param text string as the file has it
---@return string?
function call_fields.never_ordered(path, order, constant, text)
  local kind = constant.kind
  if path == "time" and (kind == "string" or kind == "number") then
    return ("call.time is a record and can't be compared with %s: compare %s"):format(text,
      'call.time.clock, such as "09:30"')
  elseif kind == "nil" or kind == "absent" or kind == "..."
    or not (PLAIN[path] == "number" or WRITTEN[path]) then
    return ONE_OF[path] and kind ~= "nil" and ("%s is a text, and %s sorts texts alphabetically: "
      .. "compare it with each value, such as call.%s == %q"):format(last_name(path), order, path,
      ONE_OF[path][1]) or nil
  end
  return never_of_kind(path, constant, text)
    or kind == "string" and never_written(path, constant.value, text, true)
    or kind == "number" and never_counted(path, order, constant.value, text) or nil
end

return call_fields
