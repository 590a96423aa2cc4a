-- The small parts that the API is made of.
dofile("spec/support/native.lua")

local aliases = require("hookswitch.fields.aliases")
local csv = require("api.csv")
local cursor = require("hookswitch.cursor")
local fail = require("hookswitch.fail")
local http_date = require("hookswitch.http_date")
local json = require("json")
local twilio_failure = require("twilio.failure")
local v = require("hookswitch.fields.validate")
local webhooks = require("twilio.webhooks")

describe("upstream", function()
  for _, case in ipairs {
    { "not_configured", 503, "twilio_not_configured" }, { "connect", 502, "twilio_unreachable" },
    { "dns", 502, "twilio_unreachable" }, { "tls", 502, "twilio_unreachable" },
    { "timeout", 502, "twilio_timeout" }, { "lost", 502, "twilio_failed" },
    { "malformed", 502, "twilio_failed" },
    { "too_large", 502, "twilio_failed" }, { "memory", 502, "twilio_failed" }, { "", 502, "twilio_failed" },
    { "twilio:", 502, "twilio_failed" }, { "twilio:x", 502, "twilio_failed" },
    { "twilio:21404", 422, "trial_limit" }, { "twilio:21421", 422, "invalid_number" },
    { "twilio:21422", 409, "number_taken" }, { "twilio:21451", 404, "no_numbers_available" },
    { "twilio:21452", 404, "no_numbers_available" }, { "twilio:21631", 422, "address_required" },
    { "twilio:21649", 422, "bundle_required" }, { "twilio:21612", 422, "twilio_refused" },
    { "twilio:13224", 422, "twilio_refused" }, { "twilio:20404", 404, "not_found_at_twilio" },
    { "twilio:20003", 502, "twilio_refused_credentials" },
    { "twilio:401", 502, "twilio_refused_credentials" },
    { "twilio:20429", 503, "twilio_busy" }, { "twilio:429", 503, "twilio_busy" },
    { "twilio:20500", 502, "twilio_failed" }, { "twilio:20503", 502, "twilio_failed" },
    { "twilio:500", 502, "twilio_failed" }, { "twilio:307", 502, "twilio_failed" },
  } do
    it(("answers %d %s for %q"):format(case[2], case[3], case[1]), function()
      assert.same({ case[2], case[3] }, { twilio_failure.meaning(case[1]) })
    end)
  end

  it("raises what the router knows, with Twilio's words", function()
    local ok, failure = pcall(twilio_failure.fail, "Twilio answered 429", "twilio:20429")
    assert.is_false(ok)
    assert.is_true(fail.is(failure))
    assert.same({ 503, "twilio_busy", "Twilio answered 429", "5" },
      { failure.status, failure.code, failure.message, failure.headers["Retry-After"] })
  end)
end)

describe("aliases", function()
  local FIELDS = v.object({ friendly_name = v.string { max = 5 }, is_active = v.boolean() },
    { partial = true })
  local CHECK = aliases(FIELDS, { friendlyName = "friendly_name" })

  it("takes either name", function()
    assert.same({ friendly_name = "a" }, CHECK { friendlyName = "a" })
    assert.same({ friendly_name = "a" }, CHECK { friendly_name = "a" })
  end)

  it("names the field, whichever name was used", function()
    local value, problems = CHECK { friendlyName = "too long", colour = 1 }
    assert.is_nil(value)
    assert.truthy(problems.friendly_name)
    assert.truthy(problems.colour)
  end)

  it("refuses both at once", function()
    local value, problems = CHECK { friendlyName = "a", friendly_name = "b" }
    assert.is_nil(value)
    assert.equal("is given under two names", tostring(problems.friendly_name))
  end)

  it("says both in its schema", function()
    assert.equal(CHECK.schema.properties.friendly_name, CHECK.schema.properties.friendlyName)
    assert.is_false(CHECK.schema.additionalProperties)
  end)
end)

describe("cursor", function()
  local function rows(count)
    local list = {}
    for n = 1, count do list[n] = { started_at = 1000 - n, id = 100 - n } end
    return list
  end

  it("cuts what was read too much and says where the next page begins", function()
    local list = rows(4)
    assert.equal("997-97", cursor.cut(list, 3))
    assert.equal(3, #list)
    assert.same({ at = 997, id = 97 }, cursor.read("997-97"))
  end)

  it("is null at the end", function()
    for count = 0, 3 do
      local list = rows(count)
      assert.equal(json.null, cursor.cut(list, 3))
      assert.equal(count, #list)
    end
  end)

  it("refuses a text that is none", function()
    for _, text in ipairs { "", "1", "a-b", "1-2-3", "-1-2", ("9"):rep(20) .. "-1", "1-" .. ("9"):rep(20) } do
      assert.is_false((pcall(cursor.read, text)))
    end
  end)
end)

describe("csv", function()
  it("writes what spreadsheets read", function()
    assert.equal('a,b\r\n1,"x,""y"""\r\n,"two\nlines"\r\n',
      csv.write({ "a", "b" }, { { a = 1, b = 'x,"y"' }, { b = "two\nlines" } }))
  end)

  for given, cell in pairs {
    ["=1+1"] = "'=1+1", ["@x"] = "'@x", ["\tx"] = "'\tx", ["+cmd|x"] = "'+cmd|x", ["-1+1"] = "'-1+1",
    [" =1"] = "' =1", ["\u{FEFF}=1"] = "'\u{FEFF}=1", ["＝1"] = "'＝1",
    ["＋1"] = "'＋1", ["－x"] = "'－x", ["＠x"] = "'＠x", ["３"] = "３",
    ["+13035550142"] = "+13035550142", ["-0.0085"] = "-0.0085", ["client:user_42"] = "client:user_42",
  } do
    it(("writes %q so that nothing runs"):format(given), function()
      assert.equal(cell .. "\r\n", csv.lines({ "a" }, { { a = given } }))
    end)
  end
end)

describe("http_date", function()
  it("reads dates of headers and of Twilio", function()
    assert.equal(1795339800, http_date.read("Sun, 22 Nov 2026 09:30:00 GMT"))
    assert.equal(1795339800, http_date.read("Sun, 22 Nov 2026 09:30:00 +0000"))
    assert.equal(0, http_date.read("Thu, 1 Jan 1970 00:00:00 GMT"))
  end)

  it("reads nothing else", function()
    for _, text in ipairs { "", "2026-11-22", "Sun, 22 Foo 2026 09:30:00 GMT",
      "Sun, 22 Nov 2026 09:30:00 +0100", "Sunday, 22-Nov-26 09:30:00 GMT" } do
      assert.is_nil(http_date.read(text))
    end
  end)
end)

describe("webhooks", function()
  it("lists what a resource has not, in order", function()
    local wanted = { VoiceUrl = "https://a/", VoiceMethod = "POST", TrunkSid = "" }
    local same = { voice_url = "https://a/", voice_method = "POST", trunk_sid = json.null }
    assert.same({}, webhooks.differences(same, wanted))
    assert.same({
      { name = "TrunkSid", is = "TK1", wanted = "" },
      { name = "VoiceMethod", is = "", wanted = "POST" },
      { name = "VoiceUrl", is = "https://b/", wanted = "https://a/" },
    }, webhooks.differences({ voice_url = "https://b/", trunk_sid = "TK1" }, wanted))
  end)
end)
