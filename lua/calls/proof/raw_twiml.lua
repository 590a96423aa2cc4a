-- raw_twiml.lua: what is known about verbs written by hand in a rule (twiml { … }).
--
--   proof_raw.leads_back(step, bad_phone)   -> the problem, or nil: loops, numbers that can't be dialled
--   proof_raw.silent_end(step)              -> the problem, or nil: it ends without a word
--
-- If such a document leads away from us (an action or <Redirect> elsewhere), that is its author's business; a
-- person, a queue or a stream at the end counts as talk.

local proof_raw = {}

local OURS = "/api/twilio/twiml"
-- Verbs that speak to the caller, and verbs that hand the call over for good.
local SPEAKS = { Say = true, Play = true, Gather = true, Record = true, Prompt = true }
local ENDS = {
  Hangup = true, Reject = true, Redirect = true, Enqueue = true, Connect = true, Leave = true, Pay = true,
}
local TALKS = { Conference = true, Queue = true, Application = true }
local DIALS = { Number = true, Client = true, Sip = true, Sim = true, WhatsApp = true }

local function text_of(verb)
  local parts = { verb.text }
  for _, child in ipairs(verb.children or {}) do
    if type(child) ~= "table" then parts[#parts + 1] = tostring(child) end
  end
  return (table.concat(parts):match("^%s*(.-)%s*$"))
end

-- The voice webhook itself, which would decide the call again.
local function is_ours(url)
  return url == "" or (url:find(OURS, 1, true) and not url:find("[?&]step="))
end

local function wrong_address(verb)
  local url = verb.attributes and verb.attributes.action
  if verb.name == "Redirect" then url = text_of(verb) end
  if type(url) == "string" and is_ours(url) then
    return ("<%s> leads back to the start of the call, again and again"):format(verb.name)
  end
end

local function wrong_dial(verb, bad_phone)
  local own = text_of(verb)
  local found = own ~= "" and bad_phone(own) or nil
  for _, child in ipairs(verb.children or {}) do
    local number = not found and type(child) == "table" and child.name == "Number"
    found = number and bad_phone(text_of(child)) or found
  end
  return found and "<Dial>: " .. found
end

---@param step PlanStep
---@param bad_phone fun(phone: string): string?
---@return string?
function proof_raw.leads_back(step, bad_phone)
  for _, verb in ipairs(step.verbs or {}) do
    local wrong = wrong_address(verb) or (verb.name == "Dial" and wrong_dial(verb, bad_phone))
    if wrong then
      return wrong
    end
  end
end

-- A <Dial> after which an unanswered caller hears nothing.
local function rings_people(verb)
  if verb.attributes and verb.attributes.action then
    return false
  end
  for _, child in ipairs(verb.children or {}) do
    if type(child) == "table" and TALKS[child.name] then
      return false
    elseif type(child) == "table" and DIALS[child.name] then
      return true
    end
  end
  return text_of(verb) ~= ""
end

---@param step PlanStep the last of a plan
---@return string?
function proof_raw.silent_end(step)
  local silent = true
  for _, verb in ipairs(step.verbs or {}) do
    if verb.name == "Dial" then
      silent = rings_people(verb)
    elseif SPEAKS[verb.name] then
      silent = false
    elseif ENDS[verb.name] then
      return silent and verb.name == "Hangup" and #step.verbs > 1
        and "the call ends without a word: say something before <Hangup>" or nil
    end
  end
  if silent then
    return "the call ends without a word when nobody talks: add a twiml.say, or :otherwise(voicemail())"
  end
end

return proof_raw
