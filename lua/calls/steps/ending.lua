-- ending.lua: does a call end well when a document of ours is its last?
--
--   ending.fault(plan, document, entered, cause)   what is wrong, or nil
--   ending.after_menu(plan, n, digits)             the cause after a menu: "key" or "menu"
--
-- The proof and the simulation both ask it. A caller who waited, for a ring or at a
-- menu, is owed a word; an author who writes hangup() as a call's plan, or after a
-- key, means it. In hand-written verbs, a queue, a stream or a conference at the end
-- counts as talk, and so does a redirect elsewhere: what happens there is the author's business.

local ending = {}

-- Verbs that speak to the caller, and verbs that hand the call over for good.
local SPEAKS = { Say = true, Play = true, Gather = true, Record = true, Prompt = true }
local ENDS = {
  Hangup = true, Reject = true, Redirect = true, Enqueue = true, Connect = true, Leave = true, Pay = true,
}
local TALKS = { Conference = true, Queue = true, Application = true }
local DIALS = { Number = true, Client = true, Sip = true, Sim = true, WhatsApp = true }

local function has_text(verb)
  if (verb.text or ""):find("%S") then
    return true
  end
  for _, child in ipairs(verb.children or {}) do
    if type(child) ~= "table" and tostring(child):find("%S") then
      return true
    end
  end
  return false
end

-- A <Dial> after which nothing is said to a caller whom nobody answered.
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
  return has_text(verb)
end

-- What is wrong with the end of hand-written verbs. `silent`: nothing was said before them.
local function raw_end(step, silent, waited)
  for _, verb in ipairs(step.verbs or {}) do
    if verb.name == "Dial" then
      silent = rings_people(verb)
    elseif SPEAKS[verb.name] then
      silent = false
    elseif ENDS[verb.name] then
      local meant = verb.name ~= "Hangup" or (#step.verbs == 1 and not waited)
      return silent and not meant and "the call ends without a word: say something before <Hangup>" or nil
    end
  end
  if silent then
    return "the call ends without a word when nobody talks: add a twiml.say, or :otherwise(voicemail())"
  end
end

local function is_silent(document)
  return not document:find("<Say", 1, true) and not document:find("<Play", 1, true)
end

local function speaks(step)
  for _, verb in ipairs(step.verbs or {}) do
    if SPEAKS[verb.name] then
      return true
    end
  end
  return false
end

---@param plan FlatPlan?
---@param n integer?
---@param digits string?
---@return "key"|"menu"
function ending.after_menu(plan, n, digits)
  local step = plan and plan.steps and plan.steps[n]
  return step and step.digits and step.digits[digits or ""] and "key" or "menu"
end

---@param plan FlatPlan?
---@param document string after which the call ends
---@param entered Entered? the step it belongs to
---@param cause "start"|"ring"|"menu"|"key"|"consent" what led there
---@return string? fault nil: it ends well
function ending.fault(plan, document, entered, cause)
  local waited = cause == "ring" or cause == "menu"
  local step = plan and plan.steps and entered and plan.steps[entered.n]
  if step and step.kind == "twiml" then
    return raw_end(step, is_silent(document) or speaks(step), waited)
  elseif waited and is_silent(document) and (not entered or entered.kind == "hangup") then
    return 'the call ends without a word: say("…") something before hangup()'
  end
end

return ending
