-- hookswitch.fields.wrong: what is wrong with one field of a request, as a code with values and as English.
--
--   wrong("between", { min = 5, max = 600 })       tostring: "must be between 5 and 600"
--   wrong("premium", { number = to }, message)     the message says more than the code's own text
--
-- Whoever shows it in another language goes by the code (web/src/text/host_words.js has a text for each).

-- Each text follows the field's name.
local TEXTS = {
  address_sid = "must be the SID of an address (AD…)",
  address_space = "has a space in its address: write %20 there, or leave the words out",
  address_whole = "isn't a whole address: write it like https://example.com/hello.mp3",
  after_from = "must be after from",
  after_since = "must be later than since",
  after_start = "must be after the start",
  area_code = "must have three digits, such as 510",
  area_code_country = "is known in US and CA only; use phoneNumber, or contains when searching",
  area_code_extra = "must be left out when phoneNumber says which number to buy",
  area_code_missing = "is required, unless phoneNumber says which number to buy",
  at_least = "must be at least {min}",
  at_most = "must be at most {max}",
  before_to = "must be before to",
  between = "must be between {min} and {max}",
  blank = "must not be blank",
  bundle_sid = "must be the SID of a bundle (BU…)",
  bytes = "must have {min} to {max} bytes",
  callee_missing = "is required: the number the browser calls",
  caller_or_missed = "or missed_call_id is required, but not both",
  characters = "must have {min} to {max} characters",
  contact_exists = "is in your contacts already",
  control_characters = "must not contain control characters",
  country = "names a country this account doesn't call: {number}",
  country_code = "must be a two-letter country code, such as US",
  date_or_time = "must be a date such as 2026-11-22 or a time such as 2026-11-22T09:30:00Z",
  days = "must be at most {days} days before to",
  destination = "must be a phone number with + and its country code, such as +15105550100, user:ID, several "
    .. "of these with commas, or voicemail",
  destinations = "at most {max} ring together",
  emergency = "names an emergency or service number: {number}",
  empty = "must not be empty",
  entries = "must have {min} to {max} entries",
  entry = "entry {position} {what}",
  entry_field = "entry {position}: {field} {what}",
  format = "has the wrong format",
  in_past = "must be in the past",
  keys_missing = "is required for press",
  list = "must be a list",
  longest_away = "must be within a year",
  longest_override = "must be within 31 days: for longer, make a forwarding setting",
  lookups = "must be an object: what each lookup gives, by its name",
  malformed = "isn't a phone number: {number}",
  moment = "must be a time such as 2026-11-22T09:30:00Z, or how long ago: 7d, 12h, 30m, 2w",
  most_characters = "must have at most {max} characters",
  not_before = "must not be before {field}",
  number_pattern = "may hold letters, digits and * % + $",
  object = "must be an object",
  one_of = "must be one of: {choices}",
  over = "is already over",
  own_number = "names a number of your own: {number}",
  password = "is not the password",
  phone_number = "must be a phone number with + and its country code, such as +15105550100",
  pin = "must have {min} to {max} digits",
  premium = "names a number that may not be called: {number}",
  repeated = "is given more than once",
  required = "is required",
  scheme = "must be an http or https address to be played, not {scheme}://",
  search = "must be part of a number or name, such as 0147",
  spaces = "must not contain spaces or control characters",
  taken = "is taken",
  step = "must divide an hour: 5, 10, 15, 30, 60",
  stranger = "names user {user}, who isn't you",
  teammate = "must be a user_id as in GET /api/twilio/presence, or null",
  text = "must be text",
  time = "must be a time: {example}",
  too_deep = "is too far back: follow `next` beyond {rows} rows, or narrow the dates",
  true_or_false = "must be true or false",
  twice = "is given under two names",
  unknown = "is not a known field",
  utf8 = "must be valid UTF-8",
  whole_number = "must be a whole number",
  zone = "must be a time zone such as America/Denver",
}

---@class Wrong
---@field code string
---@field values? table<string, string|integer> what the code's text has places for
---@field inner? Wrong what is wrong with an entry of a list

local Wrong = {}

function Wrong.__tostring(self)
  return (self.text or TEXTS[self.code]:gsub("{(%w+)}", function(name)
    return tostring(self.values and self.values[name] or self.inner)
  end))
end

function Wrong.__concat(a, b)
  return tostring(a) .. tostring(b)
end

local wrong = { TEXTS = TEXTS }

---@param value any
---@return boolean
function wrong.is(value)
  return getmetatable(value) == Wrong
end

--- Messages by field: those that have a code, as programs read it.
---@param fields table<string, string|Wrong>
---@return table<string, table>? reasons nil when none has one
---@return table<string, string> texts
function wrong.reasons(fields)
  local reasons, texts = {}, {}
  local function reason(of)
    return { code = of.code, values = of.values, inner = of.inner and reason(of.inner) }
  end
  for name, message in pairs(fields) do
    texts[name] = tostring(message)
    reasons[name] = wrong.is(message) and reason(message) or nil
  end
  return next(reasons) and reasons, texts
end

--- An entry of a list that is wrong.
---@param position integer
---@param field string? of the entry
---@param message string|Wrong
---@return Wrong
function wrong.entry(position, field, message)
  local code = field and "entry_field" or "entry"
  local inner = wrong.is(message) and message or wrong("format", nil, message)
  return setmetatable({ code = code, values = { position = position, field = field }, inner = inner }, Wrong)
end

return setmetatable(wrong, { __call = function(_, code, values, text)
  assert(TEXTS[code], code)
  return setmetatable({ code = code, values = values, text = text }, Wrong)
end })
