-- Voices and languages of a <Say>: what Twilio's own library lists is fine; what is nearly right is told with
-- how to write it.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")
local voices = require("calls.twiml.voices")
local words = require("calls.rules.words").environment {}

local DECLARED = "spec/node_modules/twilio/lib/twiml/VoiceResponse.d.ts"

--- The texts of a type of twilio-node.
local function listed(name)
  local file <close> = assert(io.open(DECLARED))
  local list, members = {}, file:read("a"):match("type " .. name .. " = ([^;]+);")
  for text in members:gmatch('"([^"]+)"') do list[#list + 1] = text end
  return list
end

local function file_with(value)
  return 'return {\n{ "a", go = ' .. value .. " },\n}\n"
end

it("every voice that Twilio's library lists is fine, but for those with accents", function()
  local list = listed("SayVoice")
  assert.is_true(#list > 800, tostring(#list))
  for _, voice in ipairs(list) do
    if voice:find("[\128-\255]") then
      assert.is_truthy(voices.wrong(voice):find("write", 1, true), voice)
    else
      assert.is_nil(voices.wrong(voice), voice)
      assert.is_nil(voices.unlisted(voice), voice)
    end
  end
end)

it("every language that it lists is fine, alone and with its country", function()
  local list = listed("SayLanguage")
  assert.is_true(#list > 60, tostring(#list))
  for _, language in ipairs(list) do
    assert.is_nil(voices.language(language), language)
    assert.is_nil(voices.language(language:match("^%a+")), language)
  end
end)

describe("a voice that Twilio doesn't have is refused:", function()
  local CASES = {
    ["Lupe"] = "Polly.Lupe", ["lupe"] = "Polly.Lupe", ["polly.Lupe"] = "Polly.Lupe",
    ["POLLY.LUPE"] = "Polly.Lupe", ["Polly Lupe"] = "Polly.Lupe",
    ["Polly.lupe-neural"] = "Polly.Lupe-Neural", ["Joanna Neural"] = "Polly.Joanna-Neural",
    ["Amazon Polly Joanna"] = "Polly.Joanna",
    ["Amazon.Polly.Joanna"] = "Polly.Joanna", ["aws:Amy"] = "Polly.Amy",
    ["Polly.Léa"] = "Polly.Lea", ["Céline"] = "Polly.Celine", ["Penélope"] = "Polly.Penelope",
    ["es-US-Neural2-A"] = "Google.es-US-Neural2-A", ["google.de-DE-Wavenet-B"] = "Google.de-DE-Wavenet-B",
    ["Google.en_gb-Standard-A"] = "Google.en-GB-Standard-A", ["female"] = "woman", ["Male"] = "man",
    ["Alice"] = "alice", ["WOMAN"] = "woman",
    ["Siri"] = false, ["Polly"] = false, ["Polly."] = false, ["default"] = false,
  }
  for voice, right in pairs(CASES) do
    it(voice, function()
      local wanted = ("Twilio has no voice %q: "):format(voice)
        .. (right and ("write %q"):format(right) or 'use "man", "woman" or one with its provider, such as ')
      if right then assert.is_nil(voices.wrong(right)) end
      for word, value in pairs {
        say = "say(%q, { voice = %q })", voicemail = "voicemail(%q, { voice = %q })",
        menu = 'menu(%q, { ["1"] = voicemail() }, { voice = %q })',
      } do
        local text = problems.refused("forwarding.lua", file_with(value:format("Hola", voice)), {})
        assert.equal(1, select(2, text:gsub("\n?forwarding%.lua:", "")), text)
        assert.is_truthy(text:find("forwarding.lua:2: " .. word .. ": " .. wanted, 1, true), text)
      end
      local raw = ("twiml { twiml.say { %q, voice = %q } }"):format("Hola", voice)
      assert.is_truthy(problems.refused("forwarding.lua", file_with(raw), {}):find(wanted, 1, true))
    end)
  end
end)

it("voice and language are both told", function()
  local text = problems.refused("forwarding.lua",
    file_with('say("Hola", { voice = "Lupe", language = "spanish" })'), {})
  assert.is_truthy(text:find('write "Polly.Lupe"', 1, true), text)
  assert.is_truthy(text:find('"spanish" isn\'t the code of a language', 1, true), text)
end)

describe("what only looks like one is a warning, also in a table of its own:", function()
  for option, wanted in pairs {
    ['voice = "Polly.Luppe"'] = '"Polly.Luppe" isn\'t a known voice of Twilio\'s, and callers might hear '
      .. 'nothing (did you mean "Polly.Lupe"?)',
    ['voice = "Polly.Joana-Neural"'] = '(did you mean "Polly.Joanna-Neural"?)',
    ['voice = "Polly.Xyzzyx"'] = "isn't a known voice of Twilio's, and callers might hear nothing",
    ['language = "en-UK"'] = '"en-UK" isn\'t a known language of Twilio\'s, and callers might hear nothing: '
      .. "write en-AU, en-CA, en-GB",
    ['language = "jp"'] = "callers might hear nothing: write ja-JP",
    ['language = "cz"'] = ": write cs-CZ",
    ['language = "dk-DK"'] = ": write da-DK",
  } do
    it(option, function()
      for _, source in ipairs {
        file_with('say("Hello", { ' .. option .. " })"),
        "local SPOKEN = { " .. option .. ' }\nreturn { { "a", go = say("Hello", SPOKEN) } }\n',
      } do
        assert.equal("", problems.refused("forwarding.lua", source, {}), "a warning refuses nothing")
        local warnings = problems.meant(source).warnings
        assert.equal(1, #warnings)
        assert.is_truthy(warnings[1].message:find(wanted, 1, true), warnings[1].message)
      end
    end)
  end
end)

it("a voice beside a language that it doesn't speak is a warning", function()
  for options, wanted in pairs {
    ['voice = "Polly.Lupe", language = "de-DE"'] = '"Polly.Lupe" speaks es-US, so callers might hear '
      .. "nothing: leave language out",
    ['language = "fr-FR", voice = "Google.en-GB-Standard-A"'] = "speaks en-GB",
    ['language = "es-MX", voice = "Polly.Lupe"'] = false,
    ['language = "hi-IN", voice = "Polly.Aditi"'] = false, ['language = "de-DE", voice = "woman"'] = false,
  } do
    local warnings = problems.meant(file_with('say("Hello", { ' .. options .. " })")).warnings
    assert.equal(wanted and 1 or 0, #warnings, options)
    assert.is_truthy(not wanted or warnings[1].message:find(wanted, 1, true), options)
  end
end)

it("a table of the file's own may have any voice and language", function()
  for _, value in ipairs { '"Grace"', '""', '"x-y"' } do
    local read = problems.meant("local STAFF = { voice = " .. value .. ", language = 1 }\nreturn {}")
    assert.same({}, read.warnings)
  end
end)

it("a voice that a rule makes while it runs is refused alike", function()
  local _, message = pcall(words.say, "Hola", { voice = "lu" .. "pe" })
  assert.is_truthy(message:find('say: Twilio has no voice "lupe": write "Polly.Lupe"', 1, true), message)
  _, message = pcall(words.say, "Hola", { voice = 3 })
  assert.is_truthy(message:find("say: Twilio has no voice 3: use", 1, true), message)
end)
