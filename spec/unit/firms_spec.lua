-- Rule files of small firms (spec/firms): each passes its trial with no warning, every rule of it
-- decides some call, its examples hold; and each of three slips put into it is named with its line.
dofile("spec/support/native.lua")
local json = require("json")
local problems = require("calls.rules.problems")
local rules = require("calls.rules.ruleset")
local trial = require("calls.proof.trial")

local MONDAY = 1795425300 -- 2026-11-23, in the morning in Denver

-- name -> three slips: what a line has, what stands there instead, what is said; and by how many lines
-- that is off, where a call or list begins above.
local SLIPS = {
  practice = {
    { "OPEN:open_at(call.at) end", "OPEN.open_at(call.at) end",
      "open_at is asked with a colon: OPEN:open_at(…)" },
    { 'wed = "08:00-12:00"', 'tue = "08:00-12:00"', "the same day", nil, -3 },
    { '{ ["1"] = ring(DOCTOR, { seconds = 30 }) }', '{ ["1"] = DOCTR }',
      'there is no "DOCTR" here (did you mean "DOCTOR"?)' },
  },
  plumber = {
    { "DAY:open_at(call.at) end", "DAY:open_at(call.at) == 1 or JOE end", "this always holds" },
    { "{ JOE, ANA }, { seconds = 25 }", "JOE, ANA, { seconds = 25 }", "ring takes 2 values" },
    { 'zone = "America/Denver", ["mon-sat"]', 'zone = "MST", ["mon-sat"]', 'write "America/Denver"' },
  },
  law_office = {
    { "= LAWYERS.linus", "= LAWYERS.lnus",
      'LAWYERS.lnus is nil: the table of line 3 has no "lnus" (did you mean "linus"?)' },
    { '["+12125550188"]', '["212-555-0188"]', "no call has the number" },
    { "return call.caller.anonymous end", "return call.caller.anonymus end",
      'call.caller has no field "anonymus"' },
  },
  school = {
    { '"08:00-16:30",', '"08:00-16:30"', "a comma is missing at the end of this line" },
    { "seconds = 30, confirm", "secnds = 30, confirm",
      'ring has no option "secnds" (did you mean "seconds"?)' },
    { "otherwise(hangup())", 'otherwise(hangup("Bye"))', 'hangup takes nothing, and "Bye" would be lost' },
  },
  hotline = {
    { 'local FIRST, SECOND, THIRD = "+13035550142"', 'local FIRST, SECOND, THIRD = "+1303555014"',
      "+1303555014 isn't a phone number: 10 digits, expected 11" },
    { "{ FIRST, SECOND, THIRD }", "{ FIRST, nil, THIRD }", "entry 2 of this list is nil" },
    { ':on("busy"', ':on("bsy"', 'unknown outcome "bsy"', nil, -1 },
  },
  restaurant = {
    { '["1"] = ring(FRONT)', '["2"] = ring(FRONT)', '"2" is there twice, also on line ', nil, 1 },
    { 'sun = "11:00-21:00"', 'sun: "11:00-21:00"', "in a table write sun = …, not sun:" },
    { "when = function(call) return OPEN", "when = function(call) OPEN",
      "this never holds: its function returns nothing" },
  },
  couriers = {
    { "and WEST or NORTH", "&& WEST || NORTH", "Lua has no &&: write and" },
    { "return depot.open:open_at(call.at)", "return not depot.open == call.at", "not comes before ==" },
    { "ring(other(CALLED[call.to] or NORTH).phone)", "ring(othr(CALLED[call.to] or NORTH).phone)",
      'there is no "othr" here' },
  },
  clinic = {
    { "if tag == wanted then", "if tag = wanted then", "to compare, write == instead of =" },
    { "{ tries = 1 }", "{ tries = 1, tries = 2 }", '"tries" is there twice' },
    { 'return is_tagged(call, "urgent") end', "return call.caller.tags.urgent end",
      "call.caller.tags is a list" },
  },
  property_manager = {
    { "call.lookups.house ~= nil", "call.lookup.house ~= nil",
      'call has no field "lookup" (did you mean "lookups"?)' },
    { "call.lookups.house ~= nil", "call.lookups.house != nil", "Lua has no !=: write ~=" },
    { "return ring(call.lookups.house.caretaker", "ring(call.lookups.house.caretaker",
      "this plan is made and thrown away" },
  },
  taxi = {
    { "SELLERS[call.from] == true", "call.from == SELLERS", "call.from never equals a table" },
    { "REGULARS[call.from] ~= nil", "CARS[call.from] ~= nil",
      "CARS is a list, so CARS[call.from] is always nil" },
    { '{ "sellers"', "{ “sellers”", "are curly quotes" },
  },
  vet = {
    { 'zone = "Europe/Berlin", ["mon-fri"]', 'zone = "Berlin", ["mon-fri"]', 'write "Europe/Berlin"' },
    { "go = ring(MAX, { seconds = 30 })", "go = ring(MAX or EVA, { seconds = 30 })",
      "MAX or … is always MAX" },
    { '["mon-wed"] = "18:00-08:00"', '"mon-wed" = "18:00-08:00"',
      'this key needs brackets: ["mon-wed"] = …' },
  },
  workshop = {
    { "return call.line.busy end", 'return call.line.busy == "yes" end', "call.line.busy is true or false" },
    { "return OPEN:open_at(call.at) end", "return os.time() > 0 end",
      'there is no "os" here: rules have no clock' },
    { "go = voicemail(\"The workshop is closed.\")", "go = voicemail",
      "go = voicemail lacks its parentheses" },
  },
}

local function source_of(name)
  return (assert(io.open(("spec/firms/%s.lua"):format(name))):read("a"))
end

-- `call` as the rule VM shows it: what is read is noted.
local function view(record, path, reads, fields)
  return setmetatable({}, { __index = function(self, key)
    if path == "" and fields[key] then
      return fields[key](self)
    end
    local value = record[key]
    local by_word = debug.getinfo(2, "S").source:find("/calls/", 1, true)
    if value ~= nil or (type(key) == "string" and not by_word) then
      reads[#reads + 1] = ('%q:%s'):format(path .. key, value == nil and "null" or "1")
    end
    if type(value) == "table" and #value == 0 then
      return view(value, path .. key .. ".", reads, fields)
    end
    return value
  end })
end

local function answering(source)
  local set = rules.open(source, "forwarding.lua", {})
  return {
    list = function() return set.list end, examples = function() return set.examples end,
    functions = function() return set.functions end, calendar = function() return set.calendar end,
    decide = function(input)
      local reads = {}
      local ok, index, plan = pcall(set.decide, view(input, "", reads, set.fields))
      local text = "{" .. table.concat(reads, ",") .. "}"
      if ok then
        return true, index, plan, text
      end
      return nil, index, "error", text
    end,
  }
end

local function line_of(source, text)
  local at = source:find(text, 1, true)
  local _, breaks = source:sub(1, at or 0):gsub("\n", "")
  return at and breaks + 1
end

for name, slips in pairs(SLIPS) do
  describe("the rules of a firm: " .. name, function()
    local source = source_of(name)

    it("pass their trial, and each of them decides some call", function()
      local report, fault = trial.run(answering(source),
        { zone = "UTC", ring_limit = 60, source = source, at = MONDAY })
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
        local line = line_of(source, slip[1]) + (slip[5] or 0)
        local from, to = source:find(slip[1], 1, true)
        local text = problems.refused("forwarding.lua", source:sub(1, from - 1) .. slip[2]
          .. source:sub(to + 1), {})
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
    local report, fault = trial.run(answering(source),
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
