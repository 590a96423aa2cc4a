-- file_kind.lua: files of another kind than they should be, such as one that a word processor saved.
--
--   file_kind.fault(text)            -> line, message; nil for a text
--   file_kind.other_language(text)   the same of rules that Lua doesn't read: JSON, TwiML, Python, …
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

-- What rules are mistaken for, and what people paste.
local LANGUAGES = {
  { "^%s*<.*<?Response[%s>]", "this is TwiML" },
  { "^%s*{%s*\"[%w_ -]+\"%s*:", "this is JSON" },
  { "^%s*%[%s*[{\"]", "this is JSON" },
  { "\nfrom%s+[%w_.]+%s+import%s", "this is Python" },
  { "\n%s*def%s+[%w_]+%([^\n]*%):", "this is Python" },
  { "[%w_]%s*=%s*require%(['\"]twilio['\"]%)", "this is JavaScript" },
  { "exports%.handler%s*=", "this is JavaScript" },
  { "^%s*<%?php", "this is PHP" },
  { "\n%s+%- [%w_\"']+:", "this is YAML" },
  { "\n%s*same%s*=>", "this is a dial plan of Asterisk" },
  { "\n%s*exten%s*=>", "this is a dial plan of Asterisk" },
}
local RULES = ', and rules are Lua: return { { "all calls", go = ring("+13035550142") } }'

local CONFLICT = "a merge conflict is left here: keep one of its sides and delete the lines that begin with "
  .. "<<<<<<<, ======= and >>>>>>>"

--- Code of another language where rules should be, which Lua doesn't read.
---@param text string
---@return integer? line
---@return string? message
function file_kind.other_language(text)
  local lines_of = "\n" .. text
  local is_lua = lines_of:find("\nreturn%s*{") or lines_of:find("\n%s*local%s")
  for _, language in ipairs(is_lua and {} or LANGUAGES) do
    if (language[1]:find("^^") and text or lines_of):find(language[1]) then
      return 1, language[2] .. RULES
    end
  end
  local fence = lines_of:find("\n[ \t]*```")
  if fence then
    local _, lines = lines_of:sub(1, fence):gsub("\n", "")
    return lines, "``` belongs to the text around the rules: delete its lines, and what isn't code"
  end
end

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
