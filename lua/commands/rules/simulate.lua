-- commands.rules.simulate: what would happen to this call?
--
-- The options that may be given several times (what each leg does, keys, lookups)
-- come as [[name, value], …], in order. Writes nothing.

local caller = require("calls.parties.caller")
local config = require("config")
local json = require("json")
local time_input = require("calls.time_input")
local named_rules = require("commands.rules.named_rules")
local numbers = require("models.numbers")
local call_request = require("sandbox.call_request")
local policy = require("calls.parties.policy")
local result = require("commands.shared.result")
local rules = require("rules")
local simulation = require("voice.simulation")
local simulator = require("calls.simulator.simulator")
local sources = require("sources")
local team_words = require("calls.report.team_words")

local simulate = {}

local DOES = {
  answer = "answered", answered = "answered", busy = "busy", ["no-answer"] = "no-answer", failed = "failed",
  canceled = "canceled", declined = "declined", voicemail = "voicemail",
  ["caller-hangs-up"] = "caller-hangs-up",
}

local function wrong(message)
  return result.refused("usage", message)
end

local function seconds_of(option, text)
  local seconds = tonumber(text)
  if not seconds or seconds < 0 or seconds > 14400 then
    return nil, ("--%s takes seconds, from 0 to 14400, not %s"):format(option, text)
  end
  return seconds
end

local TAKE = {}

function TAKE.digits(script, value)
  if value ~= "" and not value:find("^[%d*#w]+$") then
    return "--digits takes the keys that the caller presses at a menu, such as 1, not " .. value
  end
  script.digits[#script.digits + 1] = value
end

function TAKE.message(script, value)
  local seconds, message = seconds_of("message", value)
  script.messages[#script.messages + 1] = seconds
  return message
end

function TAKE.lookup(script, value)
  local name, text = value:match("^([%w_]+)=(.*)$")
  local found = name and json.decode(text)
  if found == nil then
    return ("--lookup %s: write NAME=JSON, such as crm={\"tier\":1}"):format(value)
  end
  script.lookups[name] = found ~= json.null and found or nil
end

function TAKE.variant(script, value)
  local name, word = value:match("^([%w_]+)=(.+)$")
  local usual = simulator.VARIANT[name or ""]
  if usual == nil then
    return ("--variant %s: write --variant declined=bridged-absent; there are %s"):format(value,
      "declined, hangup, simulring, closed_browser, dial_buffer and bridged")
  end
  local number = math.type(usual) and math.tointeger(tonumber(word))
  if math.type(usual) and not number then
    return ("--variant %s takes a number, such as %s=5"):format(name, name)
  end
  script.variant[name] = number or word
end

-- What the legs do, what is pressed, left and looked up, in the order of the command line.
local function script_of(given)
  local script = { legs = {}, digits = {}, messages = {}, lookups = {}, variant = {} }
  for _, pair in ipairs(given) do
    local name, value, message = pair[1], pair[2] ~= json.null and pair[2] or nil, nil
    if TAKE[name] then
      message = TAKE[name](script, value)
    else
      local leg = { does = DOES[name] }
      if value then leg.after, message = seconds_of(name, value) end
      script.legs[#script.legs + 1] = leg
    end
    if message then
      return nil, message
    end
  end
  return script
end

-- When: as the examples of a rule file write it, as a clock shows it next, or now.
local function moment_of(text, zone, now)
  if not text then
    return now
  end
  local seconds = text:match("^%d%d%d%d%d%d%d%d%d+$") and math.tointeger(tonumber(text))
  if seconds then
    return seconds > 1e11 and seconds or seconds * 1000
  end
  local at, message = time_input.ahead(text, zone, now)
  return at, at and nil or ("--at: %s"):format(message)
end

local function number_of(options)
  if not options.database then
    return nil
  elseif options.to then
    return numbers.by_phone(options.to)
  end
  return numbers.all()[1]
end

local function line_of(options)
  if options.online and options.offline then
    return nil, "--online and --offline can't be used together"
  end
  local line = { busy = options["line-busy"] and true or nil }
  if options.online or options.offline then line.online = options.online == true end
  return line
end

local DECIDED = {
  settings = "no rule matches: the console's settings decide", blocked = "the caller is blocked",
  inactive = "the number is switched off", override = "an override sends all calls to one phone",
  fallback = "the rules fail, so the console's settings decide",
  unknown_number = "the number isn't one of yours",
}

local function decided(decision)
  local rule = decision.rule and ('rule "%s" (%s:%d)'):format(decision.rule, decision.file, decision.line)
  if rule and decision.source == "rules" then
    return "decided by " .. rule
  elseif rule and decision.source == "settings" then
    return rule .. " gives no plan: the console's settings decide"
  end
  local text = DECIDED[decision.source]
  return decision.error and ("%s: %s"):format(text, decision.error) or text
end

local ENDINGS = {
  connected = "the caller talked to someone", message = "the caller left a message",
  told = "the caller was told",
  rejected = "the call was rejected without being answered", abandoned = "the caller hung up",
  error = "the caller hears an error", cut_off = "the caller is cut off without a word",
}

-- How a call ended that nobody talked in, when nothing was said either.
local function told(timeline)
  local ending = "the call is ended, as the plan says"
  for _, event in ipairs(timeline) do
    if event.who == "caller" and (event.kind == "say" or event.kind == "play") then
      ending = nil
    elseif event.who == "caller" and event.kind == "unsupported" then
      return ("the caller is handed over to <%s>"):format(event.verb)
    end
  end
  return ending
end

local function clock(seconds)
  return ("%d:%02d"):format(seconds // 60, math.floor(seconds % 60))
end

-- TwiML with a line for each element, and its depth before it.
local function indented(twiml)
  local lines, depth = {}, 0
  for line in twiml:gsub("%s*<%?xml.-%?>%s*", ""):gsub("><", ">\n<"):gmatch("[^\n]+") do
    if line:find("^</") then depth = depth - 1 end
    lines[#lines + 1] = ("  "):rep(depth + 3) .. line
    if line:find("^<[^/]") and not line:find("/>$") and not line:find("</[%w-]+>$") then depth = depth + 1 end
  end
  return table.concat(lines, "\n")
end

local function text_of(played, shown, zone, team)
  local lines = {
    ("%s calls %s, %s"):format(shown.from, shown.to, time_input.shown(shown.at, zone)),
    decided(shown.decision), "plan: " .. shown.plan_words,
  }
  for _, line in ipairs(team) do lines[#lines + 1] = line end
  for _, entry in ipairs(shown.not_rung) do
    local why = entry.ends_at and "is away until " .. time_input.shown(entry.ends_at, zone)
    lines[#lines + 1] = ("not rung: %s: %s"):format(entry.target, why or entry.message
      or "its browser is offline")
  end
  for _, text in ipairs(shown.assumed) do lines[#lines + 1] = "assumed: " .. text end
  lines[#lines + 1] = ""
  for _, line in ipairs(simulator.lines(played.timeline)) do lines[#lines + 1] = line end
  local ending = shown.outcome == "told" and told(played.timeline) or ENDINGS[shown.outcome]
  if not shown.good then
    ending = "A dead end: " .. (ENDINGS[shown.outcome == "error" and "error" or "cut_off"])
  end
  lines[#lines + 1] = ("\n%s, after %s."):format(ending, clock(shown.seconds))
  if shown.text then lines[#lines + 1] = "Then the caller gets a text: " .. shown.text end
  for _, document in ipairs(shown.documents) do
    lines[#lines + 1] = ("\n%s  for the %s, POST %s"):format(clock(document.at), document.who, document.url)
    lines[#lines + 1] = indented(document.twiml)
  end
  return table.concat(lines, "\n")
end

-- "+1 (415) 555-0123" as a network writes it.
local function caller_of(text)
  if text and text:find("^%+[%d%s().-]+$") then
    return (text:gsub("[%s().-]", ""))
  end
  return text or call_request.CALLER
end

---@param options table of the command line; given: JSON of the repeated ones; database: true; source_name;
--- ruleset: a ruleset of that name, when it isn't the live one
---@param now integer milliseconds
---@return CommandResult
function simulate.run(options, now)
  local script, message = script_of(json.decode(options.given))
  local line
  if script then line, message = line_of(options) end
  if message then
    return wrong(message)
  end
  if options.to then
    local ok, why = policy.shape(options.to)
    if not ok then
      return wrong("--to: " .. why)
    end
  end
  local forwarded_from = caller.phone(options["forwarded-from"], options.to or "+1")
  if options["forwarded-from"] and not forwarded_from then
    return wrong(("--forwarded-from: %s isn't a phone number; write it like +13035550142"):format(
      options["forwarded-from"]))
  end
  local number = number_of(options)
  local zone = number and number.timezone or config.get("timezone")
  local named = options.at and options.at:match("%s(%a[%w_+/-]*)$")
  local at
  at, message = moment_of(options.at, zone, now)
  if not at then
    return wrong(message)
  end
  local file = options.source_name
  local played, scene = simulation.run {
    database = options.database, assume = not options.database or #numbers.all() == 0,
    number = number, to = options.to, from = caller_of(options.from), at = at,
    forwarded_from = forwarded_from,
    lookups = script.lookups, line = line, script = script, tried = file ~= nil,
    file = file, rules = options.ruleset or file and named_rules.of(rules, file),
  }
  local shown = simulation.shown(played, scene)
  local ok = played.good and not (played.decision and played.decision.error)
  local team = file and {} or team_words.lines(sources.text("forwarding.lua") or "", sources.text,
    config.get("country"), at // 1000)
  return { ok = ok, text = text_of(played, shown, named or zone, team), value = shown }
end

return simulate
