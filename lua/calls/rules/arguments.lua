-- arguments.lua: what the words of a rule file read of their arguments.
--
--   arguments.read(steps, read)             -> read, after step(read) for each step
--   arguments.options(read, word, known)    checks read.options: only names that are known
--   arguments.whole(word, name, value, least, most)   -> integer?, in these bounds
--
-- The mistakes in one call of a word are reported together, those of its options and of its other arguments.

local mistake = require("calls.mistake")
local plan = require("calls.plans.plan")

local arguments = {}

local NONE = {}

-- What other systems call an option.
local MEANT = {
  timeout = "seconds", time = "seconds", duration = "seconds", secs = "seconds",
  sec = "seconds", delay = "seconds", wait = "seconds", ring_seconds = "seconds", ringtime = "seconds",
  retries = "tries", attempts = "tries", lang = "language", locale = "language",
  callerId = "caller_id", callerid = "caller_id", caller = "caller_id", from = "caller_id",
  strategy = "order", mode = "order", screen = "confirm", screening = "confirm", accept = "confirm",
}

-- What an option of Twilio's stands for that no word has, and where that is.
local ELSEWHERE = {}
for why, names in pairs {
  ["whether calls are recorded is a setting of the number"] = "record recording recordingTrack "
    .. "recordCall trim recordingStatusCallback",
  ["how long it rings is seconds, and calls end after call_limit_seconds of app.conf"] = "timeLimit "
    .. "time_limit limit max_duration",
  ["the digits of its keys say how many are asked for"] = "numDigits num_digits digits finishOnKey",
  ["a message ends after a silence, # or two minutes"] = "maxLength max_length length silence",
  ["messages are transcribed, after a beep, without being asked"] = "transcribe playBeep beep",
  ["write the text twice"] = "loop repeat_count times",
  ["what comes next is written :otherwise(…)"] = "action next default fallback otherwise",
  ["Hookswitch gets Twilio's reports itself"] = "method statusCallback statusCallbackEvent url",
  ["confirm = true asks for a key, which no answering machine presses"] = "machineDetection amd whisper",
  ["callers choose with keys"] = "input hints speechTimeout speechModel bargeIn",
} do
  for name in names:gmatch("%S+") do ELSEWHERE[name] = why end
end

local EXAMPLES = { seconds = 20, tries = 3, language = "es-MX", caller_id = "called",
  order = "random", confirm = false }

-- The value that was given, unless it can't be this option's. Other systems have other words for an order.
local function value_of(name, given)
  local example = EXAMPLES[name]
  local fits = name ~= "order" and math.type(given) == math.type(example) and type(given) == type(example)
  return mistake.show(fits and given or example)
end

--- A step finds in `read` what those before it have left there; a mistake in one doesn't hide those of the
--- others.
---@param steps fun(read: table)[]
---@param read table
---@return table read
function arguments.read(steps, read)
  mistake.each(steps, function(_, step) step(read) end)
  return read
end

---@param read table its options; none when nothing can be read of them
---@param word string
---@param known table<string, any>
function arguments.options(read, word, known)
  local given = read.options
  if type(given) ~= "table" or plan.is(given) then read.options = NONE end
  if given == nil then
    return
  elseif read.options == NONE then
    local seconds = math.type(given) == "integer" and given or 25
    if word == "ring" and type(given) == "string" then
      mistake("ring: several are a list: write ring({ JOE, ANA }, { seconds = 20 })")
    end
    mistake(("%s: options are a table, such as { %s }, not %s"):format(word,
      known.seconds and "seconds = " .. seconds or 'language = "es-MX"', mistake.show(given)))
  end
  mistake.each(given, function(key, value)
    if type(key) == "number" then
      mistake(("%s: %s has no name: options are written { %s = … }"):format(word, mistake.show(value),
        known.seconds and "seconds" or "language"))
    elseif not known[key] then
      local name = known[MEANT[key]] and MEANT[key]
      local why = not name and ELSEWHERE[key]
      local meant = why and ": " .. why or name and (": write %s = %s"):format(name, value_of(name, value))
        or mistake.nearest(key, known)
      mistake(("%s has no option %s%s"):format(word, mistake.show(key),
        meant ~= "" and meant or (": it takes %s"):format(mistake.names(known))))
    end
  end)
end

---@param word string
---@param name string
---@param value any
---@param least integer
---@param most integer
---@return integer?
function arguments.whole(word, name, value, least, most)
  if value == nil then
    return nil
  end
  local number = math.type(value) and math.tointeger(value)
  if not number or number < least or number > most then
    mistake(("%s: %s must be a whole number from %d to %d, not %s"):format(word, name, least, most,
      mistake.show(value)))
  end
  return number
end

return arguments
