-- api.csv: tables for spreadsheets (RFC 4180).

local csv = {}

-- Spreadsheets read wide signs as = + - @, and some skip blanks and byte order marks in front.
local WIDE = { ["＝"] = "=", ["＋"] = "+", ["－"] = "-", ["＠"] = "@" }

local function begins_formula(text)
  local first = text:gsub("^\239\187\191", ""):gsub("^%s+", ""):match("^" .. utf8.charpattern)
  local sign = first and (WIDE[first] or first) or ""
  return sign:find("^[=@]") or sign:find("^[+-]") and not text:find("^[+-]?%d[%d.]*$")
end

-- A cell that a spreadsheet would run as a formula gets an apostrophe in front;
-- a phone number in E.164 isn't a formula.
local function cell(value)
  if value == nil then
    return ""
  end
  local text = tostring(value)
  if not text:find('[=@\t\r\n+",\188-]') then
    return text
  end
  if text:find("^[\t\r]") or begins_formula(text) then
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
