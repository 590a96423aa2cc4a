-- literal_numbers.lua: quoted phone numbers in a rule file.
--
--   literal_numbers.read(source, t?)          -> LiteralNumbers
--   literal_numbers.country(read, configured) the country of numbers that are written without one
--   literal_numbers.check(read, country, fail)   fail(line, message) for each that no caller's number equals
--
-- Callers appear as "+13035550142". Other spellings work for ring, rotas and contacts, which read them; but
-- compared with a caller, or as a key, they are just text. What is held against another field of the call (a
-- lookup's, a tag) or what a function gives, and what a date or a key of a menu looks like, is none.

local countries = require("calls.parties.countries")
local mistake = require("calls.mistake")
local numbering = require("numbering")
local tokens = require("calls.source.tokens")
local written_number = require("calls.parties.written_number")

local literal_numbers = {}

local LONGEST = 40 -- bytes of a written number, with its quotes
local FEWEST_DIGITS = 7

---@class LiteralNumbers
---@field country string? of the file's first number with a plus, ISO code
---@field files table<string, true> that it names: contacts("vips.txt")
---@field compared { line: integer, text: string }[] texts that are keys, or held against something

local function is_equality(word)
  return word == "==" or word == "~="
end

local function country_of(number)
  local found = numbering.look(number) and countries.of(number)
  return found and found[1] or nil
end

local CALLERS = { from = true, to = true, forwarded_from = true }

--- Goes on with a dotted name: "call.lookups" and then "." or "plan".
local function chained(chain, kind, word)
  if kind == "name" and chain:find("%.$") or word == "." then
    return chain .. word
  end
  return kind == "name" and word or ""
end

--- Is it something other than a caller's number: another field of the call, or what a function gives?
local function is_other(chain, source)
  local field = chain:match("^call%.(.+)$")
  local name = chain:match("^[%a_][%w_]*$")
  return chain == ")" or (field ~= nil and not CALLERS[field])
    or (name ~= nil and source:find("%f[%w_]" .. name .. "%s*=[^=\n][^\n]*%(") ~= nil)
end

---@param source string the text of a rule file
---@param t Tokens? of it, if they have been read
---@return LiteralNumbers
function literal_numbers.read(source, t)
  local read = { compared = {}, files = {} }
  local before, last = "", "" -- the two tokens before this one
  local chain, held = "", "" -- the dotted name that ends here, and the one before an equals sign
  local text, opened -- the newest text, and the token before it
  for kind, from, behind, line in (t and tokens.again(t) or tokens.each(source)) do
    local word = behind - from <= LONGEST and source:sub(from, behind - 1) or ""
    if text and (is_equality(word) and last == text.word
      or opened == "[" and before == text.word and last == "]" and word == "=") then
      read.compared[#read.compared + 1] = text
    end
    if kind == "string" and word ~= "" then
      text, opened = { line = line, word = word, text = tokens.unquoted(word) }, last
      if text.text:find("%.txt$") then read.files[text.text] = true end
      if text.text:find("^%+%d+$") then
        read.country = read.country or country_of(text.text)
      end
      if is_equality(last) and not is_other(held, source) then read.compared[#read.compared + 1] = text end
    end
    if is_equality(word) then held = last == ")" and ")" or chain end
    chain = chained(chain, kind, word)
    before, last = last, word
  end
  return read
end

---@param read LiteralNumbers
---@param configured string? the setting
---@return string ISO code
function literal_numbers.country(read, configured)
  return configured ~= "" and configured or read.country or "US"
end

local function is_date(text)
  return text:find("^%d%d%d%d%-%d%d%-%d%d") ~= nil or text:find("^%d%d%-%d%d%f[^%d-]") ~= nil
end

local function has_digits(text)
  local _, digits = text:gsub("%d", "")
  return digits >= FEWEST_DIGITS
end

---@param read LiteralNumbers
---@param country string
---@param fail fun(line: integer, message: string)
function literal_numbers.check(read, country, fail)
  for _, one in ipairs(read.compared) do
    local text = one.text
    local number = written_number.may_be(text) and not text:find("^%+%d+$") and not is_date(text)
      and has_digits(text)
      and written_number.read(text, country)
    if number then
      fail(one.line, ("no caller's number looks like %s: write \"%s\", or phone(%s)"):format(
        mistake.show(text), number, mistake.show(text)))
    end
  end
end

return literal_numbers
