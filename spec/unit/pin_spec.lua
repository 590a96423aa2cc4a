-- PINs of people.txt: what is read and refused, which phones ask for one, and what whoever picks up hears.
dofile("spec/support/native.lua")
local answers = require("calls.steps.answers")
local away = require("calls.plans.away")
local dial = require("calls.steps.dial")
local dial_outcome = require("calls.steps.dial_outcome")
local pins = require("calls.team.pins")
local plan = require("calls.plans.plan")
local screening = require("calls.plans.screening")
local team = require("calls.team.team")
local twiml = require("calls.twiml.document")
local words = require("calls.rules.words")

local JOE, DESK, ANA = "+13035550142", "+13035550143", "+13035550177"
local HASH = "scrypt$15$8$1$MB5E0z1wjIo4TbINZUzTgQ$JLMRYlyxbD50nTLveTbykKgmrqHTj_t5r3fDThsG_eA"
local PEOPLE = ("[joe]\nphone: %s\nphone: %s, no confirm\npin: %s  # from May\n[ana]\nphone: %s\n"
  .. "[both]\nphone: %s\n"):format(JOE, DESK, HASH, ANA, JOE)

local function read(people)
  return team.read(function(name)
    return ({ ["people.txt"] = people, ["groups.txt"] = "all: both, joe, ana\n" })[name]
  end, "US")
end

local function told(people)
  return table.concat(team.messages(read(people)), "\n")
end

describe("a pin in people.txt", function()
  it("is written as it was read", function()
    local known = read(PEOPLE)
    assert.same({}, team.messages(known))
    assert.equal(HASH, known.people[1].pin)
    assert.equal(PEOPLE, team.text(known, "people", known.people))
  end)

  it("is read as a hand writes it, and an edit of others leaves its bytes alone", function()
    local shapes = {
      crlf = (PEOPLE:gsub("\n", "\r\n")),
      bom = "\u{FEFF}" .. PEOPLE,
      tabs = (PEOPLE:gsub("pin: ", "\tPin\t:\t")),
      blanks = (PEOPLE:gsub("pin: (%S+).-\n", "pin:%1 \t \n\n\n")),
    }
    for name, text in pairs(shapes) do
      local known = read(text)
      assert.same({}, team.messages(known), name)
      assert.equal(HASH, known.people[1].pin, name)
      known.people[2].name = "Ana"
      local edited = team.text(known, "people", known.people)
      local line = text:match("[^\n]*scrypt[^\n]*\n")
      assert.is_truthy(edited:find(line, 1, true), name)
      assert.equal(HASH, read(edited).people[1].pin, name)
    end
  end)

  for _, typed in ipairs { "4821", "hunter2", "scrypt$15$8$1$x", HASH .. "=", HASH:sub(1, -2) .. " 4821",
    HASH:sub(1, -2), HASH .. "A", (HASH:gsub("MB5E", "")),
    "scrypt$19" .. HASH:sub(10), "$2b$12$" .. ("x"):rep(53) } do
    it("is refused without being shown: " .. typed:sub(1, 12), function()
      local message = told(("[joe]\nphone: %s\npin: %s\n"):format(JOE, typed))
      assert.is_truthy(message:find("people.txt:3: joe, pin: this isn't the hash of a PIN; write", 1, true))
      assert.is_nil(message:find(typed, 1, true))
    end)
  end

  it("is refused twice, empty, and where no phone asks for it", function()
    local joe = ("[joe]\nphone: %s"):format(JOE)
    assert.is_truthy(told(joe .. "\npin: " .. HASH .. "\npin: " .. HASH):find("pin is there twice", 1, true))
    assert.is_truthy(told(joe .. "\npin:"):find("pin is empty", 1, true))
    for _, phones in ipairs { "\nphone: " .. JOE .. ", no confirm", "\nuser: 42" } do
      local message = told("[joe]" .. phones .. "\npin: " .. HASH)
      assert.is_truthy(message:find("no phone asks for the pin", 1, true))
    end
  end)

  it("has no place in what the API shows", function()
    local shown = pins.hidden(PEOPLE .. HASH:gsub("eA$", "eB"))
    assert.is_nil(shown:find("scrypt", 1, true))
    local first, second = shown:match("(%(hidden %x+%)).*(%(hidden %x+%))")
    assert.is_truthy(first ~= second)
    assert.is_truthy(shown:find("\npin: " .. first .. "  # from May\n[ana]\n", 1, true))
  end)
end)

local function ringing(whom, options)
  local w = words.environment { team = read(PEOPLE), country = "US" }
  options = options or {}
  options.seconds = 10
  return plan.flatten(w.ring(whom(w), options):otherwise(w.voicemail()))
end

local function asked(flat)
  local list = {}
  for _, step in ipairs(flat.steps) do
    for _, target in ipairs(step.targets or {}) do
      local phone = target.phone
      list[#list + 1] = ("%s %s %s"):format(phone, tostring(screening.asks_for_pin(step, phone)),
        tostring(screening.asks_to_press(step, phone)))
    end
  end
  return list
end

describe("a phone", function()
  local function joe(w) return w.person "joe" end

  it("asks for the PIN where it would ask for 1, and where one of several people has one", function()
    assert.same({ JOE .. " true true", DESK .. " false false" }, asked(ringing(joe)))
    assert.same({ JOE .. " false true" }, asked(ringing(function(w) return w.person "both" end)))
    assert.same({ JOE .. " false true" }, asked(ringing(function() return JOE end)))
    assert.same({ JOE .. " true true", ANA .. " false true", DESK .. " false false" },
      asked(ringing(function(w) return w.group "all" end)))
    assert.same({ JOE .. " false true" }, asked(ringing(function(w) return w.person "both" end)))
  end)

  it("asks as the rule's confirm says, and after someone else was left out", function()
    assert.same({ JOE .. " false false", DESK .. " false false" }, asked(ringing(joe, { confirm = false })))
    assert.same({ JOE .. " true true", DESK .. " false true" }, asked(ringing(joe, { confirm = true })))
    local group = ringing(function(w) return w.group "all" end)
    assert.same({ JOE .. " true true", DESK .. " false false" },
      asked((away.left_out(group, 1000, { [ANA] = 2000 }))))
  end)

  it("carries no hash into the plan, and is asked by an address that says so", function()
    local flat = ringing(joe)
    local node = dial.node(flat.steps[1], 1, flat.steps[1].targets, { number = {}, call = {} })
    local text = twiml.write(twiml.response { node })
    assert.is_truthy(text:find("step=screen&amp;leg=fwd&amp;n=1&amp;pin=1", 1, true), text)
    local function no_hash(value)
      for key, inner in pairs(value) do
        assert.is_true(type(inner) == "table" or not tostring(inner):find("scrypt", 1, true), tostring(key))
        if type(inner) == "table" then no_hash(inner) end
      end
    end
    no_hash(flat)
  end)
end)

describe("whoever picks up", function()
  local flat = ringing(function(w) return w.person "joe" end)
  local ctx = { number = { friendly_name = "Junk Removal" }, call = { from = "+14155550123" } }
  local busy = false
  local saved = { plan = flat, pin_fits = function(phone, pin)
    if busy then
      return nil
    end
    return phone == JOE and pin == "4821"
  end }

  local function typed(digits, try, to)
    return answers.screened({ params = { Digits = digits, To = to or JOE },
      query = { step = "screened", leg = "fwd", n = "1", pin = "1", try = try } }, saved, ctx)
  end

  it("hears who calls, and types the PIN instead of 1", function()
    local document = answers.screen({ params = {}, query = { n = "1", pin = "1" } }, saved, ctx).twiml
    assert.is_truthy(document:find("Call for Junk Removal from 4 1 5", 1, true), document)
    assert.is_truthy(document:find("Enter your PIN", 1, true))
    assert.is_truthy(document:find('finishOnKey="#"', 1, true))
    assert.is_nil(document:find("Press 1", 1, true))
    assert.is_true(typed("4821", "3").accepted)
  end)

  it("has three tries; silence, as a mailbox has it, ends it at once", function()
    for _, wrong in ipairs { "1", "4822", "48211", "0000", "*" } do
      for try = 1, 2 do
        local answer = typed(wrong, tostring(try))
        assert.is_nil(answer.accepted)
        assert.is_truthy(answer.twiml:find(("try=%d&amp;pin=1"):format(try + 1), 1, true), answer.twiml)
        assert.is_truthy(answer.twiml:find("That PIN is wrong", 1, true))
      end
      local last = typed(wrong, "3")
      assert.is_false(last.accepted)
      assert.is_truthy(last.twiml:find("<Response><Hangup/>", 1, true))
    end
    assert.is_false(typed("", "1").accepted)
    assert.is_false(typed(nil, "1").accepted)
    assert.is_false(typed("4821", "3", DESK).accepted)
  end)

  it("is asked again, and loses no try, while it can't be checked", function()
    busy = true
    local answer = typed("4821", "3")
    busy = false
    assert.is_nil(answer.accepted)
    assert.is_truthy(answer.twiml:find("try=3&amp;pin=1", 1, true))
  end)

  it("and doesn't know it didn't answer", function()
    local report = { status = "completed", bridged = "false" }
    assert.equal("no_answer", dial_outcome.read(flat.steps[1], report).outcome)
    assert.equal("declined", dial_outcome.read(ringing(function() return JOE end).steps[1], report).outcome)
    local several = flat.steps[1]
    local targets = { several.targets[1], { phone = ANA } }
    several = { kind = "ring", leg = several.leg, targets = targets, seconds = 20 }
    assert.equal("declined", dial_outcome.read(several, report).outcome) -- someone else may have said no
  end)
end)
