-- Rule files of small firms (spec/firms): each passes its trial with no warning, every rule of it
-- decides some call, its examples hold; and each of three slips put into it is named with its line.
dofile("spec/support/native.lua")
local json = require("json")
local problems = require("calls.rules.problems")
local rules = require("calls.rules.ruleset")
local trial = require("calls.proof.trial")

local MONDAY = 1795425300 -- 2026-11-23, in the morning in Denver

-- name -> three slips: what a line has, what stands there instead, what is said; and by how many lines
-- that is off, where it is the second of two lines that don't go together.
local SLIPS = {
  practice = {
    { "OPEN:open_at(call.at) end", "OPEN.open_at(call.at) end",
      "open_at is asked with a colon: OPEN:open_at(…)" },
    { 'wed = "08:00-12:00"', 'tue = "08:00-12:00"', '"tue" names a day that' },
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
    { ':on("busy"', ':on("bsy"', 'unknown outcome "bsy" (did you mean "busy"?)' },
  },
  restaurant = {
    { '["1"] = ring(FRONT)', '["2"] = ring(FRONT)', '"2" is there twice, also on line ', 1 },
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
  hotel = {
    { "{ seconds = 30 }", "{ timeout = 30 }", 'ring has no option "timeout": write seconds = 30' },
    { "go = ring { DESK, KITCHEN }", "go = ring(DESK) or ring(KITCHEN)", "a plan or … is always the plan" },
    { '    "two languages",', '    name = "two languages",',
      "must begin with its name alone, without name =" },
  },
  pharmacy = {
    { '"08:00-18:00"', '"08.00-18.00"', "write 08:00" },
    { "anna = ", "anne = ", 'has no "anna" (did you mean "anne"?)', 18 },
    { "[2] = say(", "2 = say(", "this key needs brackets: [2] = …" },
  },
  heating = {
    { '"(970) 555-0177"', "+19705550177", 'a phone number stands in quotes: "+19705550177"' },
    { "local function starts_with", "local funtion starts_with",
      "funtion isn't a word of Lua: write function" },
    { 'order = "longest_idle"', 'order = "idle"', 'unknown order "idle"' },
  },
  real_estate = {
    { "BOARDS[call.to] ~= nil", "BOARDS[call.too] ~= nil", 'call has no field "too" (did you mean "to"?)' },
    { "ring(OFFICE):otherwise(voicemail())", "ring(OFFICE).otherwise(voicemail())",
      "otherwise belongs to a plan, with a colon" },
    { "return agent.days[now.weekday] and", "return agent.days[now.weekday] &&", "Lua has no &&: write and" },
  },
  funeral_home = {
    { '"2026-01-02 17:00"', '"2026-02-30 17:00"', 'there is no day "2026-02-30 17:00"' },
    { "every = { days = 14 }", 'every = "fortnight"', "every must be { days = 14 }" },
    { 'ring(OFFICE, { seconds = 15, confirm = false })', 'ring OFFICE',
      "ring needs parentheses: ring(OFFICE)" },
  },
  towing = {
    { 'contacts("nuisance.txt")', 'contacts("nuisances.txt")', "there is no file nuisances.txt" },
    { "call.forwarded_from == GARAGE", "call.forwarded_from = GARAGE", "to compare, write == instead of =" },
    { "call.caller.anonymous end", 'call.from == "hidden" end', 'it never equals "hidden"' },
  },
  software_support = {
    { 'zone = "Europe/Dublin"', 'timezone = "Europe/Dublin"', 'and has no "timezone"' },
    { "LEAD, { seconds = 15 }", "LEAD, 15", "options are a table" },
    { "when = has_contract,", "when = has_contract(),", "without parentheses" },
  },
  dentist = {
    { "text(SORRY)", "txt(SORRY)", 'a method :txt(…) (did you mean "text"?)' },
    { 'time.weekday ~= "sat"', 'time.weekday ~= "Sat"', 'weekday is "mon"' },
    { "when = is_open,", "when = is_open(call),", 'there is no "call" here' },
  },
  bakery = {
    { '"6:00-13:00"', '"6:00 to 13:00"', "write 6:00-13:00" },
    { '["easter-2"]', '["eastr-2"]', '"eastr-2"' },
    { "    }, DE):otherwise", "    }, DE:otherwise", "a ) is missing" },
  },
  electrician = {
    { "call.lookups.job\n", "call.lookup.job\n", 'call has no field "lookup"' },
    { "go = or_foreman(ring(OFFICE, { seconds = 20 }))", "go = or_foreman",
      "there is no function :otherwise", -20 },
    { "return OPEN:open_at(call.at)", "return OPEN:open_at", ":open_at needs its parentheses" },
  },
  museum = {
    { '["9"] = ring', '["19"] = ring', '"19" is as long as no other key' },
    { "call.from == SECURITY end", "call.from == SECURITY or DESK end", "this always holds" },
    { 'language = "en-GB"', 'language = "english"', '"english"' },
  },
  cleaning = {
    { "CREWS.red, CREWS.blue }", "CREWS.red, CREWS.bleu }", 'has no "bleu" (did you mean "blue"?)' },
    { "local ZONE", "Local ZONE", "Local isn't a word of Lua: write local" },
    { 'sat = "08:00-12:00"', 'sat: "08:00-12:00"', "in a table write sat = …" },
  },
  driving_school = {
    { 'number = "+447700900103"', "number = 447700900103", "447700900103" },
    { '"last mon aug"', '"last mun aug"', 'last mun aug' },
    { ':on("no_answer", MESSAGE)', ':on("noanswer", MESSAGE)', 'did you mean "no_answer"' },
  },
  workshop = {
    { "return call.line.busy end", 'return call.line.busy == "yes" end', "call.line.busy is true or false" },
    { "return OPEN:open_at(call.at) end", "return os.time() > 0 end",
      'there is no "os" here: rules have no clock' },
    { "go = voicemail(\"The workshop is closed.\")", "go = voicemail",
      "go = voicemail lacks its parentheses" },
  },
  animal_clinic = {
    { "NIGHTS:at(call.at)", "NIGHTS[call.at]", "a rota has no fields: write NIGHTS:at(call.at)" },
    { 'every = "week"', 'every = "weekly"', 'every must be "week", not "weekly"' },
    { "mon,tue,thu", "mon-tue-thu", "write mon,tue,thu or mon-thu" },
    { "12-24..01-01", "24.12.-01.01.", "as a date; write 12-24..01-01" },
  },
  two_dentists = {
    { "if ANNAS:open_at(call.at) then", "if ANNAS.open then",
      'opening hours have no "open": write ANNAS:open_at(call.at)' },
    { "ring(doctor(call), { seconds = 15 })", "ring(doctor, { seconds = 15 })",
      "not a function: call it, as in" },
    { "doctor(call) ~= nil", "doctor(call) is not None", "Lua has no is not: write ~=" },
    { "local DESK, ANNA, BEN", "DESK, ANNA, BEN", '"DESK" is not local: write local DESK, ANNA, BEN' },
  },
  night_taxi = {
    { "BLOCKED[call.from]", "BLOCKED.includes(call.from)", "BLOCKED.includes is nil" },
    { '"longest_idle"', '"least_recent"', 'use "random", "round_robin" or "longest_idle"' },
    { "REGULARS[call.from] ~= nil", "call.from in REGULARS", "Lua has no in between values" },
    { "(t.hour >= 22 or t.hour < 4)", "t.hour >= 22 and t.hour < 4", "t.hour can't be both. Write or" },
  },
  cake_shop = {
    { '["tue-fri"]', '["tue to fri"]', "tue" },
    { "6:30am-6pm", "6:30am till 6pm", "write 6:30am-6pm" },
    { ':text("Order', ':sms("Order', 'ring(…):text("Sorry we missed you")' },
    { "call.time.hour < 12", "call.hour < 12", 'call has no field "hour": write call.time.hour' },
  },
  tutor = {
    { "call.caller.prior_calls == 0", "call.caller.prior_calls = 0", "to compare, write == instead of =" },
    { '["08-01..08-31"]', '["1 Aug - 31 Aug"]', "as a date; write 08-01..08-31" },
    { '{ "15:00-18:00", "19:00-20:00" }', '"15:00-18:00" and "19:00-20:00"',
      'write "15:00-18:00, 19:00-20:00"' },
    { "LESSONS:open_at(call.at) and", "LESSONS:isOpen(call.at) and",
      "opening hours are asked with a colon: OFFICE:open_at(call.at)" },
  },
  church_office = {
    { '.weekday == "sun"', '.weekday == "Sunday"', 'and never "Sunday"' },
    { "for _, t in ipairs(call.caller.tags) do", "for t in call.caller.tags do",
      "for _, x in ipairs(call.caller.tags) do" },
    { 'voice = "Polly.Joanna"', 'voice = "Polly.Joanna", loop = 2', 'say has no option "loop"' },
    { 'time_in("America/Chicago")', 'time_in("CST")',
      'write "America/Chicago", or the city that is meant' },
  },
  tennis_club = {
    { "when = is_open,", "when = is_open(call),", "only functions know the call" },
    { "return false", "return False", "write false" },
    { '"07:00-21:00"', '"7-21h"', "write 07:00" },
    { "winter = hours", "winter == hours", "to give a value write winter = …" },
  },
  locksmith = {
    { "{ tries = 1 }", "{ retries = 1 }", "write tries = 1" },
    { '["1"] = ring', '"1" = ring', 'this key needs brackets: ["1"] = …' },
    { "local DAN", "const DAN", "const isn't a word of Lua: write local" },
    { ":otherwise(say(", ":else(say(", "what comes next is written :otherwise(…)" },
  },
  translators = {
    { "in pairs(BY_COUNTRY)", "in BY_COUNTRY", "for key, value in pairs(BY_COUNTRY) do" },
    { "call.from:sub(1, #prefix) == prefix", "call.from.startswith(prefix)",
      'call.from is a text and has no field "startswith"' },
    { "return ENGLISH", "retrun ENGLISH", "retrun isn't a word of Lua: write return" },
    { '"+33140205050"', '"+330140205050"', "isn't a phone number in France" },
  },
  car_rental = {
    { 'user "7"', "user 7", "user needs parentheses: user(7)" },
    { '{ DESK, user "7" }', "DESK & MANAGER", "to ring several is ring { JOE, ANA }" },
    { '["12-25"]', '["25 Dec"]', "as a date; write 12-25" },
    { '["2"] = voicemail()', '["2"] = voicemail', "voicemail without its parentheses" },
  },
  landlord = {
    { "call.time.month >= 10", "call.date.month >= 10", 'call has no field "date": write call.time.month' },
    { "KEEPER[house]", "KEEPER.house", "write KEEPER[house]" },
    { ".. house ..", "+ house +", "to join texts write .. in place of +" },
    { "HOUSES[call.to]", "HOUSES[call.To]", 'call has no field "To" (did you mean "to"?)' },
  },
  it_support = {
    { "every = { days = 3 }", 'every = "3 days"', "every must be { days = 3 }" },
    { "if sat then previous fri", "if sat then prev fri", 'write "07-04 if sat then previous fri"' },
    { "crm and crm.sla or", "crm?.sla or", "Lua has no ?.: write crm and crm.sla" },
    { "ring(DUTY:at(call.at), { seconds = 40 })", "ring(DUTY.current, { seconds = 40 })",
      'a rota has no "current": write DUTY:at(call.at)' },
  },
}

local function source_of(name)
  return (assert(io.open(("spec/firms/%s.lua"):format(name))):read("a"))
end

-- A file beside the rules.
local function beside(name)
  local file = io.open("spec/firms/" .. name)
  return file and file:read("a")
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
  local set = rules.open(source, "forwarding.lua", { data = beside })
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

    local function tried(text)
      return trial.run(answering(text), { zone = "UTC", ring_limit = 60, source = text, at = MONDAY,
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
