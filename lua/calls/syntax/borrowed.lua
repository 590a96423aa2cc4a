-- borrowed.lua: constructs of other systems and languages, pasted into a rule file: Asterisk's exten =>,
-- TwiML's <Say>, if (…) { … }, x[0:3], x in (…).
--
--   borrowed.slip(t, i)   -> Slip and the last token that it covers, or nil

local indented = require("calls.syntax.indented")
local scripted = require("calls.syntax.scripted")
local touch = require("calls.source.tokens").touch

local borrowed = {}

local function slip(t, i, message, edits)
  return { line = t.line[i], message = message, edits = edits }
end

--- exten => 100,1,Dial(SIP/joe)
local function dialplan(t, i)
  if (t.text[i] ~= "exten" and t.text[i] ~= "same") or t.text[i + 1] ~= "=" or t.text[i + 2] ~= ">"
    or not touch(t, i + 1) then
    return nil
  end
  local last = i
  while t.line[last + 1] == t.line[i] and t.kind[last + 1] ~= "eof" do last = last + 1 end
  local message = '%s => is Asterisk\'s: a rule is { "name", when = function(call) … end, go = ring(JOE) }'
  local edits = { { from = t.from[i], last = t.last[last], text = " " } }
  return slip(t, i, message:format(t.text[i]), edits), last
end

local VERBS = { Say = 'say("…")', Dial = "ring(JOE)", Number = "ring(JOE)", Hangup = "hangup()",
  Record = 'voicemail("…")', Gather = 'menu("Press 1 for …", { ["1"] = … })', Play = 'play("https://…")',
  Reject = "reject()" }

--- go = <Say>We are closed</Say>
local function element(t, i)
  local before = t.kind[i - 1]
  local name = t.text[i] == "<" and t.source:match("^<(%u%a+)[^<>]*>", t.from[i])
  if not name or before == "name" or before == "number" or before == "string" or t.text[i - 1] == ")" then
    return nil
  end
  local _, last = t.source:find("^<%a+[^<>]*/>", t.from[i])
  if not last then
    _, last = t.source:find(("</%s>"):format(name), t.from[i], true)
  end
  if not last then
    return nil
  end
  local lines = select(2, t.source:sub(t.from[i], last):gsub("\n", ""))
  local k = i
  while k < t.count and t.from[k + 1] <= last do k = k + 1 end
  return slip(t, i, ("<%s> is TwiML: write %s"):format(name, VERBS[name] or "a plan, such as ring(JOE)"),
    { { from = t.from[i], last = last, text = "hangup()" .. ("\n"):rep(lines) } }), k
end

local STATEMENT = { ["return"] = true, ["if"] = true, ["for"] = true, ["local"] = true }
local FOLLOWS = { ["else"] = true, ["elseif"] = true }

--- if (…) { return true } else { … }
local function block_braces(t, i)
  local head = t.text[i] == "if" or t.text[i] == "elseif"
  local open = i + 1
  if head then
    open = t.text[open] == "(" and t.pair[open] and t.pair[open] + 1 or 0
  end
  if t.kind[i] ~= "keyword" or not (head or t.text[i] == "else") or t.text[open] ~= "{" or not t.pair[open]
    or not STATEMENT[t.text[open + 1]] then
    return nil
  end
  local stop = t.pair[open]
  return slip(t, i, "a block has no braces: if … then … else … end", {
    { from = t.from[open], last = t.last[open], text = head and " then " or " " },
    { from = t.from[stop], last = t.last[stop], text = FOLLOWS[t.text[stop + 1]] and " " or " end" },
  }), open
end

--- The first token of a.b.c, whose last one is at i.
local function chain_start(t, i)
  if t.kind[i] ~= "name" then
    return nil
  end
  while t.text[i - 1] == "." and t.kind[i - 2] == "name" do i = i - 2 end
  return i
end

--- call.from[0:3]
local function slice(t, i)
  local close = t.text[i] == "[" and t.pair[i]
  local first = close and chain_start(t, i - 1)
  if not first or not touch(t, i - 1) then
    return nil
  end
  local from, to = t.source:sub(t.last[i] + 1, t.from[close] - 1):match("^%s*(%-?%d*)%s*:%s*(%-?%d*)%s*$")
  if not from or from == "-" or to == "-" then
    return nil
  end
  -- Python counts from 0 and leaves out the last one, Lua counts from 1 and takes it.
  local begin, stop = math.tointeger(tonumber(from)) or 0, math.tointeger(tonumber(to))
  begin = begin < 0 and begin or begin + 1
  stop = stop and stop < 0 and stop - 1 or stop
  local part = stop and (":sub(%d, %d)"):format(begin, stop) or (":sub(%d)"):format(begin)
  local value, whole = t.source:sub(t.from[first], t.last[i - 1]), t.source:sub(t.from[first], t.last[close])
  return slip(t, first, ("Lua has no %s: write %s%s"):format(whole, value, part),
    { { from = t.from[i], last = t.last[close], text = part } }), close
end

--- Is the `in` at i that of a loop?
local function is_of_loop(t, i)
  local k = i - 1
  while t.kind[k] == "name" or t.text[k] == "," do k = k - 1 end
  return t.text[k] == "for" or t.text[k] == "(" and t.text[k - 1] == "for"
end

local OPENS = { ["("] = true, ["["] = true, ["{"] = true }

--- call.time.weekday in ("sat", "sun"), call.from not in [JOE, ANA]
local function member(t, i)
  if t.text[i] ~= "in" or t.kind[i] ~= "keyword" or is_of_loop(t, i) then
    return nil
  end
  local negated = t.text[i - 1] == "not"
  local left = i - (negated and 2 or 1)
  local first, open = chain_start(t, left), i + 1
  if not first then
    return nil
  end
  local value, text, last = t.source:sub(t.from[first], t.last[left]), nil, nil
  if OPENS[t.text[open]] and t.pair[open] then
    local parts, k = {}, open + 1
    last = t.pair[open]
    while k < last and (t.kind[k] == "string" or t.kind[k] == "number" or t.kind[k] == "name") do
      parts[#parts + 1] = ("%s == %s"):format(value, t.text[k])
      k = k + 1
      if t.text[k] == "," then k = k + 1 end
    end
    text = k == last and #parts > 0 and ("(%s)"):format(table.concat(parts, " or ")) or nil
  end
  if not text then
    return nil
  end
  text = (negated and "not " or "") .. text
  return slip(t, i, ("Lua has no in: write %s"):format(text),
    { { from = t.from[first], last = t.last[last], text = text } }), last
end

local BLOCK = { ["if"] = true, ["elseif"] = true, ["else"] = true }

--- if call.line.busy: … else: …
local function colon_block(t, i)
  local at = i + 1
  if t.text[i] ~= "else" then
    while t.line[at] == t.line[i] and t.text[at] ~= "then" and t.kind[at] ~= "eof"
      and not (t.text[at] == ":" and (t.kind[at + 1] == "keyword" or t.line[at + 1] > t.line[i])) do
      at = at + 1
    end
  end
  if t.kind[i] ~= "keyword" or not BLOCK[t.text[i]] or t.text[at] ~= ":" or t.line[at] ~= t.line[i] then
    return nil
  end
  local edits = { { from = t.from[at], last = t.last[at], text = t.text[i] == "else" and " " or " then " } }
  -- All on one line: the `end` is that of the function.
  local stop = t.text[i] == "if" and t.line[at + 1] == t.line[i] and at or t.count
  while stop < t.count and t.line[stop] == t.line[i] and t.text[stop] ~= "end" do stop = stop + 1 end
  if t.text[stop] == "end" and t.line[stop] == t.line[i] then
    edits[2] = { from = t.from[stop], last = t.from[stop] - 1, text = "end " }
  end
  return slip(t, i, "a block has no colon: if … then … else … end", edits), i
end

local STATEMENTS = {
  switch = "Lua has no switch: write if x == … then … elseif x == … then … else … end",
  try = "Lua has no try: a lookup that fails gives nil, so ask if call.lookups.x then … end",
}
local GOES_ON = { catch = true, finally = true, except = true }

--- switch (x) { … }, try { … } catch (e) { … }: taken out, since what it does has to be written anew.
local function statement(t, i)
  local open = i + 1
  if t.text[open] == "(" and t.pair[open] then open = t.pair[open] + 1 end
  if t.kind[i] ~= "name" or not STATEMENTS[t.text[i]] or t.text[open] ~= "{" or not t.pair[open] then
    return nil
  end
  local last = t.pair[open]
  while GOES_ON[t.text[last + 1]] do
    local k = last + 2
    if t.text[k] == "(" and t.pair[k] then k = t.pair[k] + 1 end
    if t.text[k] ~= "{" or not t.pair[k] then break end
    last = t.pair[k]
  end
  local lines = select(2, t.source:sub(t.from[i], t.last[last]):gsub("\n", ""))
  return slip(t, i, STATEMENTS[t.text[i]],
    { { from = t.from[i], last = t.last[last], text = "do return hangup() end" .. ("\n"):rep(lines) } }), last
end

local BEFORE_VALUE = { ["("] = true, [","] = true, ["="] = true, ["=="] = true, ["~="] = true,
  ["return"] = true }

--- call.from.match(/^\+1303/)
local function regex(t, i)
  local whole = t.text[i] == "/" and BEFORE_VALUE[t.text[i - 1]]
    and t.source:match("^/[^/%s*][^/\n]*/%l*", t.from[i])
  if not whole then
    return nil
  end
  local last = i
  while t.from[last + 1] < t.from[i] + #whole do last = last + 1 end
  return slip(t, i, ('Lua has no %s: a pattern is a text, such as call.from:find("^%%+1303")'):format(whole),
    { { from = t.from[i], last = t.from[i] + #whole - 1, text = '""' } }), last
end

local MOST_LINES = 5

--- say("We are closed.
--- Please call again.")
local function long_text(t, i)
  local quote = t.kind[i] == "string" and t.text[i]:match("^[\"']")
  if not quote or #t.text[i] > 1 and t.text[i]:sub(-1) == quote then
    return nil
  end
  local edits, at = {}, t.last[i] + 1
  for _ = 1, MOST_LINES do
    if t.source:sub(at, at) ~= "\n" then
      return nil
    end
    edits[#edits + 1] = { from = at, last = at, text = "\\z\n" }
    local stop = t.source:find("[\n" .. quote .. "]", at + 1)
    if not stop or t.source:sub(at, stop):find("[{}=]") then
      return nil
    elseif t.source:sub(stop, stop) == quote then
      local last = i
      while last < t.count and t.from[last + 1] <= stop do last = last + 1 end
      return t.source:find("^%s*[),}:]", stop + 1)
        and slip(t, i, "a text ends on the line on which it begins: join the lines", edits) or nil, last
    end
    at = stop
  end
end

local KEYWORDS = {}
for word in ("and break do else elseif end false for function if in local nil not or repeat return then true "
  .. "until while"):gmatch("%a+") do
  KEYWORDS[word] = true
end

--- If … Then … End
local function capital(t, i)
  local word, before, behind = t.text[i]:lower(), t.text[i - 1], t.text[i + 1]
  if t.kind[i] == "name" and KEYWORDS[word] and before ~= "." and before ~= ":" and before ~= "local"
    and behind ~= "=" and behind ~= "." and behind ~= ":" then
    return slip(t, i, ("%s isn't a word of Lua: write %s"):format(t.text[i], word),
      { { from = t.from[i], last = t.last[i], text = word } }), i
  end
end

local FUNCTION = { func = true, fn = true, fun = true, def = true, sub = true, proc = true }
local IN_BODY = { ["return"] = true, ["if"] = true, ["local"] = true, ["for"] = true, ["end"] = true }

--- go = func(call) return … end
local function short_function(t, i)
  local close = FUNCTION[t.text[i]] and t.text[i + 1] == "(" and t.pair[i + 1]
  if close and t.text[i - 1] == "=" and t.kind[close + 1] == "keyword" and IN_BODY[t.text[close + 1]] then
    return slip(t, i, ("%s isn't a word of Lua: write function"):format(t.text[i]),
      { { from = t.from[i], last = t.last[i], text = "function" } }), i
  end
end

local KEYS = { go = true, when = true }
local BEGINS_FIELD = { ["{"] = true, [","] = true, [";"] = true }

--- go = return ring(JOE); go ring(JOE)
local function field(t, i)
  if t.text[i] == "return" and t.text[i - 1] == "=" and KEYS[t.text[i - 2]] then
    return slip(t, i, "return is for functions: delete it, or write function(call) return … end",
      { { from = t.from[i], last = t.last[i], text = " " } }), i
  elseif t.kind[i] == "name" and KEYS[t.text[i]] and BEGINS_FIELD[t.text[i - 1]]
    and t.line[i] == t.line[i + 1] and (t.kind[i + 1] == "name" or t.text[i + 1] == "function") then
    return slip(t, i, ("= is missing after %s"):format(t.text[i]),
      { { from = t.last[i] + 1, last = t.last[i], text = " =" } }), i
  end
end

local READERS = { indented.block, indented.choice, indented.conditional, indented.infix, indented.formula,
  scripted.declaration, scripted.export, scripted.arrow, scripted.unless, scripted.foreach, capital,
  short_function, field, dialplan, element, block_braces, colon_block, statement, slice, member, regex,
  long_text }

---@param t Tokens
---@param i integer
---@return Slip?
---@return integer? last token
function borrowed.slip(t, i)
  for _, read in ipairs(READERS) do
    local found, last = read(t, i)
    if found then
      return found, last
    end
  end
end

return borrowed
