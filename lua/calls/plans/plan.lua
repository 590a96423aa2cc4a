-- plan.lua: what happens to a call, as a value that rules build.
--
--   plan.new(kind, fields)        made by the words of words.lua
--   p:on(outcome, plan)           what follows busy, no_answer, failed, declined
--   p:otherwise(plan)             what follows everything else; added at the end of a chain
--   p:text("Sorry we missed you") the host texts this to a caller nobody talked to
--   plan.flatten(p, options?)     -> FlatPlan (stored_plan.lua); options.ring_limit, default 60 seconds
--   plan.place(tree, p)           -> the place in a tree (interned.lua) of all plans built of the same parts
--   plan.is(value)
--
-- A plan never changes: on and otherwise return a new one, so several rules may share a plan, and a plan
-- can't contain a loop. The rule's author holds an empty table; the content is kept here, out of reach.

local flattening = require("calls.plans.flattening")
local freeze = require("calls.freeze")
local interned = require("calls.plans.interned")
local stored_plan = require("calls.plans.stored_plan")
local plan_words = require("calls.plans.words")
local mistake = require("calls.mistake")

local RING_LIMIT = 60
local LONGEST_TEXT = 480 -- characters: three parts of a text message
local OUTCOMES = { busy = true, no_answer = true, failed = true, declined = true }
-- Can anything come after a step of this kind?
local CONTINUES = { ring = true, menu = true, say = true, play = true, twiml = true }

---@class Plan what ring, voicemail, … return
local Plan = {}
local MAX_STEPS = stored_plan.MAX_STEPS
local NO_OUTCOMES = {} -- of a plan without :on

local plan = {}

---@class PlanContent
---@field kind string
---@field fields table
---@field on table<string, Plan>
---@field otherwise Plan?
---@field text string?

---@type table<Plan, PlanContent>
local content = setmetatable({}, { __mode = "k" })

local META = {
  __index = Plan,
  __newindex = function() mistake("a plan cannot be changed: use :on and :otherwise") end,
  __metatable = "plan",
  __tostring = function(p) return "plan: " .. content[p].kind end,
}

---@return boolean
function plan.is(value)
  return content[value] ~= nil
end

local function make(kind, fields, on, otherwise, text)
  local p = setmetatable({}, META)
  content[p] = { kind = kind, fields = fields, on = on, otherwise = otherwise, text = text }
  return p
end

---@param kind string
---@param fields table plain data of the step; `digits` of a menu holds plans
---@return Plan
function plan.new(kind, fields)
  return make(kind, fields, NO_OUTCOMES, nil)
end

local WITHOUT_TEXT = { voicemail = true, reject = true, hangup = true }

-- call.owner, or a table with a phone.
local function is_record(value)
  local found = false
  for key in pairs(value) do found = found or key == "id" or key == "phone" end
  return found
end

--- What stands where a plan is meant, and the plan that it may be.
---@param value any
---@return string
function plan.instead(value)
  local shown = mistake.show(value)
  if WITHOUT_TEXT[value] then
    return ("the text %s: write %s()"):format(shown, value)
  elseif type(value) == "string" and value:find("^%l+%s*[({\"'].*[)}\"']$") then
    return ("the text %s: write it without the quotes around it"):format(shown)
  elseif type(value) == "string" and value:find("^%+?[%d(][%d%s().-]+$") then
    return ("%s: write ring(%s)"):format(shown, shown)
  elseif value == "busy" or value == "rejected" then
    return ("the text %s: write reject(%s)"):format(shown, shown)
  elseif math.type(value) == "integer" and value > 9999999 then
    local digits = tostring(value)
    return ("%s: write ring(\"+%s\")"):format(shown, #digits == 10 and "1" .. digits or digits)
  elseif shown == "a table" and type(value[1]) == "string" then
    return "a list: to ring several write ring { JOE, ANA }"
  elseif shown == mistake.SOMEONE or shown == "a table" and is_record(value) then
    return mistake.SOMEONE .. ": write ring(…)"
  elseif shown == "a table" and content[value[1]] then
    return "a list of plans: one after the other is ring(…):otherwise(…), several together ring { JOE, ANA }"
  elseif shown == "a function" then
    return "a function: only go may be one, go = function(call) return … end"
  elseif shown == "a table" and type(next(value)) == "string" then
    return 'a table: a plan is made with a word, such as ring("+13035550142", { seconds = 20 })'
  end
  return shown
end

local function need_plan(value, where)
  if not content[value] then
    mistake(("%s needs a plan (ring, voicemail, say, …), not %s"):format(where, plan.instead(value)))
  end
end

local function own(p, method)
  local mine = content[p]
  if not mine then mistake(("%s belongs to a plan, with a colon: ring(…):%s(…)"):format(method, method)) end
  return mine
end

-- What other systems call an outcome.
local MEANT = { timeout = "no_answer", unanswered = "no_answer", ["no answer"] = "no_answer",
  noanswer = "no_answer", missed = "no_answer", engaged = "busy", rejected = "declined", reject = "declined",
  refused = "declined", unreachable = "failed", offline = "failed", unavailable = "failed", error = "failed" }

---@param outcome Outcome
---@param following Plan
---@return Plan
function Plan:on(outcome, following)
  local mine = own(self, "on")
  if type(outcome) == "table" then
    mistake(content[outcome]
      and ':on begins with its outcome, :on("busy", …); for all of them write :otherwise(…)'
      or ':on takes one outcome: :on("busy", …):on("failed", …)')
  elseif not OUTCOMES[outcome] then
    local meant = MEANT[outcome] and (' (did you mean "%s"?)'):format(MEANT[outcome])
    mistake(("unknown outcome %s%s: use busy, no_answer, failed, declined"):format(mistake.show(outcome),
      meant or mistake.nearest(outcome, OUTCOMES)))
  end
  need_plan(following, (':on("%s", …)'):format(outcome))
  if mine.kind ~= "ring" then
    mistake((':on("%s", …) is for ring; after %s there is only :otherwise(…)'):format(outcome, mine.kind))
  elseif mine.on[outcome] then
    mistake((':on("%s", …) is there twice, so this one is never reached'):format(outcome))
  end
  local on = { [outcome] = following }
  for word, existing in pairs(mine.on) do on[word] = existing end
  if mine.otherwise and on.busy and on.no_answer and on.failed and on.declined then
    mistake("all four outcomes have a plan, so :otherwise(…) is never reached")
  end
  return make(mine.kind, mine.fields, on, mine.otherwise, mine.text)
end

---@param following Plan
---@return Plan
function Plan:otherwise(following)
  local mine = own(self, "otherwise")
  need_plan(following, ":otherwise(…)")
  if mine.otherwise then
    return make(mine.kind, mine.fields, mine.on, mine.otherwise:otherwise(following), mine.text)
  elseif not CONTINUES[mine.kind] then
    mistake(("a call ends with %s, so :otherwise(…) is never reached"):format(mine.kind))
  elseif mine.on.busy and mine.on.no_answer and mine.on.failed and mine.on.declined then
    mistake("all four outcomes have a plan, so :otherwise(…) is never reached")
  end
  return make(mine.kind, mine.fields, mine.on, following, mine.text)
end

--- What the host texts to the caller if the call ends and nobody talked to them.
---@param message string
---@return Plan
function Plan:text(message)
  local mine = own(self, "text")
  if type(message) ~= "string" or not message:find("%S") or not utf8.len(message) then
    mistake((':text(…) needs a message, such as :text("Sorry we missed you"), not %s'):format(
      mistake.show(message)))
  elseif utf8.len(message) > LONGEST_TEXT then
    mistake((":text(…): a message has at most %d characters"):format(LONGEST_TEXT))
  elseif mine.text then
    mistake(":text(…) is there twice: a caller gets one message")
  end
  return make(mine.kind, mine.fields, mine.on, mine.otherwise, message)
end

for _, name in ipairs({ "on", "otherwise", "text" }) do
  Plan[name] = mistake.checked(":" .. name, Plan[name], function(p) return mistake.any(content[p] and p) end)
end

--- For ring(…):otherwize(…), suggest the method; any other field is nil, as in a table.
setmetatable(Plan, {
  __index = mistake.checked(":", function(_, key)
    local meant = mistake.nearest(key, Plan)
    if meant ~= "" then mistake(("a plan has no %s%s"):format(mistake.show(key), meant)) end
  end, function() return function(p) return p end end),
})
META.__call = function()
  mistake("a plan can't be called: what comes next is :on(…) or :otherwise(…), with a colon")
end

for name, mark in pairs { concat = "..", add = "+", sub = "-", mul = "*", div = "/", bor = "|", band = "&",
  shr = ">>", shl = "<<" } do
  META["__" .. name] = mistake.checked(":", function(_, _)
    mistake(("%s doesn't join plans: for one after the other write ring(…):otherwise(…), for several at once "
      .. "ring { JOE, ANA }"):format(mark))
  end, function(one, other) return content[one] and one or other end)
end

plan.leg = stored_plan.leg

-- From one place to that of the plan and of what follows it. A part that is there twice is named by its
-- number: it becomes one step.
local function place_of(place, seen, p)
  local mine = content[p]
  if seen[p] or seen.count == MAX_STEPS then
    return interned.at(place, seen[p] or 0)
  end
  seen.count = seen.count + 1
  seen[p] = seen.count
  place = interned.at(place, mine.fields)
  if mine.text then place = interned.at(interned.at(place, "text"), mine.text) end
  if mine.on ~= NO_OUTCOMES then
    for _, word in ipairs(stored_plan.OUTCOMES) do
      if mine.on[word] then place = place_of(interned.at(place, word), seen, mine.on[word]) end
    end
  end
  if mine.fields.digits then
    for _, following in freeze.next, mine.fields.digits do place = place_of(place, seen, following) end
  end
  place = interned.at(place, mine.otherwise ~= nil)
  return mine.otherwise and place_of(place, seen, mine.otherwise) or place
end

---@param tree table
---@param p Plan
---@return table
function plan.place(tree, p)
  return place_of(tree, { count = 0 }, p)
end

---@param p Plan
---@param options { ring_limit: integer? }?
---@return FlatPlan
function plan.flatten(p, options)
  need_plan(p, "go")
  local result = flattening.steps(p, content)
  local limit = options and options.ring_limit or RING_LIMIT
  local message, path = stored_plan.too_long(result, limit)
  if message then mistake(message .. ": " .. path) end
  return result
end

--- The first thing a plan (built, flattened or nil) does, in the words of an example's `expect`.
---@param p Plan|FlatPlan|nil
---@return string
function plan.describe(p)
  if content[p] then p = plan.flatten(p, { ring_limit = math.huge }) end
  return plan_words.plan(p)
end

return plan
