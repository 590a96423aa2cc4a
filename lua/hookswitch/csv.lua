-- hookswitch.csv: tables for spreadsheets (RFC 4180).

local csv = {}

-- A cell that a spreadsheet would run as a formula gets an apostrophe in front;
-- a phone number in E.164 isn't a formula.
local function cell(value)
  if value == nil then
    return ""
  end
  local text = tostring(value)
  if not text:find('[=@\t\r\n+",-]') then
    return text
  end
  if text:find("^[=@\t\r]") or (text:find("^[+-]") and not text:find("^[+-]?%d[%d.]*$")) then
    text = "'" .. text
  end
  if text:find('[",\r\n]') then
    text = '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

--- The lines of rows, without a heading.
---@param columns string[]
---@param rows table[]
---@return string
function csv.lines(columns, rows)
  local lines = {}
  for position, row in ipairs(rows) do
    local cells = {}
    for place, column in ipairs(columns) do
      cells[place] = cell(row[column])
    end
    lines[position] = table.concat(cells, ",") .. "\r\n"
  end
  return table.concat(lines)
end

---@param columns string[]
---@param rows table[]
---@return string
function csv.write(columns, rows)
  return table.concat(columns, ",") .. "\r\n" .. csv.lines(columns, rows)
end

return csv
