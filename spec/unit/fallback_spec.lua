local fallback = require("calls.steps.fallback")

local A = "+13035550142"
local PLAN = { start = 1, steps = {
  { kind = "ring", leg = "fwd", seconds = 20, targets = { { phone = A } }, next = { otherwise = 2 } },
  { kind = "menu", digits = { ["1"] = 3 }, next = { otherwise = 4 } },
  { kind = "ring", leg = "line", seconds = 15, targets = { { user = "7" } }, next = { otherwise = 4 } },
  { kind = "voicemail" },
} }
local FIRST = { entered = "ring", entered_n = 1, at = 0 }
local AFTER = { n = 1, entered = "menu", entered_n = 2, at = 20000 }
local CHOSEN = { n = 2, entered = "ring", entered_n = 3, at = 25000 }
local UNANSWERED = { n = 3, entered = "voicemail", entered_n = 4, at = 40000 }

local function known(fields)
  local call = { plan = PLAN, decision = FIRST, rows = {}, legs = {}, at = 1000, facts = {} }
  for key, value in pairs(fields) do call[key] = value end
  return call
end

local LATE = { rows = { AFTER, CHOSEN, UNANSWERED }, at = 58000 } -- Twilio no longer waits for the mailbox

local function words(params, failed, call)
  local step, query, more = fallback.plan_of(params, failed, call)
  local list = { step }
  for _, key in ipairs { "leg", "n" } do
    if query[key] then list[#list + 1] = key .. "=" .. query[key] end
  end
  if more then list[#list + 1] = more.DialCallStatus .. "/" .. more.DialBridged end
  return table.concat(list, " ")
end

describe("fallback.place", function()
  for name, case in pairs {
    ["is where the first document leads"] = { { FIRST, {} }, { "ring", 1, 0 } },
    ["follows the answers"] = { { FIRST, { AFTER, CHOSEN, UNANSWERED } }, { "voicemail", 4, 40000 } },
    ["stays at a menu that asks again"] = {
      { FIRST, { AFTER, { n = 2, entered = "menu", entered_n = 2, at = 9 } } }, { "menu", 2, 9 } },
    ["takes the last answer of a step"] = {
      { FIRST, { { n = 1, entered = "ring", entered_n = 1, at = 5 }, AFTER } }, { "menu", 2, 20000 } },
    ["leaves out what led nowhere"] = { { FIRST, { { n = 1, at = 7 } } }, { "ring", 1, 0 } },
    ["is the last resort without a number"] = {
      { FIRST, { { n = 1, entered = "voicemail", at = 3 } } }, { "voicemail", nil, 3 } },
    ["is nowhere before a decision"] = { { nil, {} }, {} },
  } do
    it(name, function()
      assert.same(case[2], { fallback.place(case[1][1], case[1][2]) })
    end)
  end
end)

describe("without the address that failed", function()
  local leg = { to = A, status = "no-answer" }
  for name, case in pairs {
    ["a call begins that is not known"] = { { decision = false }, "first" },
    ["a phone rings that cannot have rung"] = { {}, "again leg=fwd n=1", "ringing" },
    ["one may have rung in a call in progress"] = { {}, "after leg=fwd n=1 no-answer/false" },
    ["or when Twilio no longer waits for an answer"] = {
      { at = 17000 }, "after leg=fwd n=1 no-answer/false", "ringing" },
    ["a first document that was asked for again is a first one"] = {
      { rows = { { n = 1, entered = "ring", entered_n = 1, at = 9 } } },
      "after leg=fwd n=1 no-answer/false" },
    ["a caller who is gone rings nobody"] = {
      { rows = { AFTER, CHOSEN }, at = 26000 }, "after leg=line n=3 no-answer/false", "completed" },
    ["a message is recorded when Twilio no longer waits"] = {
      { rows = { AFTER, CHOSEN, UNANSWERED }, at = 58000 }, "vm_done n=4" },
    ["one that may have rung does not"] = { { at = 20000 }, "after leg=fwd n=1 no-answer/false" },
    ["nor does the status say so of a call that began late"] = {
      { began_late = true, at = 2000 }, "again leg=fwd n=1" },
    ["nor one that was heard of"] = { { legs = { leg } }, "after leg=fwd n=1 no-answer/false" },
    ["the word of its leg counts"] = {
      { legs = { { to = A, status = "busy" } } }, "after leg=fwd n=1 busy/false" },
    ["not that of other legs"] = {
      { legs = { leg }, rows = { AFTER, CHOSEN }, at = 26000 }, "again leg=line n=3" },
    ["a browser's leg is its ring's"] = {
      { legs = { leg, { to = "client:user_7", status = "failed" } }, rows = { AFTER, CHOSEN }, at = 26000 },
      "after leg=line n=3 failed/false" },
    ["a talk ends the call"] = { { facts = { talk = "forwarded" } }, "after leg=fwd n=1 completed/true" },
    ["wherever the plan stands"] = {
      { facts = { talk = "answered" }, rows = { AFTER } }, "hangup n=2 completed/true" },
    ["a menu is heard again"] = { { rows = { AFTER } }, "again n=2" },
    ["a message is thanked for"] = {
      { facts = { message = 1 }, rows = { AFTER, CHOSEN, UNANSWERED } }, "vm_done" },
    ["a mailbox is offered"] = { { rows = { AFTER, CHOSEN, UNANSWERED } }, "apology n=4" },
    ["consent was not given"] = {
      { decision = { entered = "consent", entered_n = 1, at = 0 } }, "consent leg=fwd n=1" },
    ["the end is an end"] = {
      { decision = { entered = "reject", entered_n = 1, at = 0 } }, "hangup leg=fwd n=1" },
    ["a refused call stays refused"] = { { decision = { entered = "refused: x", at = 0 } }, "hangup" },
  } do
    it(name, function()
      local call = known(case[1])
      call.decision = call.decision or nil
      assert.equal(case[2], words({ CallStatus = case[3] or "in-progress" }, nil, call))
    end)
  end
end)

describe("a caller at the mailbox, long after its document", function()
  -- Twilio may name another address: that of a greeting it couldn't play, or ours behind another host.
  local ELSEWHERE = {
    "https://files.example/greeting.mp3", "http://files.example:8080/a?b=c", "https://a.example",
    "https://elsewhere.example/voice?step=after&n=1", "https://a.example/?u=/api/twilio/twiml",
    "https://a.example/?step=vm_doner" }
  local OURS = {
    "https://elsewhere.example/voice?step=vm_done&n=4", "https://b.example/v?n=4&step=vm_done",
    "https://pbx.example/api/twilio/twiml?step=unheard_of", "", "x", "https", "http://", "https:// a" }
  local function said(url, facts)
    local call, params = known(LATE), { CallStatus = "in-progress", ErrorUrl = url }
    call.facts = facts or {}
    return words(params, fallback.failed_step(url), call)
  end

  it("can leave a message if something else failed", function()
    for _, url in ipairs(ELSEWHERE) do assert.equal("apology n=4", said(url), url) end
  end)
  it("is thanked if it can only have been the message's own request", function()
    for _, url in ipairs(OURS) do assert.matches("^vm_done", said(url), nil, nil, url) end
    assert.matches("^vm_done", said(nil))
  end)
  it("is thanked for a message that is known, whatever failed", function()
    for _, url in ipairs(ELSEWHERE) do assert.equal("vm_done", said(url, { message = 1 }), url) end
  end)
end)

describe("fallback.failed_step", function()
  local BASE = "https://pbx.example/api/twilio/twiml"
  it("reads an address of ours", function()
    assert.same({ step = "after", leg = "fwd", n = "2", rule = "7", v = "31" },
      fallback.failed_step(BASE .. "?step=after&leg=fwd&n=2&rule=7&v=31#rc=2"))
    assert.same({ step = "first" }, fallback.failed_step(BASE))
  end)
  it("takes nothing else, whatever it is", function()
    for _, url in ipairs { "", "x", "https://pbx.example/", BASE .. "?step=fallback", BASE .. "?step=%61fter",
      BASE .. "?step=" .. ("a"):rep(99), BASE .. ("x"):rep(3000), "\0", "https://a/?u=" .. BASE } do
      assert.is_nil(fallback.failed_step(url))
    end
    assert.is_nil(fallback.failed_step(nil))
    local url = BASE .. "?step=menu&n=1&n=2&try=99&leg=A&x=y"
    assert.same({ step = "menu", n = "1" }, fallback.failed_step(url))
  end)
end)
