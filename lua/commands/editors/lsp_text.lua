-- commands.editors.lsp_text: a document's text after the changes that an editor sends.
--
--   lsp_text.changed(text, changes)   -> the text; nil when a change can't be read
--
-- A change is the whole text, or what is in a range of it from now on. Positions count UTF-16 units.

local lsp_text = {}

--- The byte at which a line begins, the first being 0; past the end if the text has fewer lines.
local function line_start(text, line)
  local at = 1
  for _ = 1, line do
    local _, last = text:find("\r?\n", at)
    if not last then
      return #text + 1
    end
    at = last + 1
  end
  return at
end

--- The byte at a position; the end of its line when it is behind that.
local function byte_at(text, position)
  local line, units = math.tointeger(position.line), math.tointeger(position.character)
  if not line or not units or line < 0 or units < 0 then
    return nil
  end
  local at = line_start(text, line)
  while units > 0 and at <= #text and not text:find("^\r?\n", at) do
    local lead = text:byte(at)
    local length = lead >= 0xF0 and 4 or lead >= 0xE0 and 3 or lead >= 0xC0 and 2 or 1
    units, at = units - (length == 4 and 2 or 1), at + length
  end
  return math.min(at, #text + 1)
end

local function applied(text, change)
  if type(change) ~= "table" or type(change.text) ~= "string" then
    return nil
  elseif change.range == nil then
    return change.text
  end
  local range = change.range
  local is_range = type(range) == "table" and type(range.start) == "table" and type(range["end"]) == "table"
  local from = is_range and text and byte_at(text, range.start)
  local upto = from and byte_at(text, range["end"])
  return upto and upto >= from and text:sub(1, from - 1) .. change.text .. text:sub(upto) or nil
end

---@param text string? nil: the document isn't known
---@param changes any
---@return string?
function lsp_text.changed(text, changes)
  for _, change in ipairs(type(changes) == "table" and changes or {}) do
    text = applied(text, change)
    if not text then
      return nil
    end
  end
  return text
end

return lsp_text
