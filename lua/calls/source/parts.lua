-- parts.lua: the parts of a text whose brackets can't be trusted, by how far their lines are indented.
--
--   parts.lines(source)             -> its lines, without what ends them
--   parts.begins(t, lines)          -> line -> its depth, for lines that begin with a token
--   parts.inside(depths, a, b)      -> { first, last }[]: the parts of the lines a to b, themselves one
--   parts.top(depths)               -> { first, last }[]: those of the whole text
--   parts.unmatched(text)           -> brackets and words that it doesn't close, and that it only closes
--   parts.stand_ins(text, line)     what may stand for a part that begins with this text
--   parts.RULE                      what stands for a rule

local tokens = require("calls.source.tokens")

local parts = {}

local CLOSES = { ["}"] = true, [")"] = true, ["]"] = true, ["end"] = true, ["else"] = true,
  ["elseif"] = true, ["until"] = true }

-- What goes on with the line before.
local GOES_ON = { [","] = true, [";"] = true, [":"] = true, ["."] = true, [".."] = true, ["and"] = true,
  ["or"] = true, ["="] = true, ["=="] = true }

--- In place of a rule, so that the others keep their positions. Its name differs from those of others.
parts.RULE = '{ "rule of line %d", when = function() return false end, go = function() end }'

---@param source string
---@return string[]
function parts.lines(source)
  local lines = {}
  for text in (source .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = text end
  return lines
end

--- Not the lines of comments and those within a long text, which nothing begins on.
---@param t Tokens
---@param lines string[]
---@return table<integer, { depth: integer, closes: boolean, word: boolean, returns: boolean }>
function parts.begins(t, lines)
  local found, at = {}, 1
  for i = 1, t.count - 1 do
    local line = t.line[i]
    if line ~= t.line[i - 1] and lines[line] then
      local space = lines[line]:match("^%s*"):gsub("\t", "  ")
      found[line] = { depth = #space, closes = CLOSES[t.text[i]] or GOES_ON[t.text[i]] or false,
        returns = t.text[i] == "return", word = t.kind[i] == "keyword" or t.kind[i] == "name" }
    end
    at = line
  end
  found.last = at
  return found
end

--- The lines from a to b, cut at those that are indented the least.
local function cut(depths, a, b)
  local least
  for i = a, b do
    local own = depths[i]
    if own and not own.closes and (not least or own.depth < least) then least = own.depth end
  end
  local list = {}
  for i = a, least and b or a - 1 do
    local own = depths[i]
    if own and own.depth <= least and not (own.closes and own.depth == least) then
      list[#list + 1] = { i, i }
    elseif own and #list > 0 then
      list[#list][2] = i
    end
  end
  return list
end

--- None unless each begins as a statement does: the lines aren't indented, or wrongly.
---@return integer[][]
function parts.top(depths)
  local list = cut(depths, 1, depths.last)
  for i, part in ipairs(list) do
    if not depths[part[1]].word or (depths[part[1]].returns and i < #list) then
      return {}
    end
  end
  return list
end

--- What is indented further than the first line, up to the lines that close it.
---@return integer[][]
function parts.inside(depths, a, b)
  local own, list, from = depths[a], {}, nil
  for i = a + 1, b + 1 do
    local deeper = depths[i] and i <= b and depths[i].depth > own.depth
    if deeper then
      from = from or i
    elseif from and (i > b or depths[i]) then
      local found = cut(depths, from, i - 1)
      table.move(found, 1, #found, #list + 1, list)
      from = nil
    end
  end
  return list
end

-- What closes what opens.
local CLOSING = { ["{"] = "}", ["("] = ")", ["["] = "]", ["function"] = "end", ["if"] = "end", ["do"] = "end",
  ["repeat"] = "until" }
local IS_CLOSING = {}
for _, mark in pairs(CLOSING) do IS_CLOSING[mark] = true end

--- The brackets behind a text in quotes that isn't closed.
local function behind_unclosed(text)
  local quote = text:match("^['\"]")
  local is_closed = not quote or (#text > 1 and text:sub(-1) == quote)
  return is_closed and "" or text:match("[%s,;)}]*$")
end

--- What a text doesn't close of what it opens, and what it closes without having opened it.
---@param text string
---@return table<string, true> missing "}", "end", …
---@return table<string, true> surplus
function parts.unmatched(text)
  local t, stack, missing, surplus = tokens.read(text), {}, {}, {}
  local function close(mark)
    for k = #stack, 1, -1 do
      if stack[k] == mark then
        for j = #stack, k, -1 do stack[j] = nil end
        return
      end
    end
    surplus[mark] = true
  end
  for i = 1, t.count do
    local mark = t.text[i]
    if t.kind[i] == "string" then
      for bracket in behind_unclosed(mark):gmatch("[)}]") do close(bracket) end
    elseif CLOSING[mark] then
      stack[#stack + 1] = CLOSING[mark]
    elseif IS_CLOSING[mark] then
      close(mark)
    end
  end
  for _, mark in ipairs(stack) do missing[mark] = true end
  return missing, surplus
end

--- Names that the part declares are kept, and so is the place of a rule.
---@param text string its first line
---@param line integer
---@return string[] the likeliest first
function parts.stand_ins(text, line)
  local name = text:match("^%s*local%s+function%s+([%a_][%w_]*)")
  local names = text:match("^%s*local%s+([%a_][%w_, ]*)")
  if name then
    return { ("local function %s() end"):format(name), "" }
  elseif names then
    return { "local " .. names:gsub("[ ,]+$", ""), "" }
  end
  return { parts.RULE:format(line) .. ",", "" }
end

return parts
