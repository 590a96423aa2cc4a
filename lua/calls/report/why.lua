-- why.lua: why a call went where it went, as data.
--
--   why.rules(list, trace)    -> the rules in order: which were tried, which decided
--   why.lookups(inputs)       -> { name, ms, value | error }, sorted
--   why.override(inputs)      -> the active override then, or nil
--   why.away(inputs)          -> who would have rung, but was away, { target, ends_at }, sorted
--   why.unused(trace, inputs) -> settings that could not apply then, a sentence each
--   why.explain(trace, list)  adds these to a stored decision
--
-- `list` belongs to the version that decided, which may not be the live one.

local json = require("json")
local unused_settings = require("calls.plans.unused_settings")

local why = {}

why.FILE = "forwarding.lua"
why.DRAFT = "forwarding.next.lua"

---@class TriedRule
---@field index integer
---@field name string
---@field line integer
---@field file string
---@field matched boolean|userdata true: it decided; false: it didn't hold; json.null: not asked

-- Decisions that involve rules; the others are made before.
local ASKED = { rules = true, settings = true, fallback = true }

-- The last rule asked: its name, and whether it held.
local function last_asked(trace)
  if type(trace.rule) == "string" then
    return trace.rule, true
  end
  local message = type(trace.error) == "string" and trace.error or ""
  return message:match('^%S*%s*rule "(.-)": '), json.null
end

---@param list { name: string, line: integer }[]
---@param trace table a stored decision
---@return TriedRule[]
function why.rules(list, trace)
  local rules = json.array {}
  local ended = not ASKED[trace.source]
  local name, held = last_asked(trace)
  if not ended and trace.source == "fallback" and not name then
    ended = true -- the rules failed before the first was asked
  end
  for index, rule in ipairs(list) do
    local matched = json.null
    if not ended then
      ended = rule.name == name
      matched = ended and held -- else false: it was asked and didn't hold
    end
    rules[index] = { index = index, name = rule.name, line = rule.line, file = why.FILE, matched = matched }
  end
  return rules
end

---@param inputs table
---@return { name: string, ms: integer?, value: any, error: string? }[] value is absent if there was none
function why.lookups(inputs)
  local found, named = json.array {}, {}
  local call = type(inputs.call) == "table" and inputs.call or {}
  local values = type(call.lookups) == "table" and call.lookups or {}
  for _, run in ipairs(type(inputs.lookup_runs) == "table" and inputs.lookup_runs or {}) do
    named[run.name] = true
    found[#found + 1] = { name = run.name, ms = run.ms, error = run.error, value = values[run.name] }
  end
  for name, value in pairs(values) do
    if not named[name] then
      found[#found + 1] = { name = tostring(name), value = value }
    end
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

---@param inputs table
---@return table?
function why.override(inputs)
  local call = type(inputs.call) == "table" and inputs.call or {}
  return type(call.override) == "table" and call.override or nil
end

---@param inputs table
---@return { target: string, ends_at: integer }[] milliseconds
function why.away(inputs)
  local found, seen = json.array {}, {}
  for _, one in ipairs(type(inputs.left_out) == "table" and inputs.left_out or {}) do
    local ends_at = type(one) == "table" and math.tointeger(one.ends_at)
    local target = ends_at and tostring(one.target)
    if target and not seen[target] then
      found[#found + 1], seen[target] = { target = target, ends_at = ends_at * 1000 }, true
    end
  end
  table.sort(found, function(a, b) return a.target < b.target end)
  return found
end

-- Decisions that the settings made.
local BY_SETTINGS = { settings = true, fallback = true }

---@param trace table
---@param inputs table
---@return string[]
function why.unused(trace, inputs)
  local settings, texts = inputs.settings, json.array {}
  if not BY_SETTINGS[trace.source] or type(settings) ~= "table" or type(settings.forwarding) ~= "table"
    or type(settings.number) ~= "table" then
    return texts
  end
  local at = (math.tointeger(type(inputs.call) == "table" and inputs.call.at) or 0) * 1000
  local rows = unused_settings.rows(settings.forwarding, at)
  for _, unused in ipairs(unused_settings.of(rows, { number = settings.number, at = at })) do
    texts[#texts + 1] = unused_settings.text(unused)
  end
  return texts
end

---@param trace table a stored decision; gets rules, lookups, file, override, away and unused
---@param list { name: string, line: integer }[]
function why.explain(trace, list)
  local inputs = type(trace.inputs) == "table" and trace.inputs or {}
  trace.draft = inputs.draft ~= nil
  trace.file = type(trace.rule) == "string" and (trace.draft and why.DRAFT or why.FILE) or nil
  trace.rules = why.rules(trace.draft and {} or list, trace)
  trace.lookups = why.lookups(inputs)
  trace.override = why.override(inputs)
  trace.away = why.away(inputs)
  trace.unused = why.unused(trace, inputs)
end

return why
