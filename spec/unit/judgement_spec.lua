local judgement = require("calls.steps.judgement")

-- Every set of facts, with the values a fact can have; false is "not known".
local VALUES = {
  { "inbound", true, false }, { "over", true, false }, { "decided", true, false },
  { "talk", false, "answered", "forwarded" }, { "talk_over", true, false },
  { "turned_away", false, "blocked", "rejected", "refused: policy" },
  { "message", true, false }, { "gave_up", true, false }, { "hung_up", true, false },
  { "mailbox", true, false }, { "word", false, "busy", "no_answer" },
}

local function each(visit)
  local facts = {}
  local function choose(position)
    local values = VALUES[position]
    if not values then
      return visit(facts)
    end
    for i = 2, #values do
      facts[values[1]] = values[i]
      choose(position + 1)
    end
  end
  choose(1)
end

local function words(facts)
  local list = {}
  for _, values in ipairs(VALUES) do
    list[#list + 1] = values[1] .. "=" .. tostring(facts[values[1]])
  end
  return table.concat(list, " ")
end

local function row(facts)
  local reason, talking = judgement.of(facts)
  return {
    direction = facts.inbound and "inbound" or "outbound", ended_at = facts.over and 1 or nil,
    answered_at = talking and 1 or nil, end_reason = reason,
  }
end

describe("a verdict", function()
  it("keeps what must hold, for every set of facts", function()
    local seen = {}
    each(function(facts)
      local call = row(facts)
      local outcome, what = judgement.outcome(call), words(facts)
      seen[outcome] = true
      if facts.talk then
        assert.equal((facts.talk_over or facts.over) and "talked" or "talking", outcome, what)
      else
        assert.is_true(outcome ~= "talked" and outcome ~= "talking", what)
      end
      if outcome == "talked" then assert.equal(facts.talk, call.end_reason, what) end
      if facts.over and not facts.talk then
        assert.is_true(call.end_reason ~= nil and outcome ~= "live", what)
      end
      local known = facts.over or facts.talk or facts.turned_away or facts.message or facts.gave_up
      if not known then
        assert.equal("live", outcome, what)
      end
      local kept = facts.message and not facts.talk and not facts.turned_away
      assert.equal(kept and true or false, outcome == "message", what)
      if outcome == "missed" then
        assert.is_true(facts.inbound and not facts.turned_away, what)
      end
      if outcome == "unanswered" then assert.is_false(facts.inbound, what) end
      if judgement.reached_nobody(call) then assert.is_true(facts.inbound and not facts.talk, what) end
    end)
    local outcomes = { "live", "talking", "talked", "message", "turned_away", "missed", "unanswered" }
    for _, outcome in ipairs(outcomes) do
      assert.is_true(seen[outcome], outcome)
    end
  end)

  it("never goes back from a talk, a message or a refusal when more becomes known", function()
    each(function(facts)
      local before = judgement.outcome(row(facts))
      if before ~= "talked" and before ~= "message" and before ~= "turned_away" then return end
      for _, more in ipairs { "over", "message", "gave_up", "hung_up", "mailbox", "decided" } do
        local was = facts[more]
        facts[more] = true
        assert.equal(before, judgement.outcome(row(facts)), words(facts))
        facts[more] = was
      end
    end)
  end)

  it("takes 1 and 0, as a database says it", function()
    each(function(facts)
      local bits = {}
      for _, values in ipairs(VALUES) do
        local value = facts[values[1]]
        if value == true or value == false and type(values[3]) == "boolean" then
          bits[values[1]] = value and 1 or 0
        else
          bits[values[1]] = value or nil
        end
      end
      assert.equal((judgement.of(facts)), (judgement.of(bits)))
    end)
  end)

  for name, case in pairs {
    ["a caller who left no message"] = {
      { inbound = true, over = true, decided = true, mailbox = true }, "no_message" },
    ["a caller who hung up while it rang"] = { { inbound = true, over = true, decided = true }, "abandoned" },
    ["a call that nobody decided"] = { { inbound = true, over = true }, "no_answer" },
    ["one whose plan hangs up"] = {
      { inbound = true, over = true, decided = true, hung_up = true }, "hangup" },
    ["a busy callee"] = { { over = true, decided = true, word = "busy" }, "busy" },
    ["a callee who does not answer"] = { { over = true, decided = true }, "no_answer" },
    ["a talk that goes on"] = { { inbound = true, decided = true, talk = "answered" }, nil },
  } do
    it("says of " .. name .. ": " .. tostring(case[2]), function()
      assert.equal(case[2], (judgement.of(case[1])))
    end)
  end
end)

describe("an unscreened phone", function()
  local A, B = "+13035550142", "+13035550177"
  local function ring(leg, confirm, ...)
    local targets = {}
    for i, phone in ipairs { ... } do targets[i] = { phone = phone } end
    return { kind = "ring", leg = leg, confirm = confirm, targets = targets }
  end
  for name, case in pairs {
    ["has the leg of its ring"] = { { ring("fwd", true, B), ring("simulring", false, A, B) }, "simulring" },
    ["is none where it has to press 1"] = { { ring("fwd", true, A) }, nil },
    ["has to press 1 where any ring asks for it"] = { { ring("fwd", false, A), ring("fwd", nil, A) }, nil },
    ["is none that is not rung"] = { { ring("fwd", false, B), { kind = "voicemail" } }, nil },
  } do
    it(name, function()
      assert.equal(case[2], judgement.unscreened({ start = 1, steps = case[1] }, A))
    end)
  end
  it("is none without a plan", function() assert.is_nil(judgement.unscreened(nil, A)) end)
end)
