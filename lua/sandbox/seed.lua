-- sandbox.seed: the sandbox's first start: one number, bought through the API, a
-- forwarding setting and a few calls, for a newcomer to look at.
--
--   seed.run(at)   -> text: what to try. It fills the database once; the text comes each time.

local call_log = require("models.call_log")
local config = require("config")
local driver = require("sandbox.driver")
local json = require("json")
local jwt = require("jwt")
local log = require("log")
local numbers = require("models.numbers")
local call_request = require("sandbox.call_request")
local sandbox = require("models.sandbox")
local standin = require("standin")

local seed = {}

seed.USER = "demo"
local AREA_CODE = "510"
local WORKERS = 3 -- this one, the one that buys, and the one that is Twilio
local CREW = "+15105550142" -- rung when the owner doesn't answer

-- How the first calls go.
local CALLS = {
  { from = call_request.CALLER, legs = { "answered" }, digits = {}, messages = { 12 } },
  { from = "+13035550188", legs = { { does = "declined" } }, messages = { 6 } },
  { from = "+12065550117", legs = { "caller-hangs-up" } },
  { from = "+16175550164", legs = { "busy", "no-answer" }, messages = { { seconds = 9, hangup = true } } },
}

local function post(target, body)
  local claims = { iss = "hookswitch-session", sub = seed.USER, role = "admin" } -- who may buy a number
  local token = jwt.sign(claims, { key = "session", expires = 60 })
  local headers = { "Authorization: Bearer " .. token, "Content-Type: application/json" }
  local status, answer = standin.request("POST", target, headers, json.encode(body))
  if status ~= 201 then
    log.warn("sandbox_seed", { path = target, http_status = status, message = answer })
    return nil
  end
  return json.decode(answer)
end

local function sow(at)
  local number = post("/api/twilio/buy-number", { areaCode = AREA_CODE, country = "US" })
  if not number then
    return
  end
  post("/api/call-forwarding", {
    phone_number_id = number.id, forward_to_number = CREW, forwarding_type = "no_answer", ring_timeout = 15,
  })
  for _, call in ipairs(CALLS) do
    call.to = number.phone_number
    local summary, message, code = driver.play(call, at)
    if not summary then
      log.warn("sandbox_seed", { code = code, message = message })
      return
    end
  end
end

local TEXT = [[
Sandbox: no Twilio account is used, and nothing here costs anything.
  Your number is %s, with %d calls in its log; it belongs to the user %s.
  Have someone call it, from another terminal:
    curl -s -H 'Content-Type: application/json' %s/sandbox/calls \
      -d '{"to":"%s","legs":["no-answer",{"does":"answered","talk":40}]}'
  Look at the log:
    token=$(build/hookswitch token --sandbox %s)
    curl -s -H "Authorization: Bearer $token" '%s/api/twilio/call-logs?limit=1'
  The console is at %s/; sign in with that token.
  Then edit %s/forwarding.lua, save it, and have someone call again.
]]

---@param at integer milliseconds
---@return string
function seed.run(at)
  if config.get("workers") < WORKERS then
    return ("Sandbox: fewer than %d workers cannot call each other (HOOKSWITCH_WORKERS).\n"):format(WORKERS)
  end
  local list = numbers.all()
  if #list == 0 and #sandbox.list("call", nil, 1) == 0 then
    sow(at)
    list = numbers.all()
  end
  local number = list[1]
  if not number then
    return "Sandbox: no Twilio account is used, and nothing here costs anything.\n"
  end
  local base, phone = config.get("server_url"), number.phone_number
  local calls = #call_log.list(number.user_id, { limit = 500 })
  return TEXT:format(phone, calls, number.user_id, base, phone, number.user_id, base, base, config.get("lua"))
end

return seed
