-- Words, numbers and times as people guess them who come from other systems: each is named with its line, and
-- with how it is written here.
dofile("spec/support/native.lua")
local mistaken = require("support.mistaken")
local problems = require("calls.rules.problems")

local HEAD, when, go, hours = mistaken.HEAD, mistaken.when, mistaken.go, mistaken.hours

-- line, what is said, the file
local CASES = {
  { 5, "begins with 00, which isn't dialled everywhere: write +49301234567", go('ring("0049301234567")') },
  { 5, "has an extension, which can't be dialled: write +1303555", go('ring("303-555-0142 x12")') },
  { 5, "has an extension, which can't be dialled", go('ring("+1 303 555 0142, ext. 5")') },
  { 5, "is a SIP address", go('ring("sip:joe@example.com")') },
  { 5, 'write ring("+13035550142")', go("3035550142") },
  { 5, "a plan is made with a word", go('{ ring = JOE, seconds = 20 }') },
  { 5, 'write reject("busy")', go('"busy"') },
  { 5, '"call_forward" isn\'t defined: to ring a phone, use ring(…)', go("call_forward(JOE)") },
  { 5, '"send_to_voicemail" isn\'t defined: to take a message, use voicemail(…)', go("send_to_voicemail()") },
  { 5, '"go_home" isn\'t defined: plans are made with ring, voicemail', go("go_home(JOE)") },
  { 5, "ring has no option \"timeLimit\": how long it rings is seconds, and calls end after "
    .. "call_limit_seconds of app.conf", go("ring(JOE, { timeLimit = 5 })") },
  { 5, "ring has no option \"timeout\": write seconds = 20", go('ring(JOE, { timeout = "15s" })') },
  { 5, "ring has no option \"screen\": write confirm = true", go("ring(JOE, { screen = true })") },
  { 5, "ring has no option \"strategy\": write order = \"random\"", go('ring(JOE, { strategy = "hunt" })') },
  { 5, "voicemail has no option \"lang\": write language = \"de-DE\"",
    go('voicemail("Hallo", { lang = "de-DE" })') },
  { 5, 'no option "lang": write language = "es-MX"', go('voicemail("x", { lang = "es-MX" })') },
  { 7, "return is missing before true", when("if call.line.busy then\ntrue\nend") },
  { 7, "return is missing before call", when("if call.line.busy then\ncall.line.online\nend") },
  { 6, "9am isn't a number: hours go from 0 to 23, so write 9", when("return call.time.hour >= 9am") },
  { 6, "5PM isn't a number: hours go from 0 to 23, so write 17", when("return call.time.hour < 5PM") },
  { 6, 'compare call.time.clock with "09:30"', when("return call.time.hour >= 9:30") },
  { 6, "call.time is a record", when('return call.time >= "09:00"') },
  { 6, "call.time is a record", when("return call.time < 17") },
  { 4, "open is a text here, from line 3, and hides the word open(…)", HEAD .. 'local open = "08:00"\n'
    .. 'return { { "a", when = function(call) return open("office", call.at) end, go = ring(JOE) } }' },
  { 4, "user is a table here, from line 3, and hides the word user(…)",
    HEAD .. "local user = { phone = JOE }\n" .. 'return { { "a", go = ring { user.phone, user "42" } } }' },
  { 3, "write local function is_vip", HEAD .. "function is_vip(call) return true end\n"
    .. 'return { { "a", when = is_vip, go = ring(JOE) } }' },
  { 3, 'unknown day "lun-ven": write mon-fri', hours('["lun-ven"] = "08:00-17:00"') },
  { 3, 'unknown day "sáb": write sat', hours('["sáb"] = "08:00-17:00"') },
  { 3, 'unknown day "woensdag": write wed', hours('woensdag = "08:00-17:00"') },
  { 5, "20s isn't a number: write 20", go("ring(JOE, { seconds = 20s })") },
  { 5, 'put the name in quotes: person "joe"', go("ring(person joe)") },
  { 5, 'person is a word and has no fields: write person("joe")', go("ring(person.joe)") },
  { 5, "ring is a word and has no fields: write ring(JOE)", go("ring.JOE") },
  { 5, 'unknown outcome "timeout" (did you mean "no_answer"?)', go('ring(JOE):on("timeout", voicemail())') },
  { 5, 'unknown outcome "unreachable" (did you mean "failed"?)',
    go('ring(JOE):on("unreachable", voicemail())') },
  { 5, "what else happens is written menu(…):otherwise(…)",
    go('menu("Press 1.", { ["1"] = ring(JOE), default = voicemail() })') },
  { 5, "not a function: only go may be one", go("ring(JOE):otherwise(function() return voicemail() end)") },
  { 6, '"string.startswith" isn\'t defined: compare its beginning: x:sub(1, 5) == "+1303"',
    when('return string.startswith(call.from, "+1303")') },
  { 6, '"New York" isn\'t a time zone: write "America/New_York"',
    when('return call:time_in("New York").hour > 8') },
  { 6, 'write "America/New_York", or the city that is meant', when('return call:time_in("EST").hour > 8') },
  { 6, "time_in needs a colon: call:time_in(…)",
    when('return call.time_in("America/New_York").hour > 8') },
  { 1, 'every must be "week", "day" or { days = 7 }, not 7',
    'local R = rota { zone = "UTC", every = 7, from = "05.01.2026", "+13035550142" }\nreturn {}' },
  { 1, "from is the date and time of the first hand-over",
    'local R = rota { zone = "UTC", every = 7, from = "05.01.2026", "+13035550142" }\nreturn {}' },
  { 2, '"UTC+2" isn\'t a time zone: write "Europe/Athens", or the city that is meant',
    'local H = hours {\nzone = "UTC+2",\nmon = "9-5" }\nreturn {}' },
  { 2, '"CST" isn\'t a time zone: write "America/Chicago", or the city that is meant',
    'local H = hours {\nzone = "CST",\nmon = "9-5" }\nreturn {}' },
  { 2, '"Denver" isn\'t a time zone', 'local H = hours {\nzone = "Denver",\nmon = 9 }\nreturn {}' },
  { 3, "hours: mon needs a text", 'local H = hours {\nzone = "Denver",\nmon = 9 }\nreturn {}' },
  { 6, 'VIPS is a list by number and has no "grace": VIPS[call.from] is the caller\'s name',
    'local VIPS = contacts("vips.txt")\n' .. when("return VIPS.grace == call.from"):gsub("\n", "", 1) },
  { 6, 'VIPS[call.from] is a name, a text, and has no field "name"',
    'local VIPS = contacts("vips.txt")\n'
      .. when('return VIPS[call.from].name == "Grace"'):gsub("\n", "", 1) },
  { 6, 'person("joe") has no field "phone": it is for ring(…)',
    when('return person("joe").phone == call.from') },
  { 6, 'call.from is a number and never equals person "joe"', when('return call.from == person "joe"') },
  { 6, 'call.from is a number and never equals group("crew")', when('return group("crew") ~= call.from') },
  { 6, 'call:time_in("Europe/Berlin") has no field "hours": write call.time.hour',
    when('return call:time_in("Europe/Berlin").hours > 8') },
  { 3, "a rota has no fields: ask it, ONCALL:at(call.at)", HEAD
    .. 'return { { "a", go = ring(({ rota { zone = "UTC", every = "day", from = "2026-01-05 08:00", '
    .. "JOE } })[1][1773216000]) } }" },
  { 3, 'opening hours have no "open": ask them, OFFICE:open_at(call.at)', HEAD
    .. 'return { { "a", go = ring(({ hours { zone = "UTC", mon = "9am-5pm" } })[1].open) } }' },
  { 5, 'a " inside the text ends it', go('say("<speak>One<break time="1s"/>two</speak>")') },
  { 6, "call has no field \"date\": write call.time.month", when("return call.date.month > 4") },
  { 6, "call.number.friendly_name", when('return call.number.label == "Office"') },
  { 5, '"+4912" isn\'t a phone number: it has too few digits', go('ring "+4912"') },
  { 2, "end it with return { … }", 'JOE = "+13035550142"\nlocal rules = { { "a", go = voicemail() } }\n' },
  { 1, '"JOE" is not local: write local JOE',
    'JOE = "+13035550142"\nlocal rules = { { "a", go = voicemail() } }\n' },
  { 1, '"is_night" is not local: write local function is_night',
    'function is_night(call) call.line.busy end\nreturn { { "a", when = is_night, go = voicemail() } }' },
  { 1, "return is missing: function(call) return … end",
    'function is_night(call) call.line.busy end\nreturn { { "a", when = is_night, go = voicemail() } }' },
  { 3, "exten => is Asterisk's: a rule is", HEAD .. "exten => _X.,1,Dial(SIP/joe)\nreturn {}" },
  { 5, '<Say> is TwiML: write say("…")', go("<Say>We are closed</Say>") },
  { 5, "<Hangup> is TwiML: write hangup()", go("<Hangup/>") },
  { 6, "write for _, v in ipairs(LIST) do … end",
    when("foreach (LIST as v) { if (v == call.from) { return true } }\nreturn false") },
  { 6, "a block has no braces: if … then … else … end",
    when("if (call.line.busy) { return true } else { return false }") },
  { 6, "write call.from:sub(1, 3)", when('return call.from[0:3] == "303"') },
  { 6, "write call.from:sub(-4)", when('return call.from[-4:] == "0142"') },
  { 6, "write call.from:sub(3, -2)", when('return call.from[2:-1] == "0142"') },
  { 6, 'write (call.time.weekday == "sat" or call.time.weekday == "sun")',
    when('return call.time.weekday in ("sat", "sun")') },
  { 6, "write not (call.from == JOE or call.from == ANA)", when("return call.from not in [JOE, ANA]") },
  { 6, "ring: seconds must be", go("ring(JOE, {\nseconds = 2,\nconfirm = 1 })") },
  { 7, "ring: confirm is true or false", go("ring(JOE, {\nseconds = 2,\nconfirm = 1 })") },
}

describe("a guess is named where it stands:", function()
  for _, case in ipairs(CASES) do
    it(case[2], function() mistaken.is_told(case[1], case[2], case[3]) end)
  end
end)

it("what was pasted from elsewhere is told alone", function()
  for _, source in ipairs {
    HEAD .. 'exten => _X.,1,Dial(SIP/joe)\nreturn { { "a", go = ring(ANA) } }',
    go("<Say>We are closed</Say>"), when('return call.time.weekday in ("sat", "sun")'),
    when("if (call.line.busy) { return true } else { return false }"),
  } do
    local text = problems.refused("forwarding.lua", source, {})
    assert.equal(1, select(2, text:gsub("forwarding%.lua:%d+:", "")), text)
  end
end)

-- Right, and near to a guess.
describe("nothing is told of", function()
  for _, case in ipairs {
    'return oncall("nights", call.at) == person "joe"', 'return VIPS[call.from]:find("Grace") ~= nil',
    'return VIPS["anonymous"] ~= nil', 'return VIPS["+13035550188"] == call.caller.name',
    'return call:time_in("Europe/Berlin").hour > 8', 'return call.number.friendly_name == "Office"',
  } do
    it(case, function()
      local source = 'local VIPS = contacts("vips.txt")\n' .. when(case)
      local list = problems.meant(source).problems
      assert.same({}, list)
    end)
  end
end)
