-- simulator.lua: plays Twilio's part in one call, without Twilio and without waiting.
--
--   local result = simulator.play {
--     url = "https://…/api/twilio/twiml", from = "+1…", to = "+1…",
--     legs = { "no-answer", { does = "answered", talk = 40 } },
--     fetch = function(url, params, about) return xml end,
--     notify = function(url, params, about) end,
--   }
--
-- It fetches the document, does what it says, and goes on to the end of the call; the
-- script says what each leg does. The world is reached only through `fetch` (a
-- document: the text, or nil, message, code) and `notify` (a callback), with
-- `about` = { at =, kind =, who =, method = }. SimulatorOptions has the script, and
-- `variant` what Twilio may do where its documentation doesn't say.

local simulator_call = require("calls.simulator.call")

local simulator = {}

-- What we take Twilio to do where its documentation doesn't say, and what else it may do.
---@class SimulatorVariant
---@field declined string DialCallStatus after a declined screen: "bridged-false" or "bridged-absent"
--- (completed, with DialBridged so), or another word, such as "no-answer"
---@field hangup "no-answer"|"canceled" DialCallStatus when the caller hangs up while it rings
---@field simulring "first-pickup"|"first-press" who wins when nouns have a document of their own
---@field closed_browser "no-answer"|"busy" what a closed browser gives
---@field dial_buffer 0|5 seconds that Twilio rings on after a timeout
---@field bridged "present"|"absent" whether DialBridged is sent at all
---@field fallback "bare"|"whole" whether the fallback's request repeats the fields of the one that failed
simulator.VARIANT = {
  declined = "bridged-false", hangup = "no-answer", simulring = "first-pickup",
  closed_browser = "no-answer", dial_buffer = 0, bridged = "present", fallback = "bare",
}

-- What a leg may do, and other words for it.
simulator.DOES = {
  "answered", "busy", "no-answer", "failed", "canceled", "declined", "voicemail", "closed", "caller-hangs-up",
}
-- And "live": a person decides while the call is played (people.lua).
local ALIASES = {
  answer = "answered", accepted = "answered", no_answer = "no-answer", cancelled = "canceled",
  reject = "declined", caller_hangs_up = "caller-hangs-up", offline = "closed", mailbox = "voicemail",
}
for _, word in ipairs(simulator.DOES) do
  ALIASES[word] = word
end

---@class SimulatorLegScript
---@field does string one of simulator.DOES
---@field after number? seconds until it happens
---@field press string? keys when asked; answered: "1", else none
---@field press_after number? seconds after the question began
---@field talk number? seconds of talk; 30
---@field hangup "callee"|"caller"? who ends the talk; the callee

---@class SimulatorOptions
---@field url string the voice webhook
---@field from string "+1…", "client:user_42", "anonymous" …
---@field to string
---@field fetch fun(url: string, params: table, about: table): string?, string?, string?
---@field notify fun(url: string, params: table, about: table)
---@field legs table? a script for each leg: by target ("+1…", "client:…") and, for the others, in order;
--- a word or a SimulatorLegScript; "no-answer" for legs it doesn't name
---@field digits (string|table|false)[]? what the caller presses at each <Gather>: "1", { keys=, after= },
--- { speech= }, false for nothing
---@field messages (number|table)[]? what the caller leaves at each <Record>: seconds, 0 for silence,
--- { seconds=, hangup=, key= }; 8 seconds if none is given
---@field hangup_at number? the caller hangs up after so many seconds
---@field variant table? fields of SimulatorVariant that differ
---@field at integer? when the call comes in, in seconds since 1970
---@field call_sid string?
---@field account_sid string?
---@field params table<string, string>? further fields of the voice webhook
---@field status_callback string? told at the end of the call
---@field fallback_url string?
---@field api_base_url string? where RecordingUrl points
---@field new_sid (fun(prefix: string): string)? nil: they are numbered
---@field observe fun(kind: "call"|"leg"|"recording", what: table)? told of every change, before callbacks
---@field tick (fun(from: number, to: number): boolean?, number?, SimulatorAct[]?)? told whenever time passes.
--- true ends the call; a second before `to` is where it stopped, for what people do then
---@field live boolean? people answer the browsers that the script leaves out: see people.lua
---@field play_seconds number? how long an audio file takes
---@field transcript string?

---@class SimulatorResult
---@field timeline SimulatorEvent[]
---@field documents { at: number, who: string, url: string, params: table, xml: string? }[]
---@field callbacks { at: number, kind: string, url: string, params: table }[]
---@field legs SimulatorLeg[] in the order they were rung
---@field recordings SimulatorRecording[]
---@field sid string
---@field status string Twilio's word for the caller's leg
---@field ending "hangup"|"rejected"|"gone"|"end"|"error"|"loop" of the call
---@field outcome "connected"|"message"|"rejected"|"abandoned"|"told"|"error" what the caller got
---@field seconds number from the first ring to the end
---@field duration number seconds since the call was picked up

---@param entry string|table|nil
---@return SimulatorLegScript? script
---@return string? message
---@return "malformed"? code
function simulator.leg_script(entry)
  if entry == nil then
    return { does = "no-answer" }
  end
  if type(entry) == "string" then
    entry = { does = entry }
  end
  local does = type(entry) == "table" and ALIASES[entry.does or (entry.press and "answered") or ""]
  if not does then
    local word, known = type(entry) == "table" and entry.does or entry, table.concat(simulator.DOES, ", ")
    if type(word) ~= "string" then
      return nil, "must be one of " .. known, "malformed"
    end
    return nil, ("%s isn't a valid leg outcome; try one of %s"):format(word, known), "malformed"
  end
  local script = {}
  for key, value in pairs(entry) do
    script[key] = value
  end
  script.does = does
  return script
end

-- The scripts of all legs. A wrong one is the caller's mistake, so it raises.
local function leg_scripts(legs)
  local scripts = {}
  for key, entry in pairs(legs or {}) do
    local script, message = simulator.leg_script(entry)
    scripts[key] = script or error("simulator.play: " .. message, 3)
  end
  return scripts
end

local function variant(changes)
  local chosen = {}
  for name, value in pairs(simulator.VARIANT) do
    chosen[name] = value
  end
  for name, value in pairs(changes or {}) do
    if chosen[name] == nil then
      error("simulator.play: unknown variant " .. tostring(name), 3)
    end
    chosen[name] = value
  end
  return chosen
end

---@param options SimulatorOptions
---@return SimulatorResult
function simulator.play(options)
  return simulator_call.play(options, variant(options.variant), leg_scripts(options.legs))
end

--- One line per event: "0:07 the caller hears: …".
---@param timeline SimulatorEvent[]
---@return string[]
function simulator.lines(timeline)
  local lines, names = {}, { call = "", caller = "the caller " }
  for position, event in ipairs(timeline) do
    local who = names[event.who] or (event.target or "the callee") .. " "
    lines[position] = ("%d:%02d  %s%s"):format(event.at // 60, math.floor(event.at % 60), who, event.text)
  end
  return lines
end

return simulator
