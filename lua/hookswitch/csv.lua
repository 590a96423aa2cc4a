-- hookswitch.csv: tables for spreadsheets (RFC 4180).

local csv = {}

-- A cell that a spreadsheet would run as a formula gets an apostrophe in front;
-- a phone number in E.164 is no formula.
local function cell(value)
  if value == nil then
    return ""
  end
  local text = tostring(value)
  if text:find("^[=@\t\r]") or (text:find("^[+-]") and not text:find("^[+-]?%d[%d.]*$")) then
    text = "'" .. text
  end
  if text:find('[",\r\n]') then
    text = '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

---@param columns string[]
---@param rows table[]
---@return string
function csv.write(columns, rows)
  local lines = { table.concat(columns, ",") }
  for _, row in ipairs(rows) do
    local cells = {}
    for position, column in ipairs(columns) do
      cells[position] = cell(row[column])
    end
    lines[#lines + 1] = table.concat(cells, ",")
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

return csv
