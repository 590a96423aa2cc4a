-- sandbox.form: reading and writing application/x-www-form-urlencoded.
--
--   local parsed = form.parse("Status=completed&Event=a&Event=b")
--   parsed.Status, form.all(parsed).Event, form.parse("%")  -> nil, message
--   form.write { To = "+1…", Event = { "a", "b" } }  -> "Event=a&Event=b&To=%2B1…"

local form = {}

local ALL = "\0all" -- no name of a form holds a NUL

--- Every value of each name, in the order they were sent.
---@param parsed table
---@return table<string, string[]>
function form.all(parsed)
  return parsed[ALL]
end

local function decoded(text)
  local out, bad = text:gsub("+", " "), false
  out = out:gsub("%%(%x?%x?)", function(hex)
    bad = bad or #hex < 2
    return #hex == 2 and string.char(tonumber(hex, 16)) or nil
  end)
  return not bad and utf8.len(out) and not out:find("\0", 1, true) and out or nil
end

---@param text string
---@return table? form by name, the first value of each
---@return string? message
---@return "malformed"? code
function form.parse(text)
  local all = {}
  local out = { [ALL] = all }
  for pair in text:gmatch("[^&]+") do
    local raw_name, raw_value = pair:match("^([^=]*)=?(.*)$")
    local name, value = decoded(raw_name), decoded(raw_value)
    if not name or not value then
      return nil, "not a well-formed form: " .. pair, "malformed"
    end
    all[name] = all[name] or {}
    table.insert(all[name], value)
    out[name] = out[name] or value
  end
  return out
end

---@param text string
---@return string
function form.escape(text)
  return (tostring(text):gsub("[^%w_.~-]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end))
end

---@param fields table<string, string|number|string[]>
---@return string
function form.write(fields)
  local names, parts = {}, {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local values = fields[name]
    for _, value in ipairs(type(values) == "table" and values or { values }) do
      parts[#parts + 1] = form.escape(name) .. "=" .. form.escape(value)
    end
  end
  return table.concat(parts, "&")
end

return form
