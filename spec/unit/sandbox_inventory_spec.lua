dofile("spec/support/native.lua")
local form = require("sandbox.form")
local inventory = require("sandbox.rest.inventory")
local wav = require("sandbox.rest.wav")

local function offers(country, kind, query, taken, limit)
  local out = {}
  for position, offer in ipairs(inventory.search(country, kind, query or {}, taken or {}, limit or 3)) do
    out[position] = offer.phone_number
  end
  return table.concat(out, " ")
end

describe("the numbers for sale", function()
  it("are the same every time, by area code", function()
    assert.equal("+15105550100 +15105550101 +15105550102", offers("US", "Local", { AreaCode = "510" }))
    assert.equal("+15105550101", offers("US", "Local", { AreaCode = "510" }, { ["+15105550100"] = true }, 1))
    assert.equal("+14165550100", offers("CA", "Local", { AreaCode = "416" }, nil, 1))
  end)

  for _, area in ipairs { "555", "533", "411", "911", "800", "900", "055", "416" } do
    it("are none in the US area code " .. area, function()
      assert.equal("", offers("US", "Local", { AreaCode = area }))
    end)
  end

  it("are found by place, digits and type", function()
    assert.equal("+13035550100 +17205550100", offers("US", "Local", { InLocality = "denver" }, nil, 2))
    assert.equal("+12065550177", offers("US", "Local", { Contains = "20655501*7" }, { ["+12065550107"] = true,
      ["+12065550117"] = true, ["+12065550127"] = true, ["+12065550137"] = true, ["+12065550147"] = true,
      ["+12065550157"] = true, ["+12065550167"] = true }, 1))
    assert.equal("+18005550100 +18335550100 +18445550100", offers("US", "TollFree"))
    assert.equal("+447700900000", offers("GB", "Mobile", nil, nil, 1))
    assert.equal("+493023125000", offers("DE", "Local", nil, nil, 1))
    assert.equal("", offers("DE", "Local", { ExcludeAllAddressRequired = "true" }))
    assert.equal("", offers("US", "Mobile"))
  end)

  it("can each be looked up again", function()
    for _, case in ipairs { { "US", "Local" }, { "US", "TollFree" }, { "CA", "Local" }, { "GB", "Local" },
      { "GB", "Mobile" }, { "DE", "Mobile" }, { "FR", "Local" } } do
      for _, offer in ipairs(inventory.search(case[1], case[2], {}, {}, 1000)) do
        assert.same(offer, inventory.find(offer.phone_number))
      end
    end
    assert.is_nil(inventory.find("+15105550200"))
    assert.is_nil(inventory.find("+15555550100"))
    assert.is_nil(inventory.find("+4930231250000"))
  end)
end)

describe("a form", function()
  it("keeps repeated names", function()
    local parsed = assert(form.parse("a=1&b=x+y%21&a=2&c"))
    assert.equal("1", parsed.a)
    assert.same({ "1", "2" }, form.all(parsed).a)
    assert.equal("x y!", parsed.b)
    assert.equal("", parsed.c)
    assert.is_nil(form.all(parsed).d)
  end)

  it("is written as it is read", function()
    local text = form.write { To = "+1510", Event = { "a", "b c" }, N = 5 }
    assert.equal("Event=a&Event=b%20c&N=5&To=%2B1510", text)
    assert.same({ "a", "b c" }, form.all(form.parse(text)).Event)
  end)

  for _, bad in ipairs { "a=%", "a=%4", "a=%zz", "a=%ff", "a=%00" } do
    it("refuses " .. bad, function() assert.is_nil(form.parse(bad)) end)
  end
end)

describe("a recording's sound", function()
  it("is a WAV of so many seconds", function()
    for channels = 1, 2 do
      local file = wav.file(3, channels)
      assert.equal(44 + 3 * 8000 * 2 * channels, #file)
      assert.equal("RIFF", file:sub(1, 4))
      assert.equal(#file - 8, (string.unpack("<I4", file, 5)))
      assert.equal("WAVEfmt ", file:sub(9, 16))
      assert.equal(channels, (string.unpack("<I2", file, 23)))
      assert.equal(#file - 44, (string.unpack("<I4", file, 41)))
    end
  end)

  local RANGES = {
    ["bytes=0-99"] = "0 99", ["bytes=100-"] = "100 999", ["bytes=-100"] = "900 999",
    ["bytes=0-5000"] = "0 999", ["bytes=-5000"] = "0 999", ["bytes=1000-"] = "unsatisfiable",
    ["bytes=5-2"] = "unsatisfiable", ["bytes=-0"] = "unsatisfiable", ["bytes=0-1,4-5"] = "whole",
    ["items=0-1"] = "whole", ["bytes=-"] = "whole",
  }
  for header, expected in pairs(RANGES) do
    it("can be had in part: " .. header, function()
      local first, last, problem = wav.range(header, 1000)
      assert.equal(expected, problem or (first and first .. " " .. last) or "whole")
    end)
  end
end)
