-- spoken.lua: voices and languages of a rule file that Twilio may not have.
--
--   spoken.read(reader, i)   tells reader.doubt if the text at token i is one

local tokens = require("calls.source.tokens")
local voices = require("calls.twiml.voices")

local spoken = {}

--- The text of a field of a table that is written out.
local function field(t, brace, name)
  for i = brace + 1, t.pair[brace] or 0 do
    if t.inside[i] == brace and t.text[i] == name and t.text[i + 1] == "=" and t.kind[i + 2] == "string" then
      return tokens.value(t, i + 2)
    end
  end
end

--- { voice = "Polly.Lupe", language = "es-MX" }, wherever that table is made.
---@param reader MeantReader
---@param i integer a text
function spoken.read(reader, i)
  local t = reader.t
  local key, inside = t.text[i - 2], t.text[t.inside[i]] == "{"
  if not inside or t.text[i - 1] ~= "=" or t.kind[i - 2] ~= "name" then
    return
  end
  local text, message = tokens.value(t, i), nil
  if key == "voice" and not voices.wrong(text) then
    local language = field(t, t.inside[i], "language")
    message = voices.unlisted(text) or language and voices.apart(text, language)
  elseif key == "language" and text:find("^%a%a%a?%f[^%w][%w-]*$") then
    message = voices.language(text)
  end
  if message then reader.doubt(i, message) end
end

return spoken
