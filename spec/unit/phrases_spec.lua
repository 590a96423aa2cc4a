-- What callers and callees hear, in each language: no English is left when another one is set.
dofile("spec/support/native.lua")
local all = require("phrases")
local console_forwarding = require("calls.plans.console_forwarding")
local outgoing = require("calls.steps.outgoing")
local phrases = require("calls.twiml.phrases")
local plan = require("calls.plans.plan")
local reader = require("calls.twiml.reader")
local speech = require("calls.twiml.speech")
local steps = require("calls.steps.documents")
local words = require("calls.rules.words").environment {}

local RING = words.ring("+13035550142")

local function context(changes)
  local ctx = { base_url = "https://calls.example.com", v = 1, online = {}, numbers = {},
    number = { id = 1, user_id = "1", phone_number = "+13035550100", recording = "off" },
    call = { from = "anonymous", to = "+13035550100", sid = "CA1" } }
  for key, value in pairs(changes or {}) do ctx[key] = value end
  return ctx
end

--- The texts of all <Say> of a document, and the languages and voices they are said in.
local function said(document)
  local found = {}
  local function visit(node)
    for _, child in ipairs(reader.elements(node)) do
      if child.name == "Say" then
        found[#found + 1] = { text = reader.text(child), language = child.attributes.language,
          voice = child.attributes.voice }
      end
      visit(child)
    end
  end
  visit(assert(reader.parse(document)))
  return found
end

--- Every document in which we say something of our own.
local function documents(ctx, options)
  local mail = plan.flatten(words.voicemail(options))
  local menu = plan.flatten(words.menu("https://example.com/menu.mp3", { ["1"] = RING }, options))
  local asked = context { language = ctx.language,
    number = { phone_number = "+13035550100", recording = "ask" } }
  local plain = context { language = ctx.language, voice = ctx.voice, in_progress = true }
  local list = {
    voicemail = steps.begin(mail, ctx), thanks = steps.voicemail_done(mail, 1, ctx),
    wrong_key = steps.menu(menu, 1, { digits = "9", try = 1 }, ctx),
    no_key = steps.menu(menu, 1, { digits = "", try = 2 }, plain),
    asked = steps.menu(menu, 1, { digits = "1", try = 1 }, asked),
    nobody = steps.after(menu, menu.steps[1].digits["1"], { status = "no-answer" }, plain),
  }
  list.nobody = list.nobody.twiml
  local told = plan.flatten(words.say("…", options):otherwise(words.reject()))
  list.told = steps.enter(told, told.steps[told.start].next.otherwise, plain)
  if options then
    return list
  end
  list.screen = steps.screen(plan.flatten(RING), 1, ctx)
  for _, from in ipairs { "client:user_2", "sip:a@example.com" } do
    list[from] = steps.screen(nil, 1, context { language = ctx.language, call = { from = from } })
  end
  list.consent = steps.enter(plan.flatten(RING), nil, asked)
  list.rejected = steps.enter(plan.flatten(words.say("…"):otherwise(words.reject())), nil, ctx)
  list.closed = steps.enter(console_forwarding.closed(), nil, ctx)
  list.apology, list.unknown_number = steps.apology(ctx), steps.unknown_number(ctx)
  list.refused = outgoing.answer({ from = "client:user_1", to = "911" }, ctx)
  for _, outcome in ipairs { "no-answer", "busy", "failed" } do
    list[outcome] = outgoing.after({ status = outcome }, ctx).twiml
  end
  return list
end

local function english(text)
  for key, sentence in pairs(all.en) do
    for part in sentence:gmatch("[^{}]+") do
      if #part > 3 and part ~= "caller" and part ~= "company" and text:find(part, 1, true) then
        return key
      end
    end
  end
end

describe("our own sentences", function()
  for _, language in ipairs { "es-ES", "es-MX", "ES-mx", "fr-FR", "fr-CA", "de-DE", "de", "es" } do
    it("are all in " .. language .. " when that is set", function()
      for what, document in pairs(documents(context { language = language })) do
        local list = said(document)
        assert.is_true(#list > 0, what)
        for _, one in ipairs(list) do
          assert.is_nil(english(one.text), what .. ": " .. one.text)
          assert.equal(language, one.language, what)
        end
      end
    end)

    it(("are in %s in a step of that language, without the voice of another"):format(language), function()
      local ctx = context { language = "en-US", voice = "Polly.Joanna" }
      ctx.number.voicemail_greeting = "You have reached the firm."
      for what, document in pairs(documents(ctx, { language = language })) do
        for _, one in ipairs(said(document)) do
          assert.is_nil(english(one.text), what .. ": " .. one.text)
          assert.is_nil(one.text:find("You have reached", 1, true))
          assert.same({ language = language, text = one.text }, one)
        end
      end
      for _, document in pairs(documents(ctx, { language = language, voice = "Polly.Lupe" })) do
        for _, one in ipairs(said(document)) do assert.equal("Polly.Lupe", one.voice) end
      end
    end)
  end

  it("are in the language that a step's voice speaks, when it names none", function()
    for voice, language in pairs { ["Polly.Lupe"] = "es-US", ["Google.fr-CA-Standard-A"] = "fr-CA" } do
      for what, document in pairs(documents(context { language = "de-DE" }, { voice = voice })) do
        for _, one in ipairs(said(document)) do
          assert.same({ language, voice }, { one.language, one.voice }, what)
          assert.is_nil(english(one.text), what .. ": " .. one.text)
        end
      end
    end
  end)

  it("go on as a menu or say began, each caller's, and the number's own greeting stays", function()
    local spanish, french = { language = "es-MX" }, { language = "fr-FR", voice = "Polly.Lea" }
    local both = plan.flatten(words.menu("Hello", {
      ["1"] = words.menu("Hola", { ["1"] = RING }, spanish),
      ["2"] = words.say("Bonjour", french):otherwise(RING),
      ["3"] = RING, ["4"] = words.menu("Ciao", { ["1"] = RING }, { voice = "Polly.Bianca" }),
    }))
    local function heard(digit, key, number)
      local ctx = context { language = "en-US", voice = "Polly.Joanna", number = number }
      local n = both.steps[both.start].digits[digit]
      n = both.steps[n].digits and both.steps[n].digits[key] or both.steps[n].next.otherwise
      if both.steps[n].kind == "ring" then n = both.steps[n].next.otherwise end
      local one = said(steps.enter(both, n, ctx))[1]
      return { one.text, one.language, one.voice }
    end
    for _, key in ipairs { "1", "none" } do
      assert.same({ all.es.greeting, "es-MX" }, heard("1", key))
      assert.same({ all.en.greeting, "en-US", "Polly.Joanna" }, heard("4", key))
      assert.same({ "Acme.", "en-US", "Polly.Joanna" }, heard("1", key, { voicemail_greeting = "Acme." }))
    end
    assert.same({ all.fr.greeting, "fr-FR", "Polly.Lea" }, heard("2"))
    assert.same({ all.en.greeting, "en-US", "Polly.Joanna" }, heard("3"))
  end)

  it("say the same things in every language, with the same places to fill in", function()
    for tag, sentences in pairs(all) do
      for key, sentence in pairs(all.en) do
        local places, theirs = {}, {}
        for place in sentence:gmatch("{%a+}") do places[place] = true end
        for place in (sentences[key] or ""):gmatch("{%a+}") do theirs[place] = true end
        assert.same(places, theirs, tag .. " " .. key)
      end
    end
  end)

  it("are English, and spoken as such, where a language has none", function()
    local one = said(steps.apology(context { language = "it-IT", voice = "Polly.Bianca" }))[1]
    assert.same({ "en-US" }, { one.language, one.voice })
    assert.is_false(phrases.has("it-IT"))
  end)

  it("of a step are refused where there are none", function()
    for _, f in ipairs {
      function() words.voicemail("Ciao", { language = "it-IT" }) end,
      function() words.menu("Ciao", { ["1"] = RING }, { language = "it-IT" }) end,
    } do
      local _, message = pcall(f)
      assert.is_truthy(message:find('phrases.lua has no sentences in "it-IT"', 1, true), message)
    end
    assert.is_truthy(words.say("Ciao", { language = "it-IT" }))
  end)
end)

describe("a text with marks of speech", function()
  local TEXT = "<speak>Hello &amp; welcome.<break time='1s'/>"
    .. "Press <emphasis level=\"strong\">1</emphasis></speak>"

  local function document(voice)
    return (steps.enter(plan.flatten(words.say(TEXT)), nil, context { voice = voice }))
  end

  it("keeps them with voices that know them", function()
    for _, voice in ipairs { "Polly.Joanna", "Polly.Joanna-Neural", "Google.en-US-Standard-C" } do
      assert.is_truthy(document(voice):find('Hello &amp; welcome.<break time="1s"/>'
        .. 'Press <emphasis level="strong">1</emphasis></Say>', 1, true), document(voice))
    end
  end)

  it("is the words alone with others", function()
    for _, voice in ipairs { "man", "woman", "alice", false } do
      assert.is_truthy(document(voice or nil):find(">Hello &amp; welcome. Press 1</Say>", 1, true))
    end
  end)

  it("is escaped where it isn't marked as one", function()
    local text = steps.enter(plan.flatten(words.say("5 < 6 <break/>")), nil,
      context { voice = "Polly.Joanna" })
    assert.is_truthy(text:find("5 &lt; 6 &lt;break/&gt;", 1, true))
    local node = speech.say({ voice = "Polly.Joanna" }, "<speak>Hi <b>you</b></speak>")
    assert.equal("<speak>Hi <b>you</b></speak>", node[1])
  end)

  for text, expected in pairs {
    ["<speak>Hi<break></speak>"] = "say: line 1: ",
    ["<speak>Hi <Hangup/></speak>"] = "say: <Hangup> can't be in <speak>",
    ["<speak></speak>"] = "say: <speak> is empty",
    ["<speak>Hi<break tme='1s'/></speak>"] = 'say: <break> has no attribute "tme"',
  } do
    it("is refused: " .. text, function()
      local _, message = pcall(function() words.say(text) end)
      assert.is_truthy(tostring(message):find(expected, 1, true), message)
      local _, other = pcall(function() words.voicemail(text) end)
      assert.is_truthy(tostring(other):find(expected:gsub("^say", "voicemail"), 1, true), other)
    end)
  end
end)

describe("the team's phrases are refused", function()
  for message, given in pairs {
    ["phrases.lua: it must return a table with the English sentences"] = 5,
    ['phrases.lua: "en" lacks greeting'] = { en = {} },
    ["phrases.lua: a language is written es = { … }, not 1"] = { en = all.en, "Hola" },
  } do
    it("with their name: " .. message, function()
      package.loaded.phrases, package.loaded["calls.twiml.phrases"] = given, nil
      local ok, refusal = pcall(require, "calls.twiml.phrases")
      package.loaded.phrases, package.loaded["calls.twiml.phrases"] = all, phrases
      assert.is_false(ok)
      assert.is_truthy(tostring(refusal):find(message, 1, true), refusal)
    end)
  end
end)
