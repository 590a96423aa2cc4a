-- routes/sandbox_phone.lua: the sandbox behind a browser's phone: it rings, and
-- calls, without a telephone network. Without `sandbox = yes` everything is 404.

local config = require("config")
local driver = require("sandbox.driver")
local fail = require("hookswitch.fail")
local identity = require("calls.parties.identity")
local json = require("json")
local live = require("sandbox.live")
local numbers = require("models.numbers")
local call_request = require("sandbox.call_request")
local reply = require("hookswitch.reply")
local people = require("calls.simulator.people")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local SID = "^CA%x+$"
-- The caller hangs up then, whatever happens.
local RING_SECONDS, DIAL_SECONDS = 300, 600

local RING = v.object { from = v.string { min = 1, max = 100, default = call_request.CALLER } }
local DIAL = v.object {
  sid = v.string { pattern = SID, min = 34, max = 34 },
  to = v.string { min = 1, max = 100 },
  caller_id = v.string { max = 100, optional = true },
  record = v.boolean { default = false },
}
local ACT = v.object {
  does = v.one_of(people.DOES),
  keys = v.string { pattern = "^[0-9*#w]+$", max = 32, optional = true },
}

local function in_sandbox(handler)
  return function(req)
    if not config.get("sandbox") then
      fail(404, "not_found", "This is not the sandbox.")
    end
    return handler(req)
  end
end

-- Whom numbers of these ends stand for, as the test numbers of the trade do.
local function callee(to)
  if to:find("0009$") then
    return "busy"
  elseif to:find("0008$") then
    return "no-answer"
  end
  return { does = "answered", after = 4, talk = DIAL_SECONDS }
end

local function play(what, at)
  local summary, message, code = driver.play(what, at)
  if not summary then
    fail(code == "no_voice_url" and 422 or 503, code, message)
  end
  local rang = false
  for _, leg in ipairs(summary.legs) do
    rang = rang or leg.target:find("^client:") ~= nil
  end
  return reply.json({ sid = summary.sid, outcome = summary.outcome, rang = rang }, 201)
end

--- Someone calls the user's first number. The answer comes when the call is over.
---@param req Request
local function ring(req)
  local number = numbers.callable(req.user.id)[1]
  if not number then
    fail(422, "no_number", "You have no number to call. Buy one first.")
  end
  return play({
    from = req.body.from, to = number.phone_number, live = true, hangup_at = RING_SECONDS,
  }, req.at)
end

--- The user calls someone. The answer comes when the call is over.
---@param req Request
local function dial(req)
  local body = req.body
  return play({
    call_sid = body.sid, from = "client:" .. identity.of(req.user.id), to = body.to, live = true,
    params = { CallerId = body.caller_id, Record = body.record and "true" or nil },
    legs = not body.to:find("^user_") and { callee(body.to) } or nil, hangup_at = DIAL_SECONDS,
  }, req.at)
end

---@param req Request
local function ringing(req)
  return reply.json { calls = json.array(live.ringing(req.user.id)) }
end

---@param req Request
local function act(req)
  if req.body.does == "press" and not req.body.keys then
    fail.invalid { keys = wrong("keys_missing") }
  end
  if not live.leave(req.user.id, req.path.sid, req.body) then
    fail(404, "not_found", "You have no such call under way.")
  end
  return reply.empty()
end

return {
  prefix = "/api/sandbox",
  tag = "Sandbox",
  auth = "user",
  role = "agent",
  { "POST", "/ring", in_sandbox(ring), body = RING, seconds = driver.LONGEST_SECONDS,
    summary = "Have someone call the user's first number; the response comes when the call is over",
    responses = { [201] = "PlayedCall" } },
  { "POST", "/dial", in_sandbox(dial), body = DIAL, seconds = driver.LONGEST_SECONDS,
    summary = "Call someone from the browser; the response comes when the call is over",
    responses = { [201] = "PlayedCall" } },
  { "GET", "/calls", in_sandbox(ringing), summary = "Calls ringing in the user's browser",
    responses = { [200] = "RingingCalls" } },
  { "POST", "/calls/:sid", in_sandbox(act), body = ACT, summary = "Answer, decline, hang up or press keys",
    responses = { [204] = false } },
}
