-- unquoted.lua: texts that lack their quotes: order = longest_idle, zone = Europe/Berlin.
--
--   unquoted.text(t, i, names)   the text that the name at token i is meant as, and its last token; nil when
--                                it may be a slip in one of these names

local call_fields = require("calls.lint.known.call_fields")
local mistake = require("calls.mistake")
local operands = require("calls.lint.known.operands")
local set = require("calls.word_set")
local tokens = require("calls.source.tokens")
local zone_names = require("calls.zone_names")

local unquoted = {}

--- JOE is a name that the file doesn't have; "joe" may be a text.
local function in_small_letters(text)
  return text:find("%l") ~= nil
end

-- Options of words, and what their texts are.
local TEXTS = {
  order = set("random round_robin longest_idle"), every = set("week day"), caller_id = set("called"),
  zone = function(text) return (zone_names.check(text)) end,
  voice = in_small_letters, language = in_small_letters, expect = in_small_letters,
}
-- Words, and what their first text is.
local FIRST = {
  on = set("busy no_answer failed declined"), reject = set("busy rejected"),
  person = in_small_letters, group = in_small_letters, open = in_small_letters, greeting = in_small_letters,
  oncall = in_small_letters, user = in_small_letters, contacts = in_small_letters,
  time_in = function(text) return (zone_names.check(text)) end,
}
local DAYS = set("mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday")
local OPEN = set("closed open")

local INSIDE = set("/ - . :") -- marks of texts such as Europe/Berlin, mon-fri and vips.txt

--- What is written without a space, from token i on, and its last token.
local function whole(t, i)
  local last = i
  while INSIDE[t.text[last + 1]] and last + 2 <= t.count and tokens.touch(t, last)
    and tokens.touch(t, last + 1) and (t.kind[last + 2] == "name" or t.kind[last + 2] == "number") do
    last = last + 2
  end
  return operands.written(t, i, last), last
end

--- Is it a slip in one of these names? JOE isn't meant by joe where a text belongs.
local function is_slip(text, names)
  local near = mistake.nearest(text, names):match('"(.-)"')
  return near and (near ~= near:upper() or text == text:upper())
end

--- One of the words that are known there, or a text of any kind.
local function one_of(known, text, last, names)
  if type(known) == "function" then
    return known(text) and not is_slip(text, names) and text or nil, last
  end
  local right = known[text] and text or mistake.nearest(text, known):match('"(.-)"')
  return right, last
end

local ENDS, BEFORE_KEY = set(", } ) ;"), set("{ , ;")

--- call.time.weekday == sat
local function compared(t, i, names)
  local before = t.text[i - 1]
  local other = (before == "==" or before == "~=") and operands.start(t, i - 2) or nil
  if not other and (t.text[i + 1] == "==" or t.text[i + 1] == "~=") then other = i + 2 end
  local path = other and (tokens.chain(t, other) or ""):match("^call%.(.+)$")
  local name, closed = t.text[i], path and call_fields.one_of(path)
  if path and path:find("^lookups%.") then
    return one_of(in_small_letters, name, i, names)
  elseif not path or before == "." or not call_fields.is_text(path) then
    return nil
  elseif closed then
    return one_of(closed, name, i)
  end
  local never = call_fields.never_equal(path, { kind = "string", value = name }, name)
  return not never and not is_slip(name, names) and name or nil, i
end

---@param t Tokens
---@param i integer a name
---@param names table<string, any> that the file has
---@return string?
---@return integer? last
function unquoted.text(t, i, names)
  local text, last = whole(t, i)
  local before, open = t.text[i - 1], t.inside[i]
  local behind = t.text[last + 1]
  if before == "=" and t.text[open] == "{" and ENDS[behind] then
    local key = t.text[i - 2]
    if key == "]" then key = tokens.value(t, i - 3) end
    local word = t.text[open - 1] == "(" and open - 2 or open - 1
    local known = TEXTS[key] or t.text[word] == "hours" and OPEN
    if known then
      return one_of(known, text, last, names)
    end
  elseif before == "[" and behind == "]" and DAYS[text:match("^%a+")] and BEFORE_KEY[t.text[open - 1]] then
    return text, last
  elseif before == "(" and ENDS[behind] and FIRST[t.text[open - 1]] and t.kind[open - 1] == "name" then
    return one_of(FIRST[t.text[open - 1]], text, last, names)
  end
  return compared(t, i, names)
end

return unquoted
