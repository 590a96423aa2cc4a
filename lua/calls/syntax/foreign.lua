-- foreign.lua: marks that Lua doesn't have: curly quotes, !=, &&, invisible characters …
--
--   foreign.slips(t)   -> Slip[], as in slips.lua

local borrowed = require("calls.syntax.borrowed")
local slip = require("calls.syntax.insertion").instead
local touch = require("calls.source.tokens").touch
local invisible = require("calls.source.invisible")

local foreign = {}

local CURLY = { ["“"] = true, ["”"] = true, ["„"] = true, ["«"] = true, ["»"] = true, ["‘"] = true,
  ["’"] = true,
  ["‚"] = true, ["‟"] = true, ["″"] = true, ["＂"] = true, ["`"] = true, ["´"] = true }
local OTHER = { ["–"] = "-", ["—"] = "-", ["−"] = "-", ["，"] = ",", ["（"] = "(", ["）"] = ")",
  ["：" ] = ":",
  ["×"] = "*", ["÷"] = "/", ["≠"] = "~=", ["≤"] = "<=", ["≥"] = ">=", ["；"] = ";", ["＝"] = "=" }

--- What to write for two adjacent marks that Lua doesn't have.
local PAIRS = {
  ["&&"] = { "and", "Lua has no &&: write and" },
  ["||"] = { "or", "Lua has no ||: write or" },
  ["<>"] = { "~=", "Lua has no <>: write ~=" },
  ["==="] = { "==", "Lua has no ===: write ==" },
  ["~=="] = { "~=", "Lua has no ~==: write ~=" },
  ["=~"] = { "==", 'Lua has no =~: write call.from:find("^+1303")', false },
  ["=>"] = { "=", "Lua has no =>: write function(call) return … end" },
  [":="] = { "=", "Lua has no :=: write =" },
  ["->"] = { "=", "Lua has no ->: write =" },
  ["/*"] = { "--", "Lua has no /*: a comment begins with --" },
}
for mark in ("+-*/"):gmatch(".") do
  PAIRS[mark .. "="] = { "=", ("Lua has no %s=: write x = x %s 1"):format(mark, mark) }
end

local function bad_mark(t, i)
  local text = t.text[i]
  if CURLY[text] then
    return slip(t, i, ("%s is a curly quote: write a straight one, \""):format(text), '"')
  elseif text == "!" then
    if t.text[i + 1] == "=" and touch(t, i) then
      return slip(t, i, "Lua has no !=: write ~=", "~=", i + 1)
    elseif t.text[i + 1] == "==" and touch(t, i) then
      return slip(t, i, "Lua has no !==: write ~=", "~=", i + 1)
    end
    return slip(t, i, "Lua has no !: write not", " not ")
  elseif invisible.name(text) then
    return slip(t, i, ("there is an invisible character here (%s): delete it"):format(invisible.name(text)),
      " ")
  elseif text == "?" and t.text[i + 1] == "." and touch(t, i) then
    local name = t.kind[i - 1] == "name" and t.text[i - 1] or "x"
    return slip(t, i, ("Lua has no ?.: write %s and %s.%s"):format(name, name, t.text[i + 2]), "")
  elseif text == "?" and t.text[i + 1] == "?" and touch(t, i) then
    return slip(t, i, "Lua has no ??: write or", " or ", i + 1)
  elseif text == "?" then
    local found = slip(t, i, "Lua has no ?: write condition and one or other", " and ")
    local other = i + 1
    while t.line[other] == t.line[i] and not (t.text[other] == ":" and t.inside[other] == t.inside[i]) do
      other = other + 1
    end
    if t.text[other] == ":" and t.line[other] == t.line[i] then
      found.edits[2] = { from = t.from[other], last = t.last[other], text = " or " }
    end
    found.sure = false
    return found
  elseif text == "$" and t.kind[i + 1] == "name" and touch(t, i) then
    return slip(t, i, ("names have no $: write %s"):format(t.text[i + 1]), " ")
  elseif OTHER[text] then
    return slip(t, i, ("%s isn't a character of Lua: write %s"):format(text, OTHER[text]), OTHER[text])
  end
  local visible = #text > 1 or text:find("%g")
  return slip(t, i, visible and ("%s can't be used outside quotes"):format(text)
    or ("there is a character here that can't be shown (byte %d): delete it"):format(text:byte()), " ")
end

--- A text in curly quotes is one slip; what is inside isn't looked at.
local function curly_text(t, i)
  local stop = i + 1
  while stop < t.count and t.line[stop] == t.line[i] and not CURLY[t.text[stop]] do stop = stop + 1 end
  if not CURLY[t.text[stop]] or t.line[stop] ~= t.line[i] then
    return nil
  end
  local inner = t.source:sub(t.last[i] + 1, t.from[stop] - 1):gsub('[\\"]', "\\%0")
  local found = slip(t, i, ("%s and %s are curly quotes: write straight ones, \""):format(t.text[i],
    t.text[stop]), '"' .. inner .. '"', stop)
  return found, stop
end

--- function is_vip(call) { … }
local function function_braces(t, i)
  local open = t.text[i] == "function" and t.kind[i] == "keyword" and i + 1
  while open and t.text[open] ~= "(" and (t.kind[open] == "name" or t.text[open]:find("^[.:]$")) do
    open = open + 1
  end
  local brace = open and t.text[open] == "(" and t.pair[open] and t.pair[open] + 1
  if brace and t.text[brace] == "{" and t.pair[brace] then
    local found = slip(t, brace, "a function has no braces: function(call) … end", " ")
    local close = t.pair[brace]
    found.edits[2] = { from = t.from[close], last = t.last[close], text = " end" }
    return found
  end
end

--- (call) => call.from == JOE
local function arrow_function(t, i)
  if t.text[i] ~= "=" or t.text[i + 1] ~= ">" or not touch(t, i) then
    return nil
  end
  local open = t.text[i - 1] == ")" and t.pair[i - 1] or (t.kind[i - 1] == "name" and i - 1)
  local stop = i + 2
  while open and stop < t.count and not (t.inside[stop] == t.inside[open] and (t.text[stop] == ","
    or t.text[stop] == ";")) and t.pair[stop] ~= t.inside[open] do
    stop = stop + 1
  end
  if not open then
    return nil
  end
  local named = t.kind[open] == "name" and ("(%s)"):format(t.text[open])
    or t.source:sub(t.from[open], t.last[i - 1])
  local found = slip(t, open, "Lua has no =>: write function(call) return … end",
    ("function%s return "):format(named), i + 1)
  found.edits[2] = { from = t.from[stop], last = t.from[stop] - 1, text = " end" }
  return found
end

-- Latin letters without their accents; the German ones as Germans write them then.
local PLAIN = {}
for base, letters in ([[
  A ÀÁÂÃÅĀĂĄ | a àáâãåāăą | AE ÄÆ | ae äæ | C ÇĆĈĊČ | c çćĉċč | D ÐĎĐ | d ðďđ | E ÈÉÊËĒĔĖĘĚ |
  e èéêëēĕėęě | G ĜĞĠĢ | g ĝğġģ | H ĤĦ | h ĥħ | I ÌÍÎÏĨĪĬĮİ | i ìíîïĩīĭįı | IJ Ĳ | ij ĳ | J Ĵ | j ĵ |
  K Ķ | k ķ | L ĹĻĽŁ | l ĺļľł | N ÑŃŅŇ | n ñńņň | O ÒÓÔÕØŌŎŐ | o òóôõøōŏő | OE ÖŒ | oe öœ | R ŔŖŘ |
  r ŕŗř | S ŚŜŞŠȘ | s śŝşšſș | ss ß | T ŢŤŦȚ | t ţťŧț | TH Þ | th þ | U ÙÚÛŨŪŬŮŰŲ | u ùúûũūŭůűų | UE Ü |
  ue ü | W Ŵ | w ŵ | Y ÝŶŸ | y ýÿŷ | Z ŹŻŽ | z źżž
]]):gmatch("(%a+) ([\xC2-\xF4\x80-\xBF]+)") do
  for letter in letters:gmatch(utf8.charpattern) do PLAIN[letter] = base end
end

--- The letters below the punctuation of Unicode, and those of East Asia.
local function is_letter(text)
  local code = #text > 1 and utf8.len(text) == 1 and utf8.codepoint(text) or 0
  return not OTHER[text] and (code >= 0xC0 and code < 0x2000 or code >= 0x3040 and code <= 0xD7A3)
end

local LETTER = "[\xC2-\xF4][\x80-\xBF]*"

--- BÜRO, which is three tokens: a name with other letters than a to z. The last of them.
local function foreign_name(t, i)
  local function is_part(k)
    return t.kind[k] == "name" or t.kind[k] == "number" or (t.kind[k] == "bad" and is_letter(t.text[k]))
  end
  local first, last = i, i
  while first > 1 and is_part(first - 1) and touch(t, first - 1) do first = first - 1 end
  while is_part(last + 1) and touch(t, last) do last = last + 1 end
  local text = t.source:sub(t.from[first], t.last[last])
  local plain = text:gsub(LETTER, PLAIN)
  local what = plain:find("[\x80-\xFF]") and ("spell %s with those"):format(text)
    or ("write %s instead of %s"):format(plain, text)
  plain = plain:gsub(LETTER, function(letter) return ("u%x"):format(utf8.codepoint(letter)) end)
  return slip(t, first, "names have only the letters a to z, digits and _: " .. what, plain, last), last
end

---@param t Tokens
---@return Slip[]
function foreign.slips(t)
  local found, i = {}, 1
  while i < t.count do
    local braces = function_braces(t, i)
    if braces then found[#found + 1] = braces end
    local arrow = arrow_function(t, i)
    if arrow then found[#found + 1], i = arrow, i + 1 end
    if t.kind[i] == "name" and t.text[i] == "is" and t.text[i + 1] == "not"
      and t.line[i] == t.line[i + 1] then
      found[#found + 1] = slip(t, i, "Lua has no is not: write ~=", "~=", i + 1)
    end
    local pasted, stop_of = borrowed.slip(t, i)
    if pasted then found[#found + 1] = pasted end
    local both = not arrow and not pasted and t.kind[i] == "op" and t.kind[i + 1] == "op" and touch(t, i)
      and PAIRS[t.text[i] .. t.text[i + 1]]
    if both then
      found[#found + 1] = slip(t, i, both[2], " " .. both[1] .. " ", i + 1)
      found[#found].sure = both[3]
      i = i + 1
    elseif pasted then
      i = stop_of
    elseif t.kind[i] == "bad" then
      local text, stop
      if CURLY[t.text[i]] then text, stop = curly_text(t, i) end
      if is_letter(t.text[i]) then text, stop = foreign_name(t, i) end
      found[#found + 1] = text or bad_mark(t, i)
      i = stop or (t.text[i] == "?" and t.text[i + 1] == "?" and touch(t, i) and i + 1)
        or (t.text[i] == "!" and t.text[i + 1]:find("^=") and i + 1) or i
    end
    i = i + 1
  end
  for _, each in ipairs(found) do each.sure = each.sure == nil end
  return found
end

return foreign
