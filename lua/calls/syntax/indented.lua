-- indented.lua: finds what people paste from Python, SQL and spreadsheets: blocks that are marked by their
-- indentation, one if … else other, call.from like "+1303%", IF(condition, one, other).
--
--   indented.block(t, i)   -> Slip and the last token that it covers, or nil; likewise conditional, infix,
--                          formula
--   indented.formulas(t)   -> Slip[] of formulas, which Lua reads as calls

local indented = {}

local HEADS = { ["if"] = true, ["elif"] = true, ["elseif"] = true, ["else"] = true, ["for"] = true,
  ["while"] = true, ["def"] = true }
local GOES_ON = { ["elif"] = true, ["elseif"] = true, ["else"] = true }

local function slip(t, i, message, edits)
  return { line = t.line[i], message = message, edits = edits }
end

local function text_of(t, first, last)
  return first <= last and t.source:sub(t.from[first], t.last[last]) or ""
end

local function is_first(t, i)
  return i == 1 or t.line[i - 1] < t.line[i]
end

--- How far the line of a token is indented.
local function indent(t, i)
  local at = t.from[i]
  while at > 1 and t.source:sub(at - 1, at - 1) ~= "\n" do at = at - 1 end
  return #t.source:sub(at, t.from[i] - 1):match("^[ \t]*")
end

--- The colon with which a line ends whose block is indented.
local function colon_of(t, i)
  local at = i
  while at < t.count and t.line[at + 1] == t.line[i] do at = at + 1 end
  if t.text[at] == ":" and at > i and at + 1 < t.count and indent(t, at + 1) > indent(t, i) then
    return at
  end
end

--- Where the block ends that begins behind a colon: its last token; nil when it goes on or has its own end.
local function last_of(t, i, colon)
  local last = colon + 1
  while last < t.count - 1 and not (is_first(t, last + 1) and indent(t, last + 1) <= indent(t, i)) do
    last = last + 1
  end
  local behind = last + 1
  local aligned = indent(t, behind) == indent(t, i)
  return not (aligned and (GOES_ON[t.text[behind]] or t.text[behind] == "end")) and last or nil
end

--- The head of a block as Lua has it, and what to say.
local function head_of(t, i, colon)
  local word, inner = t.text[i], text_of(t, i + 1, colon - 1)
  if word == "def" then
    local head = "local function " .. inner
    return head, ("def isn't a word of Lua: write %s … end"):format(head)
  elseif word == "for" then
    local name, list = inner:match("^([%a_][%w_]*)%s+in%s+(.+)$")
    if not name then
      return nil
    end
    local upto = list:match("^range%s*%((%d+)%)$")
    local head = upto and ("for %s = 1, %s do"):format(name, upto)
      or ("for _, %s in ipairs(%s) do"):format(name, list)
    return head, ("a loop has no colon: %s … end"):format(head)
  elseif word == "while" then
    return ("while %s do"):format(inner), "a loop has no colon: while … do … end"
  elseif word == "elif" then
    return ("elseif %s then"):format(inner), "elif isn't a word of Lua: write elseif … then"
  end
  return word == "else" and "else" or ("%s %s then"):format(word, inner),
    "a block has no colon: if … then … else … end"
end

--- if call.line.busy:, with what it does on the next lines
function indented.block(t, i)
  local colon = HEADS[t.text[i]] and t.kind[i] ~= "string" and is_first(t, i) and colon_of(t, i)
  local head, message
  if colon then head, message = head_of(t, i, colon) end
  if not head then
    return nil
  end
  local edits = { { from = t.from[i], last = t.last[colon], text = head } }
  local last = last_of(t, i, colon)
  if last then edits[2] = { from = t.last[last] + 1, last = t.last[last], text = " end" } end
  return slip(t, i, message, edits), colon
end

local BEGINS = { ["="] = true, [","] = true, ["("] = true, ["{"] = true, ["return"] = true }
local ENDS = { [","] = true, [";"] = true, ["end"] = true }

--- ring(JOE) if call.line.busy else voicemail()
function indented.conditional(t, i)
  if t.text[i] ~= "if" or t.kind[i] ~= "keyword" or is_first(t, i) or BEGINS[t.text[i - 1]] then
    return nil
  end
  local inside, first, other = t.inside[i], i - 1, i + 1
  while first > 1 and t.line[first] == t.line[i]
    and not (BEGINS[t.text[first - 1]] and t.inside[first - 1] <= inside and t.inside[first] == inside) do
    first = first - 1
  end
  while t.line[other] == t.line[i] and not (t.text[other] == "else" and t.inside[other] == i) do
    if t.text[other] == "then" or t.kind[other] == "eof" then
      return nil
    end
    other = other + 1
  end
  local last = other
  while t.line[last + 1] == t.line[i] and not (t.pair[last + 1] and t.pair[last + 1] <= inside
    or ENDS[t.text[last + 1]] and (t.inside[last + 1] <= i or t.text[last + 1] == "end")) do
    last = last + 1
  end
  if t.text[other] ~= "else" or t.line[other] ~= t.line[i] or last == other or t.line[first] ~= t.line[i] then
    return nil
  end
  local value = ("%s and %s or %s"):format(text_of(t, i + 1, other - 1), text_of(t, first, i - 1),
    text_of(t, other + 1, last))
  return slip(t, i, ("Lua has no value if … else …: write %s"):format(value),
    { { from = t.from[first], last = t.last[last], text = value } }), last
end

local CHOICES = { case = true, when = true, default = true }
local CHOOSES = { switch = true, match = true, case = true, select = true }

--- switch x, match x:, case x and its cases on the next lines: taken out, since it has to be written anew.
function indented.choice(t, i)
  local first = i + 1
  while t.line[first] == t.line[i] do first = first + 1 end
  if not CHOOSES[t.text[i]] or not is_first(t, i) or first == i + 1
    or t.text[first - 1] == "{" or t.text[i + 1] == "=" or t.text[first + 1] == "="
    or not CHOICES[t.text[first]:lower()] then
    return nil
  end
  local last, margin = first, indent(t, i)
  while last < t.count - 1 and (not is_first(t, last + 1) or indent(t, last + 1) > margin
    or CHOICES[t.text[last + 1]:lower()] or t.text[last + 1] == "else") do
    last = last + 1
  end
  -- The `end` below it is its own, unless it has none.
  if t.text[last + 1] == "end" and indent(t, last + 1) == margin then last = last + 1 end
  local lines = ("\n"):rep(t.line[last] - t.line[i])
  local message = "Lua has no %s: write if x == … then … elseif x == … then … else … end"
  return slip(t, i, message:format(t.text[i]),
    { { from = t.from[i], last = t.last[last], text = "do return hangup() end" .. lines } }), last
end

local WORDS = {
  like = 'Lua has no like: write %s:find("^+1303") for texts that begin so',
  between = "Lua has no between: write %s >= 8 and %s <= 17",
  contains = 'Lua has no contains: write %s:find("x", 1, true) for texts, or LIST[%s] for lists',
  startswith = 'Lua has no startswith: write %s:sub(1, 5) == "+1303"',
  matches = 'Lua has no matches: write %s:find("^+1303")',
}

--- call.from like "+1303%": words of SQL between two values
function indented.infix(t, i)
  local last, first = i + 1, i - 1
  local fits = t.kind[i] == "name" and WORDS[t.text[i]] and t.kind[first] == "name"
    and t.line[last] == t.line[i] and t.line[first] == t.line[i]
    and (t.kind[last] == "string" or t.kind[last] == "number" or t.kind[last] == "name")
  if not fits then
    return nil
  end
  while t.text[first - 1] == "." and t.kind[first - 2] == "name" do first = first - 2 end
  local value, message = text_of(t, first, i - 1), WORDS[t.text[i]]
  if t.text[i] == "between" and t.text[last + 1] == "and" then
    message = message:gsub("8", t.text[last]):gsub("17", t.text[last + 2])
    last = last + 2
  end
  local found = slip(t, i, (message:gsub("%%s", value)),
    { { from = t.from[i], last = t.last[last], text = "~= nil" } })
  found.sure = false
  return found, last
end

local SHEET = { IF = true, AND = true, OR = true }

--- IF(condition, one, other), AND(a, b), OR(a, b)
function indented.formula(t, i)
  local open = i + 1
  local close = t.kind[i] == "name" and SHEET[t.text[i]] and t.text[open] == "(" and t.pair[open]
  local values, first = {}, open + 1
  for k = open + 1, close or 0 do
    if k == close or (t.text[k] == "," or t.text[k] == ";") and t.inside[k] == open then
      values[#values + 1] = text_of(t, first, k - 1)
      first = k + 1
    end
  end
  if #values < 2 or t.source:find("function%s+" .. t.text[i] .. "%f[%W]") then
    return nil
  end
  local word = t.text[i]:lower()
  local text = word == "if" and ("%s and %s or %s"):format(values[1], values[2], values[3] or "nil")
    or table.concat(values, " " .. word .. " ")
  return slip(t, i, ("Lua has no %s(…): write %s"):format(t.text[i], text:gsub("%s*\n%s*", " ")),
    { { from = t.from[i], last = t.last[close], text = "(" .. text .. ")" } }), close
end

---@param t Tokens
---@return Slip[]
function indented.formulas(t)
  local found, i = {}, 1
  while i < t.count do
    local one, last = indented.formula(t, i)
    found[#found + 1], i = one, (last or i) + 1
  end
  return found
end

return indented
