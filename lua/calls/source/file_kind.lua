-- file_kind.lua: files of another kind than they should be, such as one that a word processor saved.
--
--   file_kind.fault(text)   -> line, message; nil for a text
--
-- Told alone: whatever else is wrong in such a file comes of it.

local file_kind = {}

local BEGINNINGS = {
  { "^\xFF\xFE", "the file is UTF-16: save it as UTF-8" },
  { "^\xFE\xFF", "the file is UTF-16: save it as UTF-8" },
  { "^[^%z]%z[^%z]%z", "the file is UTF-16: save it as UTF-8" },
  { "^%z[^%z]%z[^%z]", "the file is UTF-16: save it as UTF-8" },
  { "^\27Lua", "this is compiled Lua: save its source" },
  { "^{\\rtf", "this is an RTF document: save it as plain text" },
  { "^PK\3\4", "this is an office document or an archive: save it as plain text" },
  { "^\xD0\xCF\x11\xE0", "this is an office document: save it as plain text" },
  { "^%%PDF", "this is a PDF: save it as plain text" },
  { "^\31\139", "this file is compressed: save it as plain text" },
  { "^%s*<!%a", "this is a web page: save the file itself" },
  { "^%s*<%?xml", "this is an XML file: save it as plain text" },
  { "^%s*<html", "this is a web page: save the file itself" },
}

local CONFLICT = "a merge conflict is left here: keep one of its sides and delete the lines that begin with "
  .. "<<<<<<<, ======= and >>>>>>>"

---@param text string
---@return integer? line
---@return string? message
function file_kind.fault(text)
  for _, beginning in ipairs(BEGINNINGS) do
    if text:find(beginning[1]) then
      return 1, beginning[2]
    end
  end
  local marked = ("\n" .. text):find("\n<<<<<<< ", 1, true)
  local closed = marked and text:find("\n>>>>>>> ", marked, true)
  if closed then
    local _, lines = text:sub(1, marked - 1):gsub("\n", "")
    return lines + 1, CONFLICT
  end
end

return file_kind
