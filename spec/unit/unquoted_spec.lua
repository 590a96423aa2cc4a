-- A text that lacks its quotes is told with them where its place says that it is one; a slip in a name isn't.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")

local HEAD = 'local JOE, ANA, OFFICE = "+13035550142", "+13035550177", "office"\n'

local function refused(line)
  return problems.refused("forwarding.lua", HEAD .. line .. "\n", {})
end

local function rule(parts)
  return 'return { { "a", ' .. parts .. " } }"
end

describe("a text without its quotes is told once, with them:", function()
  local CASES = {
    { "longest_idle", 'order = "longest_idle"', rule "go = ring({ JOE, ANA }, { order = longest_idle })" },
    { "longestidle", 'order = "longest_idle"', rule "go = ring({ JOE, ANA }, { order = longestidle })" },
    { "random", 'order = "random"', "local O = { order = random }\n" .. rule "go = ring({ JOE, ANA }, O)" },
    { "called", 'caller_id = "called"', rule "go = ring(JOE, { caller_id = called })" },
    { "es", 'language = "es-MX"', rule 'go = voicemail("Hola", { language = es-MX })' },
    { "alice", 'voice = "alice"', rule 'go = say("Hola", { voice = alice })' },
    { "Polly", 'voice = "Polly.Lupe"', rule 'go = say("Hola", { voice = Polly.Lupe })' },
    { "busy", '"busy"', rule "go = ring(JOE):on(busy, voicemail())" },
    { "noanswer", '"no_answer"', rule "go = ring(JOE):on(noanswer, voicemail())" },
    { "busy", '"busy"', rule "go = reject(busy)" },
    { "joe", '"joe"', rule "go = ring(person(joe))" },
    { "crew", '"crew"', rule "go = ring(group(crew))" },
    { "nights", '"nights"', rule "go = function(call) return ring(oncall(nights, call.at)) end" },
    { "weekend", '"weekend"',
      rule "when = function(call) return open(weekend, call.at) end, go = voicemail()" },
    { "vips", '"vips.txt"', "local VIPS = contacts(vips.txt)\n" .. rule "go = voicemail()" },
    { "America", 'zone = "America/Denver"',
      'local H = hours { zone = America/Denver, sun = "closed" }\n' .. rule "go = voicemail()" },
    { "UTC", 'zone = "UTC"', 'local H = hours { zone = UTC, sun = "closed" }\n' .. rule "go = voicemail()" },
    { "closed", 'sun = "closed"',
      'local H = hours { zone = "UTC", sun = closed }\n' .. rule "go = voicemail()" },
    { "closed", '"closed"',
      'local H = hours { zone = "UTC", ["12-25"] = closed }\n' .. rule "go = voicemail()" },
    { "mon", '"mon-fri"',
      'local H = hours { zone = "UTC", [mon-fri] = "08:00-12:00" }\n' .. rule "go = voicemail()" },
    { "week", 'every = "week"',
      'local R = rota { zone = "UTC", every = week, from = "2026-01-05 08:00", JOE }\n'
        .. rule "go = voicemail()" },
    { "sat", '"sat"', rule "when = function(call) return call.time.weekday == sat end, go = voicemail()" },
    { "sat", '"sat"', rule "when = function(call) return sat ~= call.time.weekday end, go = voicemail()" },
    { "Grace", '"Grace"',
      rule "when = function(call) return call.caller.name == Grace end, go = voicemail()" },
    { "Europe", '"Europe/Berlin"',
      rule "when = function(call) return call:time_in(Europe/Berlin).hour < 8 end, go = voicemail()" },
    { "voicemal", 'expect = "voicemal"',
      'return { { "a", go = voicemail() }, examples = { { expect = voicemal } } }', "did you mean" },
  }
  for _, case in ipairs(CASES) do
    it(case[1] .. " → " .. case[2], function()
      local text = refused(case[3])
      local wanted = case[4] or ("%q isn't defined: write it in quotes, %s"):format(case[1], case[2])
      assert.is_truthy(text:find(wanted, 1, true), text)
      assert.equal(1, select(2, text:gsub("forwarding%.lua:%d+:", "")), text)
    end)
  end
end)

describe("a slip in a name isn't taken for a text:", function()
  for line, wanted in pairs {
    [rule "go = ring(JOE, { caller_id = OFFIC })"] = '"OFFIC" isn\'t defined (did you mean "OFFICE"?)',
    [rule "go = ring(person(OFICE))"] = '"OFICE" isn\'t defined (did you mean "OFFICE"?)',
    [rule "when = function(call) return call.from == JOEE end, go = voicemail()"] = '(did you mean "JOE"?)',
    [rule "when = function(call) return call.line.busy == yes end, go = voicemail()"] = "write true",
    [rule "when = function(call) return call.time.weekday == FRIDAY_NIGHT end, go = voicemail()"] =
      '"FRIDAY_NIGHT" isn\'t defined',
    [rule 'go = voicemail("Hola", { language = SPANISH })'] = '"SPANISH" isn\'t defined',
    ["local H = hours { zone = ZONE }\n" .. rule "go = voicemail()"] = '"ZONE" isn\'t defined',
    [rule "when = function(call) return closed end, go = voicemail()"] = "ask opening hours with",
    [rule "go = ring(DAYS[sat])"] = '"sat" isn\'t defined',
  } do
    it(wanted, function()
      local text = refused(line)
      assert.is_truthy(text:find(wanted, 1, true), text)
      assert.is_nil(text:find("quotes", 1, true), text)
    end)
  end
end)

describe("a function that needs something else than the call, as a rule's go or when:", function()
  local CASES = {
    { "or_ana", "local function or_ana(plan) return plan:otherwise(ring(ANA)) end", "go = or_ana",
      "or_ana needs a plan, and go gives it the call: write go = or_ana(ring(…))" },
    { "a field", 'local T = { or_ana = function(p) return p:on("busy", ring(ANA)) end }', "go = T.or_ana",
      "T.or_ana needs a plan, and go gives it the call: write go = T.or_ana(ring(…))" },
    { "to", "local function to(phone) return ring(phone, { seconds = 9 }):otherwise(voicemail()) end",
      "go = to",
      'to needs whom to ring, and go gives it the call: write go = to("+13035550142")' },
    { "greeting", 'local greet = function(name) return say("Hello " .. name) end', "go = greet",
      "greet needs a text, and go gives it the call: write go = function(call) return greet(call.from) end" },
    { "vip", "local function vip(number) return number:sub(1, 5) == '+1303' end",
      "when = vip, go = voicemail()",
      "vip needs a text, and when gives it the call: write when = function(call) return vip(call.from) end" },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local text = refused(case[2] .. "\n" .. rule(case[3]))
      assert.equal("forwarding.lua:3: " .. case[4], text)
      -- Another mistake of the file doesn't hide it.
      text = refused(case[2] .. '\nreturn { { "b", go = ring(JO) },\n{ "a", ' .. case[3] .. " } }")
      assert.is_truthy(text:find("forwarding.lua:4: " .. case[4], 1, true), text)
      assert.is_truthy(text:find('"JO" isn\'t defined', 1, true), text)
    end)
  end

  for _, fine in ipairs {
    "local function f(call) local plan = ring(JOE) return plan:otherwise(voicemail()) end",
    "local function f(call) return ring(call.time.hour < 12 and JOE or ANA) end",
    "local function f(call) call = ring(JOE) return call:otherwise(voicemail()) end",
    "local function f() return voicemail() end",
    "local function make(plan) return function() return plan:otherwise(voicemail()) end end "
      .. "local f = make(ring(JOE))",
  } do
    it("not this one: " .. fine, function()
      assert.equal("", refused(fine .. "\n" .. rule "go = f"))
    end)
  end
end)
