-- fields.lua: what fields of people.txt, groups.txt, hours.txt and oncall.txt have in common.
--
--   team_fields.names("joe, ana")            -> { "joe", "ana" }
--   team_fields.without_commas(known, "joe and ana")   what to tell, if these are known; or nil
--   team_fields.partly_read(documents)       do people or groups have lines that couldn't be read? A name may
--                                            be among them
--   team_fields.is_someone_else(bad, section, where, message)   does it follow from an unreadable line?
--   team_fields.date("12-24 .. 12-26")       "12-24..12-26", the one way in which dates are compared
--   team_fields.zone(entry, field, tell)     reads a zone into the entry
--   team_fields.once(seen, field, tell)      tells when a field was there before
--   team_fields.told(f, …)                   what f gives; or nil and what it raised, without its place

local zone_names = require("calls.zone_names")

local team_fields = {}

---@param text string
---@return string[]
function team_fields.names(text)
  local list = {}
  for part in (text .. ","):gmatch("%s*(.-)%s*,") do
    if part ~= "" then list[#list + 1] = part end
  end
  return list
end

--- "joe; ana", "joe and ana": people without commas between them.
---@param known table<string, any>
---@param name string
---@return string?
function team_fields.without_commas(known, name)
  local list = {}
  for word in name:gmatch("[^%s;&/+]+") do
    if known[word] then
      list[#list + 1] = word
    elseif word ~= "and" and word ~= "und" and word ~= "y" and word ~= "et" then
      return nil
    end
  end
  return #list > 1 and "put commas between the names: " .. table.concat(list, ", ") or nil
end

---@param documents table<string, DataDocument>
---@return boolean
function team_fields.partly_read(documents)
  for _, kind in ipairs { "people", "groups" } do
    if documents[kind] and #documents[kind].bad > 0 then
      return true
    end
  end
  return false
end

--- Is a field told to be there twice that stands behind a line that can't be read, such as a heading without
--- its brackets?
---@param bad { line: integer }[] lines that can't be read
---@return boolean
function team_fields.is_someone_else(bad, section, where, message)
  for _, one in ipairs(message:find("is there twice", 1, true) and bad or {}) do
    if one.line > section.line and one.line < where.line then
      return true
    end
  end
  return false
end

---@param text string
---@return string
function team_fields.date(text)
  return (text:lower():gsub("%s+", " "):gsub(" ?%.%. ?", ".."))
end

---@param entry { zone: string? }
---@param field DataField
---@param tell fun(where: DataField|DataSection, message: string)
function team_fields.zone(entry, field, tell)
  local ok, message = zone_names.check(field.value)
  if not ok then tell(field, message or "unknown time zone") end
  entry.zone = field.value
end

---@param seen table<string, integer> lines
---@param field DataField
---@param tell fun(where: DataField|DataSection, message: string)
function team_fields.once(seen, field, tell)
  local kind = field.kind
  if seen[kind] then tell(field, ("%s is there twice, also on line %d"):format(field.key, seen[kind])) end
  seen[kind] = seen[kind] or field.line
end

---@param f function
---@return any
---@return string? message
function team_fields.told(f, ...)
  local ok, result = pcall(f, ...)
  if ok then
    return result
  end
  return nil, (tostring(result):gsub("^%S-:%d+: ", ""):gsub("^hours: ", ""):gsub("^rota: ", ""))
end

return team_fields
