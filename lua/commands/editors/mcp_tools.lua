-- commands.editors.mcp_tools: the tools of commands.editors.mcp: what each takes, and what it does.
--
-- Each returns text for the assistant, or raises { message = } where it can't be
-- done. `source` is always the text of a forwarding.lua; without it the live
-- file is meant.

local coverage = require("commands.rules.coverage")
local draft_state = require("api.draft_state")
local drafts = require("models.drafts")
local gates = require("models.gate")
local json = require("json")
local named_rules = require("commands.rules.named_rules")
local numbers = require("models.numbers")
local replay = require("commands.rules.replay")
local rules = require("rules")
local simulate = require("commands.rules.simulate")
local sources = require("sources")
local why = require("commands.why")

local tools = { LIST = {}, BY_NAME = {} }

local FILE, TRIED = "forwarding.lua", "proposed.lua"
local COLUMNS = 100

local TEXT = { type = "string" }
local SOURCE = {
  type = "string", description = "The whole text of a forwarding.lua; left out: the live file.",
}

local function tool(name, description, properties, required, run)
  local one = {
    name = name, description = description, run = run,
    schema = { type = "object", properties = properties, required = json.array(required),
      additionalProperties = false },
  }
  tools.LIST[#tools.LIST + 1], tools.BY_NAME[name] = one, one
end

local function fail(message)
  error({ message = message }, 0)
end

local function text_field(given, name, needed)
  local value = given[name]
  if value == json.null then
    value = nil
  end
  if value ~= nil and type(value) ~= "string" or value == nil and needed then
    fail(("%s must be a text"):format(name))
  elseif value and #value > sources.MAX_BYTES then
    fail(("%s is too long"):format(name))
  end
  return value
end

-- What a command found, as text.
local function said(result)
  if result.error then
    fail((result.error.message:gsub("^%-%-", ""))) -- an argument here, an option there
  end
  return result.text
end

local function progress() end

local function has_database()
  return (pcall(numbers.all))
end

local function need_calls()
  if not has_database() then fail("There is no database yet, so there are no calls.") end
end

-- ---- check ----

local function problems(place, message)
  local lines = {}
  for position, problem in ipairs(place.problems or {}) do
    lines[position] = ("%s:%d: %s"):format(problem.file or place.file, problem.line or 0, problem.message)
  end
  return #lines > 0 and table.concat(lines, "\n") or message
end

local function try(source)
  local report, message, _, place = sources.try(source and { [FILE] = source } or {})
  if not report then
    fail(place and "Refused:\n" .. problems(place, message) or message)
  end
  return report
end

local function check_words(report, source)
  local parts = { ("It passes: %d rules, %d examples, no dead end in %d made-up calls."):format(
    #report.rules, report.examples, report.calls) }
  for _, warning in ipairs(report.warnings or {}) do
    parts[#parts + 1] = ("warning, line %d: %s"):format(warning.line or 0, warning.message)
  end
  local gate = gates.named(report.gate, nil, source or sources.saved(FILE) or "")
  parts[#parts + 1] = gate and gate.text ~= "" and gate.text or nil
  return table.concat(parts, "\n")
end

tool("check", "Check a rule file as a save would: what is wrong with it, by line, and which of the last real "
  .. "calls it would send elsewhere.", { source = SOURCE }, {}, function(given)
  local source = text_field(given, "source")
  return check_words(try(source), source)
end)

-- ---- simulate, replay, why, coverage ----

local DOES = json.array {
  "answer", "busy", "no-answer", "failed", "canceled", "declined", "voicemail", "caller-hangs-up",
}
local IS_DONE = {}
for _, word in ipairs(DOES) do IS_DONE[word] = true end
local LEG = {
  type = "object", additionalProperties = false, required = json.array { "does" },
  properties = {
    does = { type = "string", enum = DOES },
    after = { type = "number", description = "Seconds." },
  },
}

local function given_legs(given)
  local pairs_of = json.array {}
  for position, leg in ipairs(type(given.legs) == "table" and given.legs or {}) do
    if type(leg) ~= "table" or not IS_DONE[leg.does] then
      fail("legs must be a list of { does, after }; a leg does one of " .. table.concat(DOES, ", "))
    end
    local after = type(leg.after) == "number" and tostring(leg.after) or json.null
    pairs_of[position] = json.array { leg.does, after }
  end
  local digits = text_field(given, "digits")
  if digits then
    pairs_of[#pairs_of + 1] = json.array { "digits", digits }
  end
  return json.encode(pairs_of)
end

tool("simulate", "Play one call: what the caller and the phones hear, second by second. Nobody is called.", {
  source = SOURCE, from = { type = "string", description = "The caller, such as +12125550123." },
  to = { type = "string", description = "Which of our numbers is called." },
  at = {
    type = "string", description = 'When, such as "2026-03-09 09:30" or "2026-03-09 09:30 America/Denver".',
  },
  legs = { type = "array", items = LEG, description = "What each phone does, in the order they ring." },
  digits = { type = "string", description = "What the caller presses at a menu." },
}, {}, function(given, now)
  local source = text_field(given, "source")
  local tried <close> = source and named_rules.of(try(source) and assert(rules.open(source)), TRIED) or nil
  return said(simulate.run({
    from = text_field(given, "from"), to = text_field(given, "to"), at = text_field(given, "at"),
    given = given_legs(given), database = has_database(), source_name = source and TRIED, ruleset = tried,
  }, now))
end)

tool("replay", "Decide past calls once more with a rule file: which would have gone elsewhere?", {
  source = SOURCE, since = { type = "string", description = "7d, 12h, 2w, or a date; 7d when left out." },
  ["until"] = TEXT, number = { type = "string", description = "Only calls to this number of ours." },
}, {}, function(given, now)
  need_calls()
  local source = text_field(given, "source")
  return said(replay.run({
    since = text_field(given, "since"), ["until"] = text_field(given, "until"),
    number = text_field(given, "number"), source = source, source_name = source and TRIED,
    progress = progress,
  }, now))
end)

tool("why", "One past call: which rule decided it, from which values, and what happened.", {
  call_sid = { type = "string", description = "CA and 32 digits; replay and check name some." },
}, { "call_sid" }, function(given)
  local sid = text_field(given, "call_sid", true)
  need_calls()
  return said(why.run { sid = sid })
end)

tool("coverage", "Who rings in the days to come, and when nobody does, with the live rules.", {
  days = { type = "integer", minimum = 1, maximum = 31 }, number = TEXT,
}, {}, function(given, now)
  return said(coverage.run({
    days = type(given.days) == "number" and tostring(given.days) or nil, number = text_field(given, "number"),
    columns = COLUMNS, progress = progress,
  }, now))
end)

-- ---- propose ----

local PROPOSED = "It is the draft now, forwarding.next.lua: real calls are decided with it beside the live "
  .. "rules, and nobody is rung by it. A person makes it live: `hookswitch rules promote`, or in the console."

local ANOTHER = "There is another draft. Look at it first; replace = true takes its place."

tool("propose", "Put a rule file beside the live one as a draft, when it passes every check. A person "
  .. "decides whether it goes live.", {
  source = { type = "string", description = "The whole text of the new forwarding.lua." },
  replace = { type = "boolean", description = "Take the place of a draft that is there." },
}, { "source" }, function(given)
  local source = text_field(given, "source", true)
  local there = sources.saved(drafts.FILE)
  if there and there ~= source and given.replace ~= true then
    fail(ANOTHER)
  elseif source:find("try_for", 1, true) then
    fail("A proposal has no try_for: only a person gives a draft to callers.")
  end
  local report = try(source)
  -- Trying takes a while, in which someone may have saved one.
  local saved, message, code = sources.save({ [drafts.FILE] = source },
    { [drafts.FILE] = there and draft_state.hash_of(there) or "" })
  if not saved then
    fail(code == "conflict" and ANOTHER or "The draft could not be saved: " .. message)
  end
  return check_words(report, source) .. "\n" .. PROPOSED
end)

return tools
