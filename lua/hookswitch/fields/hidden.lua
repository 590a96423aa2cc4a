-- hookswitch.fields.hidden: characters that change how the text beside them is shown: control characters,
-- separators of lines, and those that turn the direction of writing.
--
--   hidden.among(text)   does it have such a character beyond ASCII?
--   hidden.shown(text)   the text with U+FFFD in place of each, so that it stays on its line of a terminal

local hidden = {}

local PATTERNS = {
  "\xC2[\x80-\x9F]", -- C1 controls
  "\xE2\x80[\xA8-\xAE]", -- separators of lines and paragraphs, embeddings and overrides
  "\xE2\x81[\xA6-\xA9]", -- isolates
}

---@param text string UTF-8
---@return boolean
function hidden.among(text)
  for _, pattern in ipairs(PATTERNS) do
    if text:find(pattern) then
      return true
    end
  end
  return false
end

---@param text string UTF-8
---@return string
function hidden.shown(text)
  for _, pattern in ipairs(PATTERNS) do text = text:gsub(pattern, "\u{FFFD}") end
  return (text:gsub("%c", "\u{FFFD}"))
end

return hidden
