-- address.lua: a text to say, or the address of a recording to play.
--
--   address.read(text)   the text; or the address, written as Twilio wants it, and true; or nil, message,
--                        code, values
--
-- Either may be pasted with blanks around it, or in capitals. A broken address is an error, rather than being
-- read out to callers letter by letter.

local address = {}

local LONGEST = 2000
local WHOLE = "isn't a whole address: write it like https://example.com/hello.mp3"

-- Blanks of other scripts and of word processors count as blanks.
local BLANKS = { "\u{A0}", "\u{1680}", "\u{202F}", "\u{205F}", "\u{3000}", "\u{FEFF}" }
for code = 0x2000, 0x200B do BLANKS[#BLANKS + 1] = utf8.char(code) end

local function with_plain_blanks(text)
  if text:find("[\xC2\xE1-\xE3\xEF]") then
    for _, blank in ipairs(BLANKS) do text = text:gsub(blank, " ") end
  end
  return text
end

local SOUNDS = { mp3 = true, wav = true, aif = true, aiff = true, gsm = true, ulaw = true, m4a = true,
  ogg = true }

--- Is it part of an address, or only a file's name? Nobody says these.
local function is_partial(text)
  local word = text:lower():match("^%S+$")
  return word and (word:find("^https?[:;/]") or word:find("^www%.") or SOUNDS[word:match("[^./]%.(%w+)$")])
end

---@param text string
---@return string? text nil: it looks like an address but isn't one
---@return boolean|string is_address or the message
---@return string? code of hookswitch.fields.wrong
---@return table? values of the code's
function address.read(text)
  local trimmed = with_plain_blanks(text):match("^%s*(.-)%s*$")
  local scheme, rest = trimmed:match("^(%a[%w+.-]*):[/\\][/\\](.*)$")
  if not scheme and not is_partial(trimmed) then
    return text, false
  end
  scheme = scheme and scheme:lower()
  if not scheme then
    return nil, WHOLE, "address_whole"
  elseif scheme ~= "http" and scheme ~= "https" then
    return nil, ("must be an http or https address to be played, not %s://"):format(scheme), "scheme",
      { scheme = scheme }
  elseif rest:find("[%s%c]") then
    return nil, "has a space in its address: write %20 there, or leave the words out", "address_space"
  elseif not rest:find("^[^/?#\\]") or rest:find("\\", 1, true) or #trimmed > LONGEST then
    return nil, WHOLE, "address_whole"
  end
  return scheme .. "://" .. rest, true
end

return address
