-- literals.lua: the numbers and texts of a rule file that can't be what their author meant.
--
--   literals.read(reader)     tells reader.say and reader.doubt of each, at its line
--   literals.phones(t, country)   all phone numbers in quotes, each once, in order, and those of phone("…")
--   literals.beginnings(t)    a number for each text that numbers may begin with: "+1720", "^%+49", "720"
--   literals.called(t, known) those that the file tells call.to apart by
--   literals.epochs(t)        does it count seconds from some day, or take turns?
--   literals.files(t)         the files that contacts("…") reads
--   literals.tags(t)          the words in quotes on lines that speak of tags
--   literals.spoken(reader, i)   tells reader.doubt if the text at token i is a voice or language that
--                             Twilio may not have

local invisible = require("calls.source.invisible")
local mistake = require("calls.mistake")
local policy = require("calls.parties.policy")
local tokens = require("calls.source.tokens")
local voices = require("calls.twiml.voices")
local written_number = require("calls.parties.written_number")

local literals = {}

local FEWEST_DIGITS = 7 -- of a number that is meant as a whole one, and not as how numbers begin

--- Is token i in a list or argument of the word?
local function is_within(t, i, word)
  local open = t.inside[i]
  while open > 0 do
    if t.text[open] ~= "{" and t.text[open] ~= "(" then
      return false
    elseif t.text[open - 1] == word then
      return true
    end
    open = t.inside[open]
  end
  return false
end

local function is_key(t, i)
  local open = t.inside[i]
  return t.text[open] == "[" and t.pair[open] == i + 1 and t.text[i + 2] == "="
    and t.text[t.inside[open]] == "{"
end

local function is_compared(t, i)
  local before, behind = t.text[i - 1], t.text[i + 1]
  return before == "==" or before == "~=" or behind == "==" or behind == "~="
end

--- A quoted "+…" that isn't a phone number. A caller may show any number, so what can't exist is only
--- doubted.
local function phone(reader, i, text)
  local t = reader.t
  local digits = text:match("^%+(%d+)$")
  local is_part = t.text[i - 1] == ".." or t.text[i + 1] == ".." or t.text[i + 2] == ":"
  if not digits or #digits < FEWEST_DIGITS or is_part or is_within(t, i, "ring") or is_compared(t, i) then
    return
  end
  local ok, message = policy.shape(text)
  if ok then
    return
  end
  local impossible = #digits < 8 or #digits > 15 or (digits:sub(1, 1) == "1" and #digits ~= 11)
  local tell = impossible and reader.say or reader.doubt
  tell(i, (message:gsub("%.$", "")))
end

--- ["303-555-0188"] = …: no call is from there.
local function phone_key(reader, i, text)
  local digits = text:gsub("%D", "")
  if not is_key(reader.t, i) or #digits < 10 or #digits > 15 or text:find("[^%d%s()./+-]") then
    return
  elseif text:find("^%+%d+$") then
    return
  end
  local written = "+" .. (#digits == 10 and "1" .. digits or digits:gsub("^00", ""))
  reader.say_cause(i, ("no call has the number %s: keys are written like call.from, [%q]"):format(
    mistake.show(text), written))
end

--- An invisible character turns a name, a number or a time into a different one.
local function unseen(reader, i, text)
  local _, name = invisible.find(text)
  local bare = name and text:gsub("[\128-\255]+", "")
  if name and #text <= 60 and not bare:find("%S%s+%S") then
    reader.say(i, ("there is an invisible character in this text (%s): delete it"):format(name))
  end
end

local SPOKEN = { say = true, voicemail = true, menu = true, text = true } -- words that take a text

--- say "Hello {call.caller.name}", as other languages fill in values: it would be said as written.
local function placeholder(reader, i, text)
  local t = reader.t
  if not SPOKEN[t.text[t.text[i - 1] == "(" and i - 2 or i - 1]] then
    return
  end
  local field = text:match("[{<]+%s*(call%.[%a_.]+)%s*[}>]+") or text:match("[$#]{%s*([%a_][%w_.]*)%s*}")
  if field then
    reader.say(i, ('a text has no places to fill in: join it, such as "Hello " .. (%s or "")'):format(field))
  end
end

local LAST_MOMENT = 2200000000 -- seconds since 1970: what is more is no time

local COUNTS = {} -- what numbers that are counted with, or compared, stand beside
for mark in ("+ - * / // % ^ < > <= >= == ~="):gmatch("%S+") do COUNTS[mark] = true end

--- 3035550142 without its quotes and plus.
local function bare_number(reader, i)
  local t = reader.t
  local value, digits = tokens.value(t, i), t.text[i]:match("^%d+$")
  if not digits or value < LAST_MOMENT or #digits > 15 or COUNTS[t.text[i - 1]] or COUNTS[t.text[i + 1]]
    or (t.text[i - 1] == "=" and t.text[i - 2] == "go") then
    return
  end
  reader.say_cause(i, ("a phone number is a text, with a plus: \"+%s\""):format(
    #digits == 10 and "1" .. digits or digits))
end

---@param reader MeantReader
function literals.read(reader)
  local t = reader.t
  for i = 1, t.count do
    if t.kind[i] == "number" then
      bare_number(reader, i)
    elseif t.kind[i] == "string" then
      local text = tokens.value(t, i)
      phone(reader, i, text)
      phone_key(reader, i, text)
      unseen(reader, i, text)
      placeholder(reader, i, text)
    end
  end
end

--- What `read` gives for the strings of a file, each once.
local function collect(t, read)
  local list, seen = {}, {}
  for i = 1, t.count do
    local text = t.kind[i] == "string" and read(i, tokens.value(t, i))
    if text and not seen[text] then
      seen[text], list[#list + 1] = true, text
    end
  end
  return list
end

--- Is token i, a text, the argument of the word?
local function is_given_to(t, i, word)
  return t.text[i - 1] == word or (t.text[i - 1] == "(" and t.text[i - 2] == word)
end

---@param t Tokens
---@param country string? of numbers that are written without one
---@return string[]
function literals.phones(t, country)
  return collect(t, function(i, text)
    local written = country and is_given_to(t, i, "phone") and written_number.read(text, country)
    return written or text:match("^%+[1-9]%d%d%d%d%d%d+$")
  end)
end

local AFTER = "5550123456" -- goes on with what a number begins with
local WHOLE = 11 -- digits

---@param t Tokens
---@return string[]
function literals.beginnings(t)
  local list = {}
  for _, text in ipairs(collect(t, function(_, text) return text:match("^%^?%%?%+?%d+$") end)) do
    local plus, digits = text:match("^%^?%%?(%+?)(%d+)$")
    if plus == "" then digits = #digits == 3 and "1" .. digits or "" end
    if #digits >= 1 and #digits < FEWEST_DIGITS then
      list[#list + 1] = "+" .. digits .. AFTER:sub(1, WHOLE - #digits)
    end
  end
  return list
end

--- The numbers that the file tells call.to apart by: compared with it, or keys of a table that it is looked
--- up in.
---@param t Tokens
---@param known Constants
---@return string[]
function literals.called(t, known)
  local list, seen = {}, {}
  local function add(text)
    if type(text) == "string" and text:find("^%+[1-9]%d%d%d%d%d%d+$") and not seen[text] then
      seen[text], list[#list + 1] = true, text
    end
  end
  for i = 1, t.count do
    local words, last = tokens.chain(t, i)
    if words == "call.to" then
      for _, at in ipairs { i - 2, last + 2 } do
        local mark = at < i and t.text[i - 1] or t.text[last + 1]
        local value = (mark == "==" or mark == "~=") and (known:value(at) or { value = tokens.value(t, at) })
        if value then add(value.value) end
      end
      local map = t.text[i - 1] == "[" and t.pair[i - 1] == last + 1 and known:value(i - 2)
      for key in pairs(map and map.keys or {}) do add(key) end
    end
  end
  table.sort(list)
  return list
end

---@param t Tokens
---@return string[]
function literals.files(t)
  return collect(t, function(i, text)
    return is_given_to(t, i, "contacts") and text
  end)
end

---@param t Tokens
---@return string[]
function literals.tags(t)
  local lines = {}
  for i = 1, t.count do
    if t.kind[i] == "name" and t.text[i]:find("tag", 1, true) then lines[t.line[i]] = true end
  end
  return collect(t, function(i, text) return lines[t.line[i]] and text:match("^[%w_-]+$") end)
end

---@param t Tokens
---@return boolean
function literals.epochs(t)
  for i = 1, t.count do
    if (t.kind[i] == "number" and (tokens.value(t, i) or 0) > 1e9) or t.text[i] == "rota"
      or t.text[i] == "oncall" then
      return true
    end
  end
  return false
end

--- The text of a field of a table that is written out.
local function field_text(t, brace, name)
  for i = brace + 1, t.pair[brace] or 0 do
    if t.inside[i] == brace and t.text[i] == name and t.text[i + 1] == "=" and t.kind[i + 2] == "string" then
      return tokens.value(t, i + 2)
    end
  end
end

--- { voice = "Polly.Lupe", language = "es-MX" }, wherever that table is made.
---@param reader MeantReader
---@param i integer a text
function literals.spoken(reader, i)
  local t = reader.t
  local key, inside = t.text[i - 2], t.text[t.inside[i]] == "{"
  if not inside or t.text[i - 1] ~= "=" or t.kind[i - 2] ~= "name" then
    return
  end
  local text, message = tokens.value(t, i), nil
  if key == "voice" and not voices.wrong(text) then
    local language = field_text(t, t.inside[i], "language")
    message = voices.unlisted(text) or language and voices.apart(text, language)
  elseif key == "language" and text:find("^%a%a%a?%f[^%w][%w-]*$") then
    message = voices.language(text)
  end
  if message then reader.doubt(i, message) end
end

return literals
