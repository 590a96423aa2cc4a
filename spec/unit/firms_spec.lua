-- Rule files of small firms (spec/firms): each passes its trial with no warning, every rule of it
-- decides some call, its examples hold; and each of three slips put into it is named with its line.
dofile("spec/support/native.lua")
local answering = dofile("spec/support/answering.lua")
local json = require("json")
local problems = require("calls.rules.problems")
local trial = require("calls.proof.trial")

local MONDAY = 1795425300 -- 2026-11-23, in the morning in Denver

local SLIPS = dofile("spec/support/firm_slips.lua")

local function source_of(name)
  return (assert(io.open(("spec/firms/%s.lua"):format(name))):read("a"))
end

-- A file beside the rules.
local function beside(name)
  local file = io.open("spec/firms/" .. name)
  return file and file:read("a")
end

local function line_of(source, text)
  local at = source:find(text, 1, true)
  local _, breaks = source:sub(1, at or 0):gsub("\n", "")
  return at and breaks + 1
end

for name, slips in pairs(SLIPS) do
  describe("the rules of a firm: " .. name, function()
    local source = source_of(name)

    local function tried(text)
      return trial.run(answering(text, beside), { zone = "UTC", ring_limit = 60, source = text, at = MONDAY,
        text = beside })
    end

    it("pass their trial, and each of them decides some call", function()
      local report, fault = tried(source)
      assert.is_nil(fault and fault.message)
      assert.equal("", report.problems)
      assert.equal("", report.warnings)
      assert.is_true(report.examples > 0)
      for _, account in ipairs(json.decode(report.rules_json)) do
        assert.is_true(account.calls > 0, account.name)
        assert.is_truthy(account.example and account.does)
        assert.is_nil(account.never)
      end
    end)

    for _, slip in ipairs(slips) do
      it("with a slip are refused at its line: " .. slip[2], function()
        local line = line_of(source, slip[1]) + (slip[4] or 0)
        local from, to = source:find(slip[1], 1, true)
        local changed = source:sub(1, from - 1) .. slip[2] .. source:sub(to + 1)
        local text = problems.refused("forwarding.lua", changed, { data = beside })
        if text == "" then text = tried(changed).problems end
        local wanted, found = slip[3], false
        for said in text:gmatch("[^\n]+") do
          local at, message = said:match("^forwarding%.lua:(%d+): (.*)$")
          found = found or (tonumber(at) == line and message:find(wanted, 1, true) ~= nil)
        end
        assert.is_true(found, ("line %d: %s\nis not in\n%s"):format(line, wanted, text))
      end)
    end
  end)
end

-- The template, as it is shipped, with all of its comments taken off, and with one rule at a time.
describe("the template's rules", function()
  local head, rest = assert(io.open("lua/forwarding.lua")):read("a"):match("^(.*\n)(%-%- local JOE.*)$")
  local whole = head .. rest:gsub("%f[^\n\0]( *)%-%- ([^C])", "%1%2")
  local locals = rest:gsub("%f[^\n\0]( *)%-%- ([^C])", "%1%2"):match("^(.*\n)return {")

  local function verdict(source)
    local report, fault = trial.run(answering(source, beside),
      { zone = "UTC", ring_limit = 60, source = source, at = MONDAY })
    return fault and fault.message or report.problems
  end

  it("pass when all of them are uncommented", function() assert.equal("", verdict(whole)) end)

  it("pass one at a time", function()
    local tried = 0
    for rule in whole:match("\nreturn {\n(.*)$"):gmatch("  {\n    \".-\n  },\n") do
      tried = tried + 1
      assert.equal("", verdict(locals .. "return {\n" .. rule .. "}\n"))
    end
    assert.equal(3, tried)
  end)
end)
