-- Whatever callers, pages, contacts and settings contain: the document stays
-- well-formed, and no element appears that a harmless text would not have made.
dofile("spec/support/native.lua")
local generator = dofile("spec/support/random.lua")
local outgoing = require("calls.steps.outgoing")
local plan = require("calls.plans.plan")
local console_forwarding = require("calls.plans.console_forwarding")
local speech = require("calls.twiml.speech")
local steps = require("calls.steps.documents")
local twiml = require("calls.twiml.document")
local words = require("calls.rules.words")
local xml = dofile("spec/support/xml.lua")

local w = words.environment()

local PIECES = {
  "<", ">", "&", '"', "'", "]]>", "<![CDATA[", "</Say>", "<Dial>+19005550142</Dial>", "&amp;", "&#0;", "&lt;",
  "\0", "\1", "\8", "\t", "\n", "\r", "\27", "\127", "\xC0\x80", "\xED\xA0\x80", "\xFF", "\xEF\xBF\xBE",
    "\xEF\xBF\xBF",
  "\xF4\x90\x80\x80", "\xE2\x82", "漢字", "🙂", "é", "\u{85}", "\u{2028}", "<!--", "-->", "<?xml?>",
    "%s", "%1", "$0",
  "<!ENTITY x SYSTEM 'file:///'>", "https://example.com/?a=1&b=<2>", "+13035550142", "client:", "user_7",
    " ", "a",
  '" callerId="+19005550142', "\\", "/", "?step=vm_done&v=1", "#", ("x"):rep(300),
}

local below = generator(20261122)

local function hostile()
  local parts = {}
  for i = 1, below(5) do parts[i] = PIECES[below(#PIECES)] end
  return table.concat(parts)
end

local TARGET = "+13035550142"

local function context(text)
  local from
  repeat -- a phone that calls isn't rung
    from = text()
  until from ~= TARGET
  return {
    base_url = "https://calls.example.com", v = text(), rec = text(), voice = nil, company = text(),
    number = { id = 1, user_id = text(), phone_number = "+" .. text(), friendly_name = text(),
      recording = "on",
      recording_announcement = text(), voicemail_greeting = text() },
    call = { from = from, to = text(), sid = text(), name = text() },
  }
end

local function some_plan(text)
  return plan.flatten(w.ring({ w.user(42), TARGET }, { seconds = 5 })
    :on("busy", w.say("x " .. text()))
    :on("failed", w.voicemail("x " .. text()))
    :otherwise(w.menu("x " .. text(), { ["1"] = w.hangup() })))
end

-- Each makes a document; `text` is in every place that someone outside can fill.
local DOCUMENTS = {
  enter = function(text) return (steps.enter(some_plan(text), nil, context(text))) end,
  settings = function(text)
    local ctx = context(text)
    local rule = { id = text(), forward_to_number = text(), ring_timeout = text() }
    return (steps.enter(console_forwarding.plan(ctx.number, { no_answer = rule }, {}), nil, ctx))
  end,
  after = function(text)
    local report = { status = text(), bridged = text(), parent_status = text(), to = text() }
    return steps.after(some_plan(text), 1, report, context(text)).twiml
  end,
  busy = function(text) return steps.after(some_plan(text), 1, { status = "busy" }, context(text)).twiml end,
  failed = function(text) return steps.after(some_plan(text), 1, { status = "failed" },
    context(text)).twiml end,
  menu = function(text) return (steps.menu(some_plan(text), 2, { digits = text(), try = text() },
    context(text))) end,
  screen = function(text) return steps.screen(some_plan(text), 1, context(text)) end,
  screened = function(text) return (steps.screened(text())) end,
  apology = function(text) return steps.apology(context(text)) end,
  goodbye = function(text) return steps.goodbye(context(text), text()) end,
  outgoing = function(text)
    local ctx = context(text)
    ctx.numbers = { ctx.number }
    return (outgoing.answer({ from = "client:user_42", to = text(), caller_id = text() }, ctx))
  end,
  colleague = function(text)
    local ctx = context(text)
    ctx.numbers = {}
    return (outgoing.answer({ from = "client:user_42", to = "user_7" }, ctx))
  end,
}

describe("hostile text", function()
  for name, document in pairs(DOCUMENTS) do
    it("leaves the document well-formed: " .. name, function()
      for _ = 1, 400 do
        local ok, message = pcall(xml.parse, document(hostile))
        assert.is_true(ok, message)
      end
    end)
  end

  it("adds no element and changes no number that is dialled", function()
    for _ = 1, 400 do
      local p = some_plan(hostile)
      local root = xml.parse((steps.begin(p, context(hostile))))
      local shape = xml.shape(root)
      assert.is_truthy(shape:match("^Response%(Dial%(Client%(Identity Parameter Parameter%) Number%)%)$")
        or shape:match("^Response%(%a+ Dial%(Client%(Identity Parameter Parameter%) Number%)%)$"), shape)
      local dial = root.children[#root.children]
      assert.equal("+13035550142", dial.children[2].children[1])
      assert.equal("user_42", dial.children[1].children[1].children[1])
    end
  end)

  it("comes back unchanged from text and attribute, but for what XML cannot hold", function()
    for _ = 1, 2000 do
      local text = hostile()
      local root = xml.parse(twiml.write(twiml.response {
        twiml.say { "x" .. text }, twiml.play { digits = text },
      }))
      if utf8.len(text) and not text:find("[%z\1-\8\11\12\14-\31]")
        and not text:find("\xEF\xBF[\xBE\xBF]") then
        assert.equal("x" .. text, root.children[1].children[1])
        assert.equal(text, root.children[2].attributes.digits)
      end
    end
  end)

  it("keeps a query in one piece", function()
    for _ = 1, 400 do
      local ctx = context(hostile)
      local root = xml.parse((steps.enter(plan.flatten(w.ring(w.user(42))), nil, ctx)))
      local action = root.children[#root.children].attributes.action
      assert.is_truthy(action:match("^https://calls%.example%.com/api/twilio/twiml%?step=after&leg=line&n=1"
        .. "&rec=[%w_.~%%-]*&v=[%w_.~%%-]*$"), action)
    end
  end)

  it("is cut to what Twilio says at once, never inside a character", function()
    for length = 3990, 4010 do
      local text = speech.cut(("漢"):rep(length), 4000)
      assert.is_true(#text <= 4000 and utf8.len(text) ~= nil)
      xml.parse(steps.goodbye({}, ("&"):rep(length)))
    end
    xml.parse(steps.screen(nil, 1, { company = ("<"):rep(100000), call = { name = ("&"):rep(100000) } }))
  end)
end)
