-- blame.lua: finds the line that a message is about.
--
--   blame.last_line(t, line)       the last line of the brackets that open on a line
--   blame.line(t, line, message)   the line of the text, key or number that the message quotes
--
-- A word reports a wrong argument at the line of its call, which is the first line of a call or list that
-- spans several. What the message quotes is further down, or where a name got its value.

local tokens = require("calls.source.tokens")

local blame = {}

-- Behind these a message says what to write instead.
local ADVICE = { " such as ", " write ", " try ", " use ", "(did you mean", " it takes ", " expected ",
  " like " }

--- What the message says is wrong, likeliest first; not the part that says what to write instead.
local function faults_of(message)
  local head = message
  for _, word in ipairs(ADVICE) do
    local at = head:find(word, 1, true)
    if at then head = head:sub(1, at) end
  end
  local found = {
    message:match("^[%w_]+: ([%w_]+) must be ") or message:match("^[%w_]+: ([%w_]+) needs ")
      or message:match("^[%w_]+: (confirm) is ") or nil,
  }
  for _, pattern in ipairs { '"([^"]+)"', "%+%d%d%d%d%d%d+", "%f[%d]%d%d%d%d%d%d+" } do
    for text in head:gmatch(pattern) do found[#found + 1] = text end
  end
  return found
end

local function stands_at(t, i, text)
  if t.kind[i] == "string" then
    return tokens.value(t, i) == text
  elseif t.kind[i] == "number" then
    return t.text[i] == text
  end
  return t.kind[i] == "name" and t.text[i] == text and t.text[i + 1] == "=" and t.text[t.inside[i]] == "{"
end

---@param t Tokens
---@param line integer
---@return integer
function blame.last_line(t, line)
  local last = line
  for i = 1, t.count do
    local close = t.line[i] == line and t.kind[i] == "op" and t.pair[i]
    if close and close > i then last = math.max(last, t.line[close]) end
  end
  return last
end

--- The line of a text that occurs once between two lines, and of one that occurs once in the whole file.
local function place_of(t, text, first, last)
  local inside, anywhere, near, only = 0, 0, nil, nil
  for i = 1, t.count do
    if stands_at(t, i, text) then
      anywhere, only = anywhere + 1, t.line[i]
      if t.line[i] >= first and t.line[i] <= last then
        inside, near = inside + 1, t.line[i]
      end
    end
  end
  return inside == 1 and near, anywhere == 1 and only
end

---@param t Tokens
---@param line integer
---@param message string
---@return integer
function blame.line(t, line, message)
  -- These have a line of their own already.
  if message:find("^[%w_/]+%.%a+:%d+: ") or message:find("^example %d") or message:find('^rule "') then
    return line
  end
  local last = blame.last_line(t, line)
  -- A value of the wrong kind is in the wrong place, wherever its name got it from.
  local misplaced = message:find(" needs ", 1, true) or message:find(" must be ", 1, true)
  for _, text in ipairs(faults_of(message)) do
    local near, only = place_of(t, text, line, last)
    if near or (only and not misplaced) then
      return near or only
    end
  end
  return line
end

return blame
