-- dimensions.lua: how made-up calls differ, apart from their time.
--
--   proof_dimensions.of(options)   -> ProofDimension[]
--
-- The first value of a dimension is the ordinary one. Numbers and tags are those in the rule file, since its
-- rules distinguish those.

local console_forwarding = require("calls.plans.console_forwarding")
local literals = require("calls.lint.literals")
local reads = require("calls.rules.reads")

local MOST_LITERALS, MOST_CONTACTS, MOST_TAGS, MOST_NUMBERS, MOST_LOOKUPS = 300, 8, 100, 8, 8
local MOST_BEGINNINGS = 12
local TELLING = 32 -- only this many get more than two moments
local TO = "+15005550006"
local FOREVER = math.maxinteger // 1000
local STRANGERS = { "+14155550100", "+14155550111", "+14155550122" }

local proof_dimensions = {}

local function person(words, from, more)
  local record = { kind = "phone", anonymous = false, tags = {}, blocked = false, prior_calls = 0 }
  for key, value in pairs(more or {}) do record[key] = value end
  return { words = "caller " .. words, from = from, caller = record }
end

local function rare_person(words, from, more)
  local one = person(words, from, more)
  one.rare = true
  return one
end

-- Rules probably treat numbers in the file or its contacts files specially; a caller from one may have a name
-- or not.
local function callers(options)
  local stranger
  for _, number in ipairs(STRANGERS) do
    stranger = stranger or (not options.source:find(number, 1, true) and number or nil)
  end
  local list = {
    person("unknown", stranger or "+14155550133"),
    person("anonymous", "anonymous", { kind = "anonymous", anonymous = true }),
    person("known", "+14155550144", { name = "Grace", stir = "TN-Validation-Passed-A", prior_calls = 3 }),
    rare_person("with a SIP address", "sip:phone@example.com", { kind = "sip" }),
  }
  local seen = {}
  local numbers = literals.phones(options.t, options.country)
  table.move(options.contacts or {}, 1, MOST_CONTACTS, #numbers + 1, numbers)
  table.move(literals.beginnings(options.t), 1, MOST_BEGINNINGS, #numbers + 1, numbers)
  for position, number in ipairs(numbers) do
    if not seen[number] and position <= MOST_LITERALS then
      seen[number] = true
      local named = rare_person(number, number, { name = "Linus" })
      named.brief = position > TELLING
      list[#list + 1] = named
      if not named.brief then list[#list + 1] = rare_person(number .. " without a name", number) end
    end
  end
  return list
end

local LINES = {
  { words = "browser offline", line = { busy = false, online = false } },
  { words = "browser online", line = { busy = false, online = true }, rare = true },
  { words = "browser busy", line = { busy = true, online = true }, rare = true },
}

-- Phones that may have forwarded a call here: those in the file.
local function forwarders(options)
  local list = { { plain = true } }
  for position, number in ipairs(literals.phones(options.t, options.country)) do
    if position > MOST_LITERALS then break end
    list[#list + 1] = { words = "forwarded from " .. number, value = number, rare = true }
  end
  return list
end

-- Quoted words on lines that mention tags.
local function tags(t)
  local list = { { plain = true } }
  for position, word in ipairs(literals.tags(t)) do
    if position > MOST_TAGS then break end
    list[#list + 1] = { words = "tagged " .. word, value = { word }, rare = true, brief = position > TELLING }
  end
  return list
end

local function has_numbers(options)
  return #(options.facts and options.facts.numbers or {}) > 0
end

-- The account's numbers; without any, those that the file compares call.to with.
local function numbers(options)
  local list = {}
  local function add(entry, forwarding, words)
    list[#list + 1] = { words = "to " .. entry.number.phone_number .. words, number = entry.number,
      forwarding = forwarding, rare = #list > 0 }
  end
  for position, entry in ipairs(options.facts and options.facts.numbers or {}) do
    if position > MOST_NUMBERS then break end
    local settings = console_forwarding.in_force(entry.forwarding, options.at or 0)
    local later = console_forwarding.in_force(settings, FOREVER)
    add(entry, settings, "")
    if later ~= settings then add(entry, later, " after its forwarding has ended") end
  end
  if #list > 0 then
    return list
  end
  local phones = { TO }
  for _, number in ipairs(literals.called(options.t, options.known)) do
    if #phones < MOST_LITERALS then phones[#phones + 1] = number end
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
---@field reads ReadPaths paths that a decision reads if it matters
---@field values table[] the first is the ordinary one
---@field usual integer? how many of them are always tried; others only for rules that name them
---@field put fun(input: CallInput, value: table)
---@field private boolean? its words name things not every user may see

-- A caller's field that isn't the ordinary one.
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

-- A lookup that fails or is late gives nil, and rules must cope with it. Possible answers come from the
-- examples; real answers are tried with past calls (replay/gate.lua).
local function lookups(options)
  local list = { { words = "no lookup answers", value = {} } }
  for number, example in ipairs(options.examples or {}) do
    if type(example.lookups) == "table" and next(example.lookups) ~= nil and #list <= MOST_LOOKUPS then
      list[#list + 1] = { words = ("lookups as in example %d"):format(number), value = example.lookups,
        rare = true }
    end
  end
  return list
end

---@param options ProofOptions
---@return ProofDimension[]
function proof_dimensions.of(options)
  return {
    { reads = reads.paths("from", "caller*"), values = callers(options), put = function(input, value)
      input.from, input.caller = value.from, value.caller
    end },
    { reads = reads.paths("caller.tags*"), values = tags(options.t), put = of_caller("tags") },
    { reads = reads.paths("caller.prior_calls*"), values = HISTORY, put = of_caller("prior_calls") },
    { reads = reads.paths("caller.stir*"), values = VERDICTS, put = of_caller("stir") },
    { reads = reads.paths("to", "number*", "forwarding*", "owner*"), values = numbers(options),
      usual = not has_numbers(options) and MOST_NUMBERS or nil, put = put_number, private = true },
    { reads = reads.paths("forwarded_from*"), values = forwarders(options), usual = MOST_NUMBERS,
      put = function(input, value) input.forwarded_from = value.value end },
    { reads = reads.paths("line*"), values = LINES, put = function(input, value)
      input.line = value.line
    end },
    { reads = reads.paths("lookups*"), values = lookups(options), put = function(input, value)
      input.lookups = value.value
    end },
  }
end

return proof_dimensions
