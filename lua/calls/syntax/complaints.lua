-- complaints.lua: what Lua says of a text that it doesn't read, in the words of its author.
--
--   complaints.words(text)   "'}' expected (to close '{' at line 5) near ':'" ->
--                            "a } is missing before :, for the { of line 5"

local complaints = {}

local END = "the end of the file"

local function place(near)
  local text = near:match("^'(.*)'$") or near
  return (text == "<eof>" or text == END) and END or text
end

local function with_article(mark)
  return (mark == "end" or mark:find("^[=,]")) and "an " .. mark or "a " .. mark
end

---@param text string Lua's message without its position
---@return string
function complaints.words(text)
  local what, near = text:match("^(.-) near (.*)$")
  if not what then
    return text
  end
  near = place(near)
  local wanted, opened, line = what:match("^'(%S+)' expected %(to close '(%S+)' at line (%d+)%)$")
  if wanted then
    return ("%s is missing before %s, for the %s of line %s"):format(with_article(wanted), near, opened, line)
  end
  wanted = what:match("^'(%S+)' expected$")
  if wanted then
    return ("%s is missing before %s"):format(with_article(wanted), near)
  elseif what == "unexpected symbol" or what == "syntax error" then
    return ("%s doesn't fit here: something before it is missing or too much"):format(near)
  elseif what == "<name> expected" then
    return ("a name is missing before %s"):format(near)
  elseif what == "malformed number" then
    return ("%s isn't a number: put texts in quotes"):format(near)
  elseif what:find("^unfinished long") then
    return ("a text or comment in [[ ]] has no end: ]] is missing")
  end
  return text
end

return complaints
