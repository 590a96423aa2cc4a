-- first_document.lua: first documents that differ only in who calls.
--
--   first_document.make(plan, ctx)                   -> Template
--   first_document.fill(template, caller_id, shown)  -> xml
--
-- While nobody changes a number's settings, a plan's first document is the same
-- for every caller, except for the caller id of a <Dial> and the name a browser
-- shows. So it is written once, with marks in those places.

local steps = require("calls.steps.documents")
local follow = require("calls.steps.follow")
local xml = require("calls.twiml.xml")

local first_document = {}

-- Private-use characters, which no text for a voice contains.
local CALLER_ID, SHOWN = "\u{F1E1D}caller id\u{F1E1D}", "\u{F1E1D}shown\u{F1E1D}"

---@class Template
---@field entered Entered
---@field users string[] the document depends on which of them are online
---@field dials boolean it dials a telephone
---@field planned PlannedDial[] telephones that the document itself dials
---@field [integer] string text, mark, text, …

local function cut(text)
  local parts, from = {}, 1
  while true do
    local first, last = text:find("\u{F1E1D}[^\u{F1E1D}]*\u{F1E1D}", from)
    if not first then
      break
    end
    parts[#parts + 1] = text:sub(from, first - 1)
    parts[#parts + 1] = text:sub(first, last)
    from = last + 1
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

local function planned(plan, entered)
  local left_out, list = {}, {}
  for _, entry in ipairs(entered.left_out or {}) do
    left_out[entry.target] = true
  end
  local step = entered.leg and plan.steps[entered.n] or {}
  for _, target in ipairs(step.targets or {}) do
    if target.phone and not left_out[target.phone] then
      list[#list + 1] = { n = entered.n, phone = target.phone, seconds = step.seconds }
    end
  end
  return list
end

---@param plan FlatPlan
---@param ctx CallContext
---@return Template
function first_document.make(plan, ctx)
  local marked = follow.with(ctx, { caller_id = CALLER_ID, caller_shown = SHOWN })
  local text, entered = steps.begin(plan, marked)
  local made = cut(text)
  made.entered, made.users, made.dials = entered, {}, false
  made.planned = planned(plan, entered)
  for _, step in ipairs(plan.steps) do
    for _, target in ipairs(step.targets or {}) do
      made.dials = made.dials or target.phone ~= nil
      made.users[#made.users + 1] = target.user
    end
  end
  return made
end

---@param made Template
---@param caller_id string
---@param shown string
---@return string xml
function first_document.fill(made, caller_id, shown)
  if #made == 1 then
    return made[1]
  end
  if #made == 3 then
    return made[1] .. xml.attribute(made[2] == SHOWN and shown or caller_id) .. made[3]
  end
  local out = {}
  for position, part in ipairs(made) do
    if part == CALLER_ID then
      part = xml.attribute(caller_id)
    elseif part == SHOWN then
      part = xml.attribute(shown)
    end
    out[position] = part
  end
  return table.concat(out)
end

return first_document
