-- raw_twiml.lua: where verbs that a rule wrote by hand (twiml { … }) lead.
--
--   proof_raw.leads_back(step, bad_phone)   -> what is wrong, or nil: loops, numbers not to be dialled
--
-- Where such a document leaves us (an action or <Redirect> elsewhere) is its
-- author's business.

local proof_raw = {}

local OURS = "/api/twilio/twiml"
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

return proof_raw
