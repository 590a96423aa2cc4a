dofile("spec/support/native.lua")
local countries = require("calls.parties.countries")
local policy = require("calls.parties.policy")

local US = { countries = { US = true }, own_numbers = { ["+13035550100"] = true } }

describe("policy", function()
  for _, case in ipairs({
    { "+13035550142" }, { "+15551234567" }, { "+18005550142" }, { "+12125550142" },
    { "+13035550100", "own_number" },
    { "911", "emergency" }, { "+911", "emergency" }, { "1911", "emergency" }, { "+1911", "emergency" },
    { "9-1-1", "emergency" }, { "112", "emergency" }, { "+112", "emergency" }, { "999", "emergency" },
    { "411", "emergency" }, { "611", "emergency" }, { "+19115550142", "emergency" },
    { "72727", "malformed" }, { "3035550142", "malformed" }, { "+1303555014", "malformed" },
    { "+130355501423", "malformed" }, { "+03035550142", "malformed" }, { "", "malformed" },
    { "+1303555014a", "malformed" }, { "+13035550142\n", "malformed" }, { "+1 303 555 0142", "malformed" },
    { "sip:joe@example.com", "malformed" }, { "+1234567890123456", "malformed" },
      { 13035550142, "malformed" },
    { "+14165550142", "country" }, { "+18765550142", "country" }, { "+12425550142", "country" },
    { "+17875550142", "country" }, { "+442071234567", "country" }, { "+3725550142", "country" },
    { "+252612345678", "country" }, { "+2526123456", "malformed" }, { "+10000000000", "malformed" },
    { "+11235550142", "malformed" }, { "+9991234567", "country" },
    { "+19005550142", "premium" }, { "+19765550142", "premium" }, { "+13039765555", "premium" },
    { "+881612345678", "premium" }, { "+882161234567", "premium" }, { "+883510012345", "premium" },
    { "+870123456789", "premium" }, { "+97912345678", "premium" }, { "+80812345678", "premium" },
    { "+447012345678", "premium" }, { "+449098765432", "premium" },
  }) do
    it(("%s %s"):format(case[2] and "refuses as " .. case[2] or "allows", tostring(case[1])), function()
      local ok, message, code = policy.check(case[1], US)
      if not case[2] then
        assert.is_true(ok)
        return
      end
      assert.is_nil(ok)
      assert.equal(case[2], code)
      assert.is_truthy(message:match("%S.*%.$"), message)
    end)
  end

  it("says what a person can read", function()
    for number, expected in pairs({
      ["+18765550142"] = "+18765550142 is in Jamaica, a country this account doesn't call.",
      ["+13035550100"] = "+13035550100 is one of your own numbers: the call would come back here.",
      ["+870123456789"] = "+870123456789: calls to satellite and international networks are not allowed.",
      ["72727"] = "72727 is a short code and cannot be dialled from here.",
      ["+9991234567"] = "+9991234567 belongs to no country.",
    }) do
      local _, message = policy.check(number, US)
      assert.equal(expected, message)
    end
  end)

  it("allows any country without a list, and any of several that share a prefix", function()
    assert.is_true(policy.check("+18765550142"))
    assert.is_true(policy.check("+18005550142", { countries = { CA = true } }))
    assert.is_nil(policy.check("+13035550142", { countries = { CA = true } }))
    assert.is_true(policy.check("+14165550142", { countries = { CA = true } }))
    assert.is_true(policy.check("+77012345678", { countries = { KZ = true } }))
    assert.is_nil(policy.check("+79012345678", { countries = { KZ = true } }))
    assert.is_true(policy.check("+441534123456", { countries = { JE = true } }))
    assert.is_nil(policy.check("+441534123456", { countries = { GB = true } }))
  end)

  it("refuses prefixes that the account adds", function()
    local _, message, code = policy.check("+13035550142", { deny = { "+1304", "+1303" } })
    assert.equal("premium", code)
    assert.equal("+13035550142: calls to numbers with +1303 are not allowed.", message)
  end)

  it("counts calls and minutes", function()
    assert.is_true(policy.caps({}))
    local dial = { n = 2, phone = "+13035550142", seconds = 20 }
    local asked
    local function reserve(answer)
      return function(planned)
        asked = planned
        return answer
      end
    end
    local room = { max_live = 4, reserve = reserve(true), minutes_today = 59.9, max_minutes = 60 }
    assert.is_true(policy.caps(room, dial))
    assert.equal(dial, asked)
    local _, message, code = policy.caps({ max_live = 4, reserve = reserve(false) }, dial)
    assert.equal("too_many_calls", code)
    assert.equal("4 calls are under way already, which is the limit.", message)
    _, message, code = policy.caps({ minutes_today = 60, max_minutes = 60 })
    assert.equal("too_many_minutes", code)
    assert.equal("today's 60 minutes are used up.", message)
    asked = nil
    policy.caps({ max_live = 4, reserve = reserve(true), minutes_today = 60, max_minutes = 60 }, dial)
    assert.is_nil(asked, "what is refused for its minutes takes no place")
    assert.is_true(policy.caps({ max_live = 4, reserve = reserve(false) }), "nothing is dialled yet")
  end)

  it("ends a call when the day's minutes are used up", function()
    assert.equal(14400, policy.time_limit(nil, 14400))
    assert.equal(14400, policy.time_limit({}, 14400))
    assert.equal(14400, policy.time_limit({ max_minutes = 600, minutes_today = 360 }, 14400))
    assert.equal(90, policy.time_limit({ max_minutes = 600, minutes_today = 598.5 }, 14400))
    assert.equal(60, policy.time_limit({ max_minutes = 600, minutes_today = 100 }, 60))
    assert.equal(1, policy.time_limit({ max_minutes = 600, minutes_today = 599.999 }, 14400))
    assert.equal(1, policy.time_limit({ max_minutes = 600, minutes_today = 700 }, 14400))
  end)

  it("warns of numbers nobody has", function()
    for number, warned in pairs({
      ["+15551234567"] = true, ["+13035550142"] = true, ["+13035551212"] = true, ["+13030123456"] = true,
      ["+13039111234"] = true, ["+13034441234"] = false, ["+442071234567"] = false,
    }) do
      local message, code = policy.warning(number)
      assert.equal(warned and "undialable" or nil, code, number)
      assert.equal(warned, message ~= nil)
    end
  end)
end)

describe("countries", function()
  for number, expected in pairs({
    ["+13035550142"] = "US", ["+18765550142"] = "JM", ["+14165550142"] = "CA", ["+18005550142"] = "US CA",
    ["+4930901820"] = "DE", ["+442071234567"] = "GB", ["+447624123456"] = "IM", ["+393331234567"] = "IT",
    ["+3725550142"] = "EE", ["+85212345678"] = "HK", ["+18095550142"] = "DO", ["+12465550142"] = "BB",
  }) do
    it(("%s is in %s"):format(number, expected), function()
      assert.equal(expected, table.concat(countries.of(number), " "))
    end)
  end

  it("names every country that has numbers", function()
    local numbering, count = require("numbering"), 0
    for first = 65, 90 do
      for second = 65, 90 do
        local code = string.char(first, second)
        if numbering.country(code) then
          count = count + 1
          assert.not_equal(code, countries.name(code))
        end
      end
    end
    assert.is_true(count > 240)
  end)

  it("names a country, or gives its code", function()
    assert.equal("Jamaica", countries.name("JM"))
    assert.equal("ZZ", countries.name("ZZ"))
  end)
end)
