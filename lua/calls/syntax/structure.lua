-- structure.lua: slips that leave a word out of place, and how to undo them.
--
--   structure.slips(t, e, wrong)   -> Slip[], as in slips.lua, for a text that Lua stopped reading at token e
--   structure.misspelt_calls(t)    the same, anywhere in a text
--
-- Each has to get Lua past the place.

local brackets = require("calls.syntax.brackets")
local insert = require("calls.syntax.insertion").must_pass
local mistake = require("calls.mistake")

local structure = {}

local KEYWORDS = {}
for word in ("and break do else elseif end false for function if in local nil not or repeat return then true "
  .. "until while"):gmatch("%a+") do
  KEYWORDS[word] = true
end
local WORDS = {}
for word in ("ring voicemail say play menu reject hangup user contacts phone hours rota"):gmatch("%a+") do
  WORDS[word] = true
end

local function slip(t, first, last, message, text)
  return { line = t.line[first], message = message, must_pass = true,
    edits = { { from = t.from[first], last = t.last[last], text = text } } }
end

--- A misspelt word of Lua: what it becomes is what was meant.
local function misspelt(t, i, meant)
  local found = slip(t, i, i, ("%s isn't a word of Lua: write %s"):format(t.text[i], meant), meant)
  found.sure = true
  return found
end

local function opener(t, i)
  return t.inside[i] > 0 and t.text[t.inside[i]] or ""
end

--- Is the name of token i somewhere else in the file?
local function is_used(t, i)
  for k = 1, t.count do
    if k ~= i and t.kind[k] == "name" and t.text[k] == t.text[i] then
      return true
    end
  end
  return false
end

-- What other languages call a word of Lua.
local FOREIGN = { const = "local", var = "local", let = "local", val = "local", my = "local", dim = "local",
  def = "function", func = "function", fn = "function", fun = "function", sub = "function",
  elif = "elseif", elsif = "elseif" }

--- lambda call: call.line.busy
local function lambda(t, e, try)
  for i = e, math.max(1, e - 3), -1 do
    if t.text[i] == "lambda" and t.kind[i] == "name" and t.kind[i + 1] == "name" and t.text[i + 2] == ":" then
      local stop = i + 3
      while stop < t.count and not (t.inside[stop] == t.inside[i]
        and (t.text[stop] == "," or t.text[stop] == ";")) and t.pair[stop] ~= t.inside[i] do
        stop = stop + 1
      end
      local found = slip(t, i, i + 2, "Lua has no lambda: write function(call) return … end",
        ("function(%s) return "):format(t.text[i + 1]))
      found.edits[2] = { from = t.from[stop], last = t.from[stop] - 1, text = " end" }
      try(found)
    end
  end
end

--- Local, retrun, funtion: a keyword that is misspelt on the line on which Lua stopped, or before it.
local function keywords(t, e, try)
  local first = math.max(1, e - 6)
  for i = math.min(e, t.count - 1), first, -1 do
    local text = t.text[i]
    local before = t.text[i - 1]
    if t.kind[i] == "name" and not WORDS[text] and before ~= "." and before ~= ":" then
      local meant = KEYWORDS[text:lower()] and text:lower()
        or (t.kind[i + 1] == "name" and not is_used(t, i) and FOREIGN[text:lower()])
        or (#text > 2 and not is_used(t, i) and mistake.nearest(text, KEYWORDS):match('"(%a+)"'))
      if meant then
        try(misspelt(t, i, meant))
      end
    end
  end
end

local MEANT_KEY = { ["if"] = "when", ["then"] = "go", ["do"] = "go", ["goto"] = "go", ["repeat"] = "tries" }

--- local funtion is_vip(call), which reads as two statements
local function local_function(t, e, try)
  for i = 1, e - 3 do
    local name = t.text[i] == "local" and t.kind[i + 1] == "name" and t.kind[i + 2] == "name"
      and t.text[i + 3] == "(" and t.text[i + 1]
    if name and mistake.nearest(name, { ["function"] = true }) ~= "" then
      try(slip(t, i + 1, i + 1, ("%s isn't a word of Lua: write function"):format(name), "function"))
    end
  end
end

--- { then = ring(…) }, ring(…):then(…): a word of Lua where a name is meant.
local function keyword_as_name(t, e, try)
  for i = math.max(1, e - 1), e do
    local text = t.text[i]
    if t.kind[i] == "keyword" and t.text[i + 1] == "=" and opener(t, i) == "{" then
      local meant = MEANT_KEY[text]
      try(slip(t, i, i, ("%s is a word of Lua and can't be a name here%s"):format(text,
        meant and (": write %s = …"):format(meant) or ""), meant or "x"))
    elseif t.kind[i] == "keyword" and t.text[i - 1] == ":" and t.text[i + 1] == "(" then
      try(slip(t, i, i, ("%s is a word of Lua: what comes next is written :otherwise(…)"):format(text),
        "otherwise"))
    end
  end
end

--- ring JOE, voicemail 5: the parentheses are missing.
local function bare_call(t, e, try)
  if t.kind[e - 1] ~= "name" or not WORDS[t.text[e - 1]] or t.text[e - 2] == "." then
    return
  elseif t.kind[e] ~= "name" and t.kind[e] ~= "number" then
    return
  end
  local last = e
  while t.text[last + 1] == "." and t.kind[last + 2] == "name" do last = last + 2 end
  local value = t.source:sub(t.from[e], t.last[last])
  try(slip(t, e, last, ("%s needs parentheses: %s(%s)"):format(t.text[e - 1], t.text[e - 1], value),
    ("(%s)"):format(value)))
end

--- OFFICE:open_at end: nothing is asked.
local function uncalled_method(t, e, wrong, try)
  if wrong.text:find("^function arguments expected") and t.kind[e - 1] == "name" then
    local name = t.text[e - 1]
    local inner = (name == "open_at" or name == "at" or name == "next_change") and "call.at" or "…"
    try(insert(t, e, (":%s needs its parentheses: :%s(%s)"):format(name, name, inner), "()",
      t.line[e - 1]))
  end
end

--- function call return …
local function bare_parameter(t, e, try)
  if t.kind[e] == "name" and t.text[e - 1] == "function" and t.text[e + 1] ~= "(" then
    try(slip(t, e, e, ("a function's parameter stands in parentheses: function(%s)"):format(t.text[e]),
      ("(%s)"):format(t.text[e])))
  elseif t.kind[e - 1] == "name" and t.text[e - 2] == "function" then
    try(slip(t, e - 1, e - 1, ("a function's parameter stands in parentheses: function(%s)"):format(
      t.text[e - 1]), ("(%s)"):format(t.text[e - 1])))
  end
end

--- function(call) return x, go = …: the function has no end.
local function lost_end(t, e, try)
  local block = opener(t, e)
  if block ~= "function" and block ~= "if" and block ~= "do" then
    return
  end
  for comma = e, math.max(1, e - 2), -1 do
    if t.text[comma] == "," and t.kind[comma + 1] == "name" and t.text[comma + 2] == "=" then
      try(insert(t, comma, ("end is missing before , %s = …: it closes the %s"):format(t.text[comma + 1],
        block), " end", t.line[comma]))
    end
  end
end

local OPERATORS = { is = "==", equals = "==", eq = "==", isnt = "~=", ne = "~=", ["in"] = "==" }

--- call.from is JOE, call.from in { … }
local function foreign_operator(t, e, try)
  local meant = OPERATORS[t.text[e]]
  if meant and t.text[e] == "in" then
    try(slip(t, e, e, "Lua has no in between values: compare with each, or write LIST[x] with "
      .. 'LIST = { ["+1…"] = true }', " == "))
  elseif meant then
    try(slip(t, e, e, ("Lua has no %s: write %s"):format(t.text[e], meant), meant))
  end
end

--- user:42
local function bare_user(t, e, try)
  if t.text[e - 2] == "user" and t.text[e - 1] == ":" then
    try(slip(t, e - 1, e, ('a user is written user %q'):format(t.text[e]), (" %q"):format(t.text[e])))
  end
end

--- menu("…", ["1"] = …): keys stand in a table.
local function bare_key(t, e, try)
  local open, close = t.inside[e], t.pair[e]
  if t.text[e] == "[" and close and t.text[close + 1] == "=" and opener(t, e) == "(" and t.pair[open] then
    local found = insert(t, e, ("keys stand in a table, in braces: { %s = … }"):format(
      t.source:sub(t.from[e], t.last[close])), "{")
    found.edits[2] = { from = t.from[t.pair[open]], last = t.from[t.pair[open]] - 1, text = "}" }
    try(found)
  end
end

--- say("It's "closed" now"): a quote inside a text.
local function inner_quote(t, e, try)
  local is_inside = t.kind[e] == "name" or t.kind[e] == "number"
  if t.kind[e - 1] ~= "string" or not is_inside or t.last[e - 1] + 1 ~= t.from[e] then
    return
  end
  local last
  for i = e, t.count do
    if t.line[i] == t.line[e] and t.kind[i] == "string" then last = i end
  end
  if not last then
    return
  end
  local quote = t.text[e - 1]:sub(1, 1)
  local closed = #t.text[last] > 1 and t.text[last]:sub(-1) == t.text[last]:sub(1, 1)
  local found = slip(t, e - 1, last, ("a %s inside the text ends it: write \\%s instead"):format(quote,
    quote), '"x"')
  found.edits[1].last = t.last[last] - (closed and 0 or #t.text[last]:match("[%s,;)}]*$"))
  try(found)
end

--- { seconds = 20 ): the wrong bracket.
local function wrong_bracket(t, e, wrong, try)
  local wanted = wrong.text:match("^'([%]})])' expected")
  if wanted and t.text[e + 1] == t.text[e]
    and (t.text[e] == ")" or t.text[e] == "}" or t.text[e] == "]") then
    try(slip(t, e, e, ("this %s stands where a %s belongs"):format(t.text[e], wanted), wanted))
  end
end

--- +13035550142 without quotes.
local function bare_number(t, e, try)
  for plus = e, math.max(1, e - 1), -1 do
    if t.text[plus] == "+" and t.kind[plus + 1] == "number" then
      local last = plus + 1
      while t.kind[last + 1] == "number" and t.line[last + 1] == t.line[plus] do last = last + 1 end
      local text = t.source:sub(t.from[plus], t.last[last])
      try(slip(t, plus, last, ("put phone numbers in quotes: \"%s\""):format(text),
        (" %q"):format(text)))
      return
    end
  end
end

--- ring JOE, { … }), where a ( is missing.
local function unopened_call(t, e, try)
  for i = math.min(e, t.count - 1), math.max(1, e - 40), -1 do
    local behind = i + 1
    if t.kind[i] == "name" and WORDS[t.text[i]] and t.text[behind] ~= "(" and t.text[i - 1] ~= "." then
      try(insert(t, behind, ("a ( is missing behind %s: %s(…)"):format(t.text[i], t.text[i]), "(", t.line[i]))
    end
  end
end

--- return without the brace of the list.
local function unopened_list(t, e, try)
  for i = e, 1, -1 do
    if t.text[i] == "return" and t.kind[i] == "keyword" and t.inside[i] == 0 then
      if t.line[i + 1] > t.line[i] then
        local found = slip(t, i, i, "a { is missing behind return: the list of rules is return { … }",
          "return {")
        found.must_pass = nil
        try(found)
      end
      return
    end
  end
end

--- Does the file give something this name?
local function is_declared(t, name)
  for i = 2, t.count do
    local before = t.text[i - 1]
    if t.text[i] == name and (before == "function" or before == "local" or t.text[i + 1] == "=") then
      return true
    end
  end
  return false
end

--- retrun { … }, funtion(call): misspelt words that Lua reads as calls.
---@param t Tokens
---@return Slip[]
function structure.misspelt_calls(t)
  local found = {}
  for i = 1, t.count - 1 do
    local behind, before = t.text[i + 1], t.text[i - 1]
    local is_call = behind == "{" or behind == "(" or t.kind[i + 1] == "string"
    local meant = t.kind[i] == "name" and is_call and #t.text[i] > 4 and before ~= "." and before ~= ":"
      and mistake.nearest(t.text[i], { ["return"] = true, ["function"] = true }):match('"(%a+)"')
    if meant and (meant == "return" or behind == "(") and not is_declared(t, t.text[i]) then
      found[#found + 1] = misspelt(t, i, meant)
    end
  end
  return found
end

--- "name", when = …, go = … } in the list of rules, without its brace.
local function unopened_rule(t, e, try)
  if t.inside[e] ~= 0 then
    return
  end
  local listed
  for i = 1, t.count do
    if t.text[i] == "return" and t.kind[i] == "keyword" and t.inside[i] == 0 and t.text[i + 1] == "{" then
      listed = i + 1
    end
  end
  for i = (listed or t.count) + 1, listed and t.pair[listed] or 0 do
    local before = t.text[i - 1]
    if t.inside[i] == listed and t.kind[i] == "string" and (before == "," or before == "{")
      and t.text[i + 1] == "," then
      try(insert(t, i, ("a { is missing before %s"):format(t.text[i]), "{"))
    end
  end
end

--- { … } at the end of the file, without return.
local function lost_return(t, e, try)
  if t.text[e] == "{" and t.inside[e] == 0 and t.kind[e] == "op" then
    try(insert(t, e, "return is missing: the file ends with return { … }, the list of rules", "return "))
  end
end

---@param t Tokens
---@param e integer
---@param wrong { line: integer, text: string, near: string? }
---@return Slip[]
function structure.slips(t, e, wrong)
  local found = {}
  local function try(one) found[#found + 1] = one end
  uncalled_method(t, e, wrong, try)
  bare_parameter(t, e, try)
  brackets.unclosed_block(t, e, try)
  lost_end(t, e, try)
  foreign_operator(t, e, try)
  bare_user(t, e, try)
  bare_key(t, e, try)
  inner_quote(t, e, try)
  wrong_bracket(t, e, wrong, try)
  bare_call(t, e, try)
  unopened_call(t, e, try)
  unopened_list(t, e, try)
  bare_number(t, e, try)
  keyword_as_name(t, e, try)
  local_function(t, e, try)
  lambda(t, e, try)
  keywords(t, e, try)
  lost_return(t, e, try)
  unopened_rule(t, e, try)
  return found
end

return structure
