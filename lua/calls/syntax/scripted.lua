-- scripted.lua: finds what people paste from JavaScript, PHP, Ruby and Perl: let, module.exports, arrows,
-- unless, foreach (… as …).
--
--   scripted.arrow(t, i), …   -> Slip and the last token that it covers, or nil

local touch = require("calls.source.tokens").touch

local scripted = {}

local function slip(t, i, message, edits)
  return { line = t.line[i], message = message, edits = edits }
end

local DECLARES = { const = true, let = true, var = true, val = true, my = true }

--- let JOE = "…"
function scripted.declaration(t, i)
  if DECLARES[t.text[i]] and t.kind[i] == "name" and t.kind[i + 1] == "name" and t.text[i + 2] == "="
    and t.line[i] == t.line[i + 2] and (t.line[i - 1] ~= t.line[i] or t.text[i - 1] == ";") then
    return slip(t, i, ("%s isn't a word of Lua: write local"):format(t.text[i]),
      { { from = t.from[i], last = t.last[i], text = "local" } }), i
  end
end

--- module.exports = { … }, export default { … }
function scripted.export(t, i)
  local words = t.source:match("^module%.exports%s*=%f[^=]", t.from[i])
    or t.source:match("^export%s+default%f[^%w_]", t.from[i])
  if not words or t.kind[i] ~= "name" or t.inside[i] > 0 or words:find("\n", 1, true) then
    return nil
  end
  local last = i
  while t.from[last + 1] < t.from[i] + #words do last = last + 1 end
  return slip(t, i, "the list of rules is returned: write return { … }",
    { { from = t.from[i], last = t.last[last], text = "return" } }), last
end

--- $open->open_at($call->at): arrows between names, and those of functions, ->(call) { … }
function scripted.arrow(t, i)
  if t.text[i] ~= "-" or t.text[i + 1] ~= ">" or not touch(t, i) then
    return nil
  end
  local behind = i + 2
  local close = t.text[behind] == "(" and t.pair[behind]
  local brace = close and t.text[close + 1] == "{" and t.pair[close + 1]
  if brace then
    return slip(t, i, "Lua has no ->: write function(call) return … end", {
      { from = t.from[i], last = t.last[i + 1], text = "function" },
      { from = t.from[close + 1], last = t.last[close + 1], text = " return " },
      { from = t.from[brace], last = t.last[brace], text = " end" },
    }), i + 1
  elseif touch(t, i - 1) and touch(t, i + 1) and t.kind[behind] == "name"
    and (t.kind[i - 1] == "name" or t.text[i - 1] == ")") then
    local mark = t.text[behind + 1] == "(" and ":" or "."
    return slip(t, i, ("Lua has no ->: write %s%s"):format(mark, t.text[behind]),
      { { from = t.from[i], last = t.last[i + 1], text = mark } }), i + 1
  end
end

--- unless call.line.busy
function scripted.unless(t, i)
  local last = i
  while t.line[last + 1] == t.line[i] do last = last + 1 end
  local named = t.text[i] == "unless" and t.line[i - 1] ~= t.line[i] and last > i and t.text[i + 1] ~= "="
  if not named then
    return nil
  end
  local then_at = last
  while then_at > i and t.text[then_at] ~= "then" do then_at = then_at - 1 end
  return slip(t, i, "Lua has no unless: write if not … then", {
    { from = t.from[i], last = t.last[i], text = "if not" },
    then_at == i and { from = t.last[last] + 1, last = t.last[last], text = " then" } or nil,
  }), i
end

--- foreach (VIPS as v) { … }
function scripted.foreach(t, i)
  local close = t.text[i] == "foreach" and t.text[i + 1] == "(" and t.pair[i + 1]
  local list, key, value
  if close then
    local inner = t.source:sub(t.last[i + 1] + 1, t.from[close] - 1)
    list, value = inner:match("^%s*([%w_.]+)%s+as%s+([%a_][%w_]*)%s*$")
    if not list then
      list, key, value = inner:match("^%s*([%w_.]+)%s+as%s+([%a_][%w_]*)%s*=>%s*([%a_][%w_]*)%s*$")
    end
  end
  local open = close and close + 1
  if not list or t.text[open] ~= "{" or not t.pair[open] then
    return nil
  end
  local head = ("for %s, %s in %s(%s) do"):format(key or "_", value, key and "pairs" or "ipairs", list)
  local stop = t.pair[open]
  return slip(t, i, ("Lua has no foreach: write %s … end"):format(head), {
    { from = t.from[i], last = t.last[open], text = head },
    { from = t.from[stop], last = t.last[stop], text = " end" },
  }), open
end

return scripted
