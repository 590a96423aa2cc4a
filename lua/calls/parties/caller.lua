-- caller.lua: who is calling, from the webhook's `From`.
--
--   caller.classify(from)         -> Caller
--   caller.phone(text, ours)      the phone that calls or forwarded the call here, in E.164
--   caller.id(from, own_number)   the caller id for the leg we dial
--   caller.spoken(from, name, sentences)    how a voice announces the caller
--   caller.shown(from, name?)     how a screen shows the caller
--
-- Carriers write "no number" as digits that spell a word; some of them look
-- like phone numbers (+266696687 spells ANONYMOUS and would be in Lesotho).

local identity = require("calls.parties.identity")
local policy = require("calls.parties.policy")

---@class Caller
---@field kind "phone"|"anonymous"|"sip"|"client"|"other"
---@field anonymous boolean
---@field number string? E.164, of a phone
---@field identity string? of a client
---@field user string? the user's id, of a client
---@field address string? of a sip address

local find = string.find

local caller = {}

local ANONYMOUS = {
  ["266696687"] = true, ["7378742833"] = true, ["2562533"] = true, ["8656696"] = true,
  ["86282452253"] = true, ["7748283"] = true, [""] = true,
  anonymous = true, restricted = true, blocked = true, unknown = true, unavailable = true, private = true,
}

--- Carriers of +1 also put their 1 before the word: +17378742833.
local function is_hidden(bare)
  return ANONYMOUS[bare] or ANONYMOUS[bare:match("^1(%d+)$") or bare] or false
end

local function class_of(from)
  if #from >= 8 and #from <= 16 and find(from, "^%+[1-9]%d+$") and not is_hidden(from:sub(2)) then
    return { kind = "phone", anonymous = false, number = from }
  end
  local bare = from:match("^%s*%+?(.-)%s*$"):lower()
  if is_hidden(bare) then
    return { kind = "anonymous", anonymous = true }
  end
  local name = from:match("^client:(.*)$")
  if name then
    return { kind = "client", anonymous = false, identity = name, user = identity.user(name) }
  elseif from:match("^sips?:") then
    local anonymous = from:lower():match("^sips?:anonymous@") ~= nil
    return { kind = "sip", anonymous = anonymous, address = from }
  end
  return { kind = "other", anonymous = false }
end

-- A call asks for its caller several times.
local last_from, last_class

---@param from string?
---@return Caller read-only
function caller.classify(from)
  from = type(from) == "string" and from or ""
  if from ~= last_from then
    last_from, last_class = from, class_of(from)
  end
  return last_class
end

--- A phone as carriers write it: with or without the country code, as a SIP address or another URI.
---@param text string? From or ForwardedFrom, as the webhook has it
---@param ours string a number of the country that numbers without a country code are of, E.164
---@return string? e164 nil: it isn't a phone number
function caller.phone(text, ours)
  if type(text) ~= "string" or #text > 64 then
    return nil
  end
  local written = text:gsub("^%a+:", ""):match("^[^@;]*"):gsub("[%s().-]", ""):gsub("^00", "+")
  local plus, digits = written:match("^(%+?)(%d+)$")
  if not digits then
    return nil
  elseif plus == "" and #digits == 10 and ours:sub(1, 2) == "+1" then
    digits = "1" .. digits
  elseif plus == "" and #digits < 11 then
    return nil
  end
  return class_of("+" .. digits).number
end

--- The caller's own number if the network accepts it, else ours.
---@param from string?
---@param own_number string
---@return string
function caller.id(from, own_number)
  local found = caller.classify(from)
  if found.number and policy.shape(found.number) then
    return found.number
  end
  return own_number
end

--- "3 0 3, 5 5 5, 0 1 2 3": a number as it is read aloud.
local function digit_by_digit(number)
  local area, exchange, line = number:match("^%+1(%d%d%d)(%d%d%d)(%d%d%d%d)$")
  local function spaced(digits) return (digits:gsub("%d", "%0 "):gsub(" $", "")) end
  if area then
    return ("%s, %s, %s"):format(spaced(area), spaced(exchange), spaced(line))
  end
  return spaced(number:sub(2))
end

---@param from string?
---@param name string? from the contacts
---@param sentences { hidden_number: string, colleague: string, unknown_caller: string }
---@return string
function caller.spoken(from, name, sentences)
  if name and name ~= "" then
    return name
  end
  local found = caller.classify(from)
  if found.number then
    return digit_by_digit(found.number)
  end
  if found.kind == "anonymous" or found.anonymous then
    return sentences.hidden_number
  end
  return found.kind == "client" and sentences.colleague or sentences.unknown_caller
end

---@param from string?
---@param name string?
---@return string
function caller.shown(from, name)
  if name and name ~= "" then
    return name
  end
  local found = caller.classify(from)
  if found.anonymous then
    return "Anonymous"
  end
  return found.number or found.identity or found.address or "Unknown"
end

return caller
