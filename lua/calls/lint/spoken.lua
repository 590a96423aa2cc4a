-- spoken.lua: voices and languages of a rule file that Twilio may not have.
--
--   spoken.read(reader, i)   tells reader.doubt if the text at token i is one

local tokens = require("calls.source.tokens")
local voices = require("calls.twiml.voices")

local spoken = {}

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
    message = voices.unlisted(text)
  elseif key == "language" and text:find("^%a%a%a?%f[^%w][%w-]*$") then
    message = voices.language(text)
  end
  if message then reader.doubt(i, message) end
end

return spoken
