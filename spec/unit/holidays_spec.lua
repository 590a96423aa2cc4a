-- The holidays of countries and states.
dofile("spec/support/native.lua")
local dates = require("calls.hours.dates")
local holidays = require("calls.hours.holidays")

describe("holidays", function()
  -- Where the law says otherwise than the list, or it has one year's exception.
  local KNOWN = {
    ["US 2028"] = "extra 11-10", ["US 2029"] = "extra 11-12", -- Veterans Day is moved, too: 5 U.S.C. 6103
    ["CA-MB"] = "extra 09-30", -- a holiday by law since 2023
    ["CA-ON"] = true, -- Easter Monday isn't one by law
    ["DE-BE 2028"] = "lacks 06-17", -- this year only
    ["DE-BY"] = "extra 08-15", -- in most places
    ["CH"] = true, -- without those that are Sundays
  }

  local function days(place, year)
    local found = {}
    for _, day in ipairs(holidays.of(place)) do
      for _, text in ipairs(day.dates) do
        local spec = dates.read(text)
        for of = year - 1, year + 1 do
          local first = spec.span(of)
          if first and first // 10000 == year then
            found[("%02d-%02d"):format(first // 100 % 100, first % 100)] = true
          end
        end
      end
    end
    return found
  end

  it("are those of a well-kept list, for 34 places and 4 years", function()
    local compared = 0
    for line in io.lines("spec/support/holidays.txt") do
      local place, year, list = line:match("^(%u%S+) (%d+) (.*)$")
      if place and KNOWN[place] ~= true then
        local found, wrong = days(place, math.tointeger(year)), {}
        for day in list:gmatch("%S+") do
          if not found[day] then wrong[#wrong + 1] = "lacks " .. day end
          found[day] = nil
        end
        for day in pairs(found) do wrong[#wrong + 1] = "extra " .. day end
        local known = KNOWN[place .. " " .. year] or KNOWN[place] or ""
        assert.equal(known, table.concat(wrong, "; "), place .. " " .. year)
        compared = compared + 1
      end
    end
    assert.equal(32 * 4, compared)
  end)

  it("have dates that can be read, for every place, which is found by its code and name", function()
    for _, place in ipairs(holidays.places()) do
      assert.equal(place.code, holidays.place(place.code))
      assert.equal(place.code, holidays.place(place.name))
      for _, day in ipairs(holidays.of(place.code)) do
        for _, text in ipairs(day.dates) do assert.is_truthy(dates.read(text), text) end
      end
    end
  end)
end)
