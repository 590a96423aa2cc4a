-- address_spec.lua: texts that are said, addresses that are played, and what is to be heard there.
dofile("spec/support/native.lua")
local address = require("calls.plans.address")
local speech = require("calls.twiml.speech")
local twiml = require("calls.twiml.document")
local words = require("calls.rules.words")

local URL = "https://example.com/a/Hello.mp3?x=1#y"

-- Blanks, schemes and places in every combination.
local BLANKS = { "", " ", "\t", "\r\n", "  \n ", "\u{A0}", "\u{3000}", "\u{200B}", "\u{FEFF}" }
local SCHEMES = { "https", "HTTPS", "Https", "hTTp", "http" }

describe("an address of a recording", function()
  it("is trimmed and has its scheme in small letters, whatever is around it", function()
    local tried = 0
    for _, before in ipairs(BLANKS) do
      for _, after in ipairs(BLANKS) do
        for _, scheme in ipairs(SCHEMES) do
          local text, is_address = address.read(before .. scheme .. "://example.com/A.mp3" .. after)
          assert.same({ scheme:lower() .. "://example.com/A.mp3", true }, { text, is_address })
          tried = tried + 1
        end
      end
    end
    assert.equal(#BLANKS * #BLANKS * #SCHEMES, tried)
  end)

  it("has no space inside, wherever", function()
    for _, blank in ipairs(BLANKS) do
      for at = #"https://" + 1, #URL - 1 do
        local text, message = address.read(URL:sub(1, at) .. blank .. URL:sub(at + 1))
        if blank == "" then
          assert.equal(URL, text)
        else
          assert.is_nil(text)
          assert.matches("space in its address: write %%20", message)
        end
      end
    end
  end)

  for _, bad in ipairs { "ftp://example.com/a.mp3", "file:///etc/passwd", "FTP://x", "javascript://x" } do
    it("is not " .. bad, function()
      local text, message = address.read(bad)
      assert.is_nil(text)
      assert.matches("http or https address", message)
    end)
  end

  for _, bad in ipairs { "https://", "http:///a.mp3", "https://?x", "https:\\\\example.com\\a.mp3",
    "https://" .. ("x"):rep(2000), "https:example.com/a.mp3", "https:/example.com/a", "http//example.com/a",
    "WWW.example.com/a", "//example.com/a.mp3", "example.com/hello.WAV", "hello.mp3" } do
    it("is whole: " .. bad:sub(1, 30), function()
      local text, message = address.read(bad)
      assert.is_nil(text)
      assert.matches("isn't a whole address", message)
    end)
  end

  for _, text in ipairs { "Hello.", " Hello there: https is safe. ",
    "See us at https://example.com/hello", "", "10:30",
    "Hi.", "www is said so", "httpd", "We are on www.example.com", "Version.2", ".mp3" } do
    it(("is none in %q, which is said as it is"):format(text), function()
      assert.same({ text, false }, { address.read(text) })
    end)
  end

  it("is played, also one that was stored before it was checked", function()
    for _, stored in ipairs { URL, " " .. URL .. "\n", "HTTPS" .. URL:sub(6) } do
      local xml = twiml.write(twiml.response { speech.greeting({}, stored) })
      assert.matches("<Play>" .. URL:gsub("%p", "%%%0") .. "</Play>", xml)
    end
  end)

  it("is the same in the words of rules, and a mistake is the author's", function()
    local env = words.environment {}
    for word, made in pairs {
      play = function(text) return env.play(text) end,
      voicemail = function(text) return env.voicemail(text) end,
      menu = function(text) return env.menu(text, { ["1"] = env.hangup() }) end,
    } do
      assert.has_no_error(function() made(" HTTPS://example.com/x.mp3 ") end, word)
      for _, bad in ipairs { "https://example.com/x y.mp3", "ftp://example.com/x.mp3", "https://" } do
        assert.has_error(function() made(bad) end, nil, word .. " " .. bad)
      end
    end
  end)
end)

describe("what is heard at an address", function()
  local answer, asked
  local audible

  setup(function()
    package.loaded["api.audible"] = nil
    local real = package.loaded.http
    package.loaded.http = { request = function(request)
      asked = request
      return table.unpack(answer)
    end }
    audible = require("api.audible")
    package.loaded.http = real
  end)

  local function got(kind, body, status)
    return { { status = status or 200, headers = { ["content-type"] = kind }, body = body or "sound" } }
  end
  local function wav(bytes)
    local fmt = "fmt " .. string.pack("<I4", 16) .. ("\1\0"):rep(8)
    return "RIFF" .. string.pack("<I4", 36 + bytes) .. "WAVE" .. fmt .. "data"
      .. string.pack("<I4", bytes) .. ("\5"):rep(bytes)
  end

  for what, good in pairs {
    ["an MP3"] = got("audio/mpeg"), ["a part"] = got("Audio/X-Wav; charset=x", wav(40), 206),
    ["WAV"] = got("audio/wav", wav(8)),
    ["a large file"] = { nil, "the answer is too large", "too_large" },
  } do
    it("is enough: " .. what, function()
      answer = good
      assert.is_nil(audible.problem(URL))
      assert.is_true(asked.timeout <= 3 and asked.max_bytes <= 65536 and asked.redirects <= 3)
    end)
  end

  for what, case in pairs {
    ["no such file"] = { got("audio/mpeg", "x", 404), "answers with 404" },
    ["a page"] = { got("text/html; charset=utf-8"), "text/html, which Twilio does not play" },
    ["no type"] = { { { status = 200, headers = {}, body = "x" } }, "does not say what kind" },
    ["an empty file"] = { got("audio/mpeg", ""), "empty" },
    ["a WAV without a sound"] = { got("audio/wav", wav(0)), "no sound in it" },
    ["nobody there"] = { { nil, "cannot connect.", "connect" }, "cannot connect%.$" },
    ["a private address"] = { { nil, "example.com has a private address", "refused_address" },
      "private address" },
  } do
    it("is not enough: " .. what, function()
      answer = case[1]
      local words_of_it = audible.problem(URL)
      assert.matches(case[2], words_of_it)
      assert.matches("Callers may hear nothing of https://example.com", words_of_it)
    end)
  end
end)
