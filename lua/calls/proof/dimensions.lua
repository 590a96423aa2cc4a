-- dimensions.lua: in what the calls that the proof makes up differ, but for
-- when they come.
--
--   proof_dimensions.of(options)   -> ProofDimension[]
--
-- The first value of a dimension is the ordinary one. Numbers and tags are those
-- that stand in the rule file, since that is what its rules tell apart.

local MOST_LITERALS, MOST_TAGS, MOST_NUMBERS = 32, 8, 8
local NEARBY = 200 -- bytes of a line around a word; a line may be as long as the file
local TO = "+15005550006"
local STRANGERS = { "+14155550100", "+14155550111", "+14155550122" }

local proof_dimensions = {}

local function person(words, from, more, rare)
  local record = { kind = "phone", anonymous = false, tags = {}, blocked = false, prior_calls = 0 }
  for key, value in pairs(more or {}) do record[key] = value end
  return { words = "caller " .. words, from = from, caller = record, rare = rare }
end

-- Numbers that stand in the file are told apart by its rules, more likely than not.
local function callers(source)
  local stranger
  for _, number in ipairs(STRANGERS) do
    stranger = stranger or (not source:find(number, 1, true) and number or nil)
  end
  local list = {
    person("unknown", stranger or "+14155550133"),
    person("anonymous", "anonymous", { kind = "anonymous", anonymous = true }),
    person("known", "+14155550144", { name = "Grace", stir = "TN-Validation-Passed-A", prior_calls = 3 }),
    person("with a SIP address", "sip:phone@example.com", { kind = "sip" }, true),
  }
  local seen = {}
  for number in source:gmatch("[\"'](%+[1-9]%d%d%d%d%d%d+)[\"']") do
    if not seen[number] and #list < MOST_LITERALS + 4 then
      seen[number] = true
      list[#list + 1] = person(number, number, { name = "Linus" }, true)
    end
  end
  return list
end

local LINES = {
  { words = "browser offline", line = { busy = false, online = false } },
  { words = "browser online", line = { busy = false, online = true }, rare = true },
  { words = "browser busy", line = { busy = true, online = true }, rare = true },
}

-- Phones that may have forwarded a call here: those that the file names.
local function forwarders(source)
  local list, seen = { { plain = true } }, {}
  for number in source:gmatch("[\"'](%+[1-9]%d%d%d%d%d%d+)[\"']") do
    if not seen[number] and #list < MOST_NUMBERS then
      seen[number] = true
      list[#list + 1] = { words = "forwarded from " .. number, value = number, rare = true }
    end
  end
  return list
end

-- Words in quotes on lines that speak of tags.
local function tags(source)
  local list, seen = { { plain = true } }, {}
  local at = source:find("tags", 1, true)
  while at do
    local before = source:sub(math.max(1, at - NEARBY), at - 1):match("[^\n]*$")
    local rest = source:sub(at, at + NEARBY):match("^[^\n]*")
    at = source:find("tags", at + #rest, true)
    for word in (before .. rest):gmatch("[\"']([%w_-]+)[\"']") do
      if not seen[word] and #list <= MOST_TAGS then
        seen[word] = true
        list[#list + 1] = { words = "tagged " .. word, value = { word }, rare = true }
      end
    end
  end
  return list
end

-- The account's numbers; without any, those that the file compares call.to with.
local function numbers(options)
  local list = {}
  for position, entry in ipairs(options.facts and options.facts.numbers or {}) do
    if position > MOST_NUMBERS then break end
    list[position] = {
      words = "to " .. entry.number.phone_number, number = entry.number, forwarding = entry.forwarding,
      rare = position > 1,
    }
  end
  if #list > 0 then
    return list
  end
  local phones = { TO }
  for number in options.source:gmatch("call%.to%s*[~=]=%s*[\"'](%+%d+)[\"']") do
    if #phones < MOST_NUMBERS then phones[#phones + 1] = number end
  end
  for position, phone in ipairs(phones) do
    list[position] = { words = "to " .. phone, forwarding = {}, rare = position > 1, number = {
      id = position, user_id = "1", phone_number = phone, friendly_name = phone, country = "US",
      timezone = options.zone, is_active = 1, recording = "off",
    } }
  end
  return list
end

local HISTORY = {
  { plain = true }, { words = "called before", value = 12, rare = true },
}
local VERDICTS = {
  { plain = true },
  { words = "caller id refuted", value = "TN-Validation-Failed-C", rare = true },
}

---@class ProofDimension
---@field reads string[] what stands in the reads of a decision to which it matters
---@field values table[] the first is the ordinary one
---@field put fun(input: CallInput, value: table)

-- A field of the caller, when it is not the ordinary one.
local function of_caller(field)
  return function(input, value)
    if value.value ~= nil then
      local changed = {}
      for key, known in pairs(input.caller) do changed[key] = known end
      changed[field] = value.value
      input.caller = changed
    end
  end
end

local function put_number(input, value)
  input.number, input.forwarding, input.to = value.number, value.forwarding, value.number.phone_number
  input.owner = { id = value.number.user_id }
end

-- A lookup that fails or is late gives nil, and a rule has to live with it.
local function no_lookups(input)
  input.lookups = {}
end

---@param options ProofOptions
---@return ProofDimension[]
function proof_dimensions.of(options)
  local source = options.source
  return {
    { reads = { '"from":', '"caller' }, values = callers(source), put = function(input, value)
      input.from, input.caller = value.from, value.caller
    end },
    { reads = { '"caller.tags' }, values = tags(source), put = of_caller("tags") },
    { reads = { '"caller.prior_calls' }, values = HISTORY, put = of_caller("prior_calls") },
    { reads = { '"caller.stir' }, values = VERDICTS, put = of_caller("stir") },
    { reads = { '"to":', '"number', '"forwarding', '"owner' }, values = numbers(options), put = put_number },
    { reads = { '"forwarded_from' }, values = forwarders(source), put = function(input, value)
      input.forwarded_from = value.value
    end },
    { reads = { '"line' }, values = LINES, put = function(input, value) input.line = value.line end },
    { reads = { '"lookups' }, values = { { words = "no lookup answers" } }, put = no_lookups },
  }
end

return proof_dimensions
