-- Single mistakes of people who don't program: each is named with its line and in words that help.
dofile("spec/support/native.lua")
local mistaken = require("support.mistaken")
local problems = require("calls.rules.problems")

local HEAD, file, when, go, hours = mistaken.HEAD, mistaken.file, mistaken.when, mistaken.go, mistaken.hours

-- line, what is said, the file
local CASES = {
  { 5, 'ring has no option "timeout": write seconds = 20', go("ring(JOE, { timeout = 20 })") },
  { 1, 'return { { "all calls", go = function(call) … end } }',
    "return function(call)\nreturn ring(\"+13035550142\")\nend\n" },
  { 1, "return the list itself", 'return { rules = { { "a", go = hangup() } } }' },
  { 3, "write BUERO instead of BÜRO", HEAD .. 'local BÜRO = JOE\nreturn { { "a", go = ring(BÜRO) } }\n' },
  { 3, "write Jose2 instead of José2", HEAD .. 'local José2 = JOE\nreturn { { "a", go = ring(José2) } }\n' },
  { 3, "write Lukasz instead of Łukasz",
    HEAD .. 'local Łukasz = JOE\nreturn { { "a", go = ring(Łukasz) } }\n' },
  { 3, "write Sorensen instead of Sørensen",
    HEAD .. 'local Sørensen = JOE\nreturn { { "a", go = ring(Sørensen) } }\n' },
  { 3, "spell имя with those", HEAD .. 'local имя = JOE\nreturn { { "a", go = ring(имя) } }\n' },
  { 3, "spell 夜間 with those", HEAD .. 'local 夜間 = JOE\nreturn { { "a", go = ring(夜間) } }\n' },
  { 5, "options are written { seconds = … }", go("ring(JOE, { 30 })") },
  { 5, "== compares: to give a value write confirm", go("ring(JOE, { confirm == false })") },
  { 5, "write false", go("ring(JOE, { confirm = no })") },
  { 5, "ring needs parentheses: ring(JOE)", go("ring JOE") },
  { 5, "put phone numbers in quotes", go("ring(+13035550142)") },
  { 5, "a phone number is a text, with a plus", go("ring(13035550142)") },
  { 5, "a plan or … is always the plan", go("ring(JOE) or ring(ANA)") },
  { 5, "JOE and ANA is always ANA", go("ring(JOE and ANA)") },
  { 5, "to ring several write ring { JOE, ANA }", go("{ JOE, ANA }") },
  { 5, 'write ring("+13035550142")', go("JOE") },
  { 5, "nothing follows this plan", go("ring(JOE), ring(ANA)") },
  { 5, ":otherwise takes one value, and a plan would be lost",
    go("ring(JOE):otherwise(voicemail(), hangup())") },
  { 5, "play takes one value, and a table would be lost",
    go('play("https://example.com/a.mp3", { loop = 2 })') },
  { 5, "otherwise belongs to a plan, with a colon", go("ring(JOE).otherwise(ring(ANA))") },
  { 5, "voicemail without its parentheses", go("ring(JOE):otherwise(voicemail)") },
  { 5, 'the text "voicemail": write voicemail()', go('ring(JOE):otherwise("voicemail")') },
  { 5, "then is a word of Lua: what comes next is written :otherwise(…)", go("ring(JOE):then(ring(ANA))") },
  { 5, "what comes next is written :otherwise(…)", go("ring(JOE):ring(ANA)") },
  { 5, 'did you mean "no_answer"', go('ring(JOE):on("no-answer", ring(ANA))') },
  { 5, "the ( of this line isn't closed", go('ring(JOE):on("busy", ring(ANA),') },
  { 5, 'a user is written user "42"', go("ring(user:42)") },
  { 5, 'a user is written user "42"', go('ring("user:42")') },
  { 5, "to ring a phone, use ring(…)", go("dial(JOE)") },
  { 5, 'a " inside the text ends it', go('say("We are "closed" now")') },
  { 5, "a ' inside the text ends it", go("say('It's closed')") },
  { 5, ") is missing before }", go("voicemail(") },
  { 4, "this } ends the list of rules", file('{ "a", go = ring(JOE) }},\n{ "b", go = ring(ANA) },') },
  { 5, "this ) stands where a } belongs", go("ring(JOE, { seconds = 20 ))") },
  { 5, "keys stand in a table, in braces", go('menu("Press 1", ["1"] = ring(JOE))') },
  { 5, "menu begins with its text", go('menu { "Press 1", ["1"] = ring(JOE) }') },
  { 6, 'call.from is a text and has no field "name": write call.caller.name',
    when('return call.from.name == "Joe"') },
  { 6, 'call.at is a number and has no field "hour": write call.time.hour',
    when("return call.at.hour > 12") },
  { 6, 'call.line.busy is true or false and has no field "now"', when("return call.line.busy.now") },
  { 6, 'call.time.weekday is a text and has no field "name"',
    when('return call.time.weekday.name == "mon"') },
  { 5, 'nothing here has a method :otherwize(…): it belongs to a plan',
    go("ring(JOE):otherwize(ring(ANA))") },
  { 7, '"one" isn\'t a key', go('menu("Press 1",\n{\n["one"] = ring(JOE) })') },
  { 7, 'key "1" needs a plan', go('menu("Press 1",\n{\n["1"] = JOE })') },
  { 5, "goto is a word of Lua and can't be a name here: write go", file('{ "a",\ngoto = ring(JOE) },') },
  { 5, 'unknown field "Go" (did you mean "go"?)', file('{ "a",\nGo = ring(JOE) },') },
  { 4, "has no go: add what happens", file('{ "a",\nwhen = function(call) return call.line.busy end },') },
  { 5, "must begin with its name alone, without name =", file('{\nname = "a", go = ring(JOE) },') },
  { 4, "this is one rule, not a list of them", HEAD .. 'local x = 1\nreturn { "a", go = ring(JOE) }\n' },
  { 5, "a rule begins with its name", file("\nall = { go = ring(JOE) },") },
  { 3, "return is missing: the file ends with return", HEAD .. '{ { "a", go = ring(JOE) } }\n' },
  { 4, 'a { is missing before "b"', file('{ "a", go = ring(JOE) }, "b", go = ring(ANA) },\n') },
  { 3, "Local isn't a word of Lua: write local", HEAD .. "Local SUE = JOE\nreturn {}\n" },
  { 3, "funtion isn't a word of Lua: write function",
    HEAD .. "local funtion f(x)\nreturn x\nend\nreturn {}\n" },
  { 6, ":open_at needs its parentheses", when("return call:open_at") },
  { 6, "nothing here has a method :is_open(…)", when("return LIST:is_open(call.at)") },
  { 6, "LIST is a plain table, from line 2: write LIST = hours", when("return LIST:open_at(call.at)") },
  { 6, "ask opening hours with OFFICE:open_at", when("return open_at(LIST, call.at)") },
  { 6, "Lua has no is: write ==", when("return call.from is JOE") },
  { 6, "Lua has no in between values", when("return call.from in LIST") },
  { 6, "look it up with LIST[x]", when("return contains(LIST, call.from)") },
  { 6, "a loop goes through a list with ipairs",
    when("for x in LIST do if x == call.from then return true end end") },
  { 6, "i is the position here",
    when("for i in ipairs(LIST) do if i == call.from then return true end end") },
  { 6, "this loop looks at the first entry only",
    when("for _, x in ipairs(LIST) do return x == call.from end") },
  { 6, "this always holds: one of the two does", when("return call.from ~= JOE or call.from ~= ANA") },
  { 6, "this never holds: call.from can't be both", when("return call.from == JOE and call.from == ANA") },
  { 6, "this never holds", when("return call.time.hour >= 17 and call.time.hour < 8") },
  { 6, "two comparisons are joined by and", when("return 8 < call.time.hour < 17") },
  { 6, "hour is a number", when('return call.time.hour > "17"') },
  { 6, 'clock is written like "09:30"', when('return call.time.clock > "9:00"') },
  { 6, 'weekday is "mon"', when('return call.time.weekday == "Monday"') },
  { 7, 'weekday is "mon"', when('local now = call.time\nreturn now.weekday == "Sat"') },
  { 6, "write call.time.weekday", when("return call.time.wday == 1") },
  { 6, "write call.caller.tags", when('return call.tags[1] == "vip"') },
  { 6, "write call.caller", when('return caller.name == "Joe"') },
  { 6, "call.from is never empty", when('return call.from == ""') },
  { 4, "a function's parameter stands in parentheses",
    file('{ "a", when = function call return true end, go = ring(JOE) },') },
  { 4, "end is missing before , go = …",
    file('{ "a", when = function(call) return call.line.busy, go = ring(JOE) },') },
  { 4, "Lua has no =>", file('{ "a", when = (call) => call.line.busy, go = ring(JOE) },') },
  { 6, "call.owner.id is a text and can't be compared with 42: write \"42\"",
    when("return call.owner.id == 42") },
  { 6, "prior_calls is a number and can't be compared with \"3\": write 3",
    when('return call.caller.prior_calls > "3"') },
  { 6, "the time of day is call.time.clock", when('return call.at > "17:00"') },
  { 6, "the time of day is call.time.clock", when("return call.at > 1700") },
  { 6, "hour is a whole number, and 8.30 isn't", when("return call.time.hour >= 8.30") },
  { 6, "compare call.from", when('return call.caller == "+13035550188"') },
  { 6, "write call.to", when('return call.called == "+13035550188"') },
  { 6, 'never the 5 of "+1303": write call.from:sub(1, 5)', when('return call.from:sub(1, 4) == "+1303"') },
  { 6, "ask opening hours with OFFICE:open_at", when("return LIST:open()") },
  { 4, "Lua has no lambda", file('{ "a", when = lambda call: call.line.busy, go = ring(JOE) },') },
  { 4, "return is missing", file('{ "a", when = function(call) call.line.busy end, go = ring(JOE) },') },
  { 4, "return is missing", file('{ "a", when = function(call) not call.line.busy end, go = ring(JOE) },') },
  { 3, "const isn't a word of Lua: write local", HEAD .. 'const SUE = "+13035550166"\nreturn {}\n' },
  { 3, "var isn't a word of Lua: write local", HEAD .. 'var SUE = "+13035550166"\nreturn {}\n' },
  { 3, "def isn't a word of Lua: write function", HEAD .. "def f(x) return x end\nreturn {}\n" },
  { 3, "a comment begins with --, not #", HEAD .. "# our rules\nreturn {}\n" },
  { 5, "a comment begins with --, not #", file('{ "a", go = ring(JOE) },\n# the rest of us\n') },
  { 4, "a comment begins with --, not #", file('{ "a", go = ring(JOE) }, # Joe first') },
  { 5, "to join texts write ..", go('voicemail("Hello " + "world")') },
  { 5, 'options are a table, such as { language = "es-MX" }', go('voicemail("Hello", 60)') },
  { 7, "MAP has no entry 1, so ipairs finds nothing", 'local MAP = { ["+13035550142"] = true }\n'
    .. when("for _, x in ipairs(MAP) do if x == call.from then return true end end") },
  { 6, "i is the position here", when("for i in pairs(LIST) do if i == call.from then return true end end") },
  { 5, "has letters in it: write +18003569377", go('ring("1-800-FLOWERS")') },
  { 5, "has letters in it: write +13035550142", go('ring("+1303555O142")') },
  { 5, "has letters in it: write +13035550142", go('ring("+1 303 555 O142")') },
  { 5, 'or person "joe" for someone of people.txt', go('ring("joe")') },
  { 1, "people by themselves: JOE, ANA",
    'local R = rota { zone = "UTC", every = "week", from = "2026-01-05 08:00", persons = {} }\nreturn {}' },
  { 3, "examples belongs in the list of rules", HEAD .. "examples = { { expect = 'ring' } }\nreturn {}\n" },
  { 3, "try_for belongs in the list of rules", HEAD .. "local try_for = { JOE }\nreturn {}\n" },
  { 6, "weekday is a text, and >= sorts texts alphabetically", when('return call.time.weekday >= "mon"') },
  { 6, ':lower() gives small letters and never equals "Grace": write "grace"',
    when('return (call.caller.name or ""):lower() == "Grace"') },
  { 6, ':upper() gives capital letters and never equals "mon": write "MON"',
    when('return call.time.weekday:upper() == "mon"') },
  { 6, "return is the last thing a function does", when("return true\nlocal x = 1") },
  { 5, "a name is missing behind the .", go("ring(JOE).") },
  { 5, "a text has no places to fill in", go('voicemail("Hello {call.caller.name}")') },
  { 5, "a text has no places to fill in", go('voicemail("Hello ${name}")') },
  { 3, "write 08:00", hours('mon = "8-17"') },
  { 3, "write 08:00-17:00", hours('mon = "08:00 to 17:00"') },
  { 3, "put commas between them", hours('mon = "08:00-12:00; 13:00-17:00"') },
  { 3, 'unknown day "weekdays": write mon-fri', hours('weekdays = "08:00-17:00"') },
  { 4, "as a date; write 12-25", hours('mon = "24h", closed = {\n"12/25" }') },
  { 3, "the month comes first, 12-25", hours('mon = "24h", closed = { "25-12" }') },
  { 1, 'needs zone = "America/Denver", and has no "timezone"',
    'local OPEN = hours { timezone = "UTC", mon = "24h" }\nreturn {}' },
}

describe("a mistake is named where it stands:", function()
  for _, case in ipairs(CASES) do
    it(case[2], function() mistaken.is_told(case[1], case[2], case[3]) end)
  end
end)

-- Whatever the first rule has that ends the run of the file, the others are read.
describe("mistakes behind one are told with it:", function()
  local behind = '{ "y", go = ring(JOE, { secs = 5 }) },\n{ "z", go = hangup("Sorry") },\n}\n'
  local tried = 0
  for _, case in ipairs(CASES) do
    local list = case[3]:match("^(" .. HEAD:gsub("%p", "%%%0") .. "return {\n.*)\n}\n$")
    local source = list and list .. "\n" .. behind
    if source and load(source, "=x", "t", {}) then
      tried = tried + 1
      it(case[2], function()
        local text = problems.refused("forwarding.lua", source, {})
        for _, told in ipairs { case[2], 'ring has no option "secs"', "hangup takes nothing" } do
          assert.is_truthy(text:find(told, 1, true), told .. "\n" .. text)
        end
        assert.is_nil(text:find("rule of line", 1, true), text)
      end)
    end
  end

  it("in files enough", function() assert.is_true(tried > 40, tostring(tried)) end)
end)

-- Fields that are whole numbers of a range, or one of some texts: what they never are, and what they may be.
describe("a condition that never holds is named:", function()
  local function told(condition)
    return problems.refused("forwarding.lua", when("return " .. condition), {})
  end
  for field, range in pairs { ["time.hour"] = { 0, 23 }, ["time.minute"] = { 0, 59 },
    ["time.month"] = { 1, 12 }, ["time.day"] = { 1, 31 }, ["caller.prior_calls"] = { 0, 10000 } } do
    local least, most = range[1], range[2]
    it(field, function()
      for _, never in ipairs { "%s == " .. most + 1, "%s ~= " .. most + 1, "%s > " .. most,
        "%s >= " .. most + 1, "%s < " .. least, most + 1 .. " == %s", most .. " < %s" } do
        local text = told(never:format("call." .. field))
        local why = ("forwarding%%.lua:6: .*from %d to %d, and never"):format(least, most)
        assert.is_truthy(text:find(why), never .. text)
      end
      for _, can in ipairs { "%s == " .. most, "%s ~= " .. least, "%s < " .. most + 1, "%s <= " .. most,
        "%s >= " .. least, "%s > " .. least, least .. " <= %s", most + 1 .. " > %s" } do
        assert.equal("", told(can:format("call." .. field)), can)
      end
    end)
  end
  for field, texts in pairs {
    ["time.weekday"] = { "mon", "sun", never = { "Mon", "monday", "" } },
    ["caller.kind"] = { "phone", "anonymous", "sip", "client", "other", never = { "hidden", "mobile" } },
    ["number.recording"] = { "off", "on", "ask", never = { "yes", "always" } },
    ["number.country"] = { "US", "DE", never = { "USA", "us", "Germany" } },
    ["time.date"] = { "2026-12-25", never = { "12/25/2026", "12-25", "2026" } },
    ["time.clock"] = { "09:30", "24:00", never = { "9:30", "5pm", "09" } },
  } do
    it(field, function()
      for _, text in ipairs(texts) do
        assert.equal("", told(("call.%s == %q"):format(field, text)), text)
      end
      for _, text in ipairs(texts.never) do
        local said = told(("call.%s == %q"):format(field, text))
        assert.is_truthy(said:find("forwarding.lua:6: ", 1, true), field .. text .. said)
      end
    end)
  end
end)

-- What looks like one of them and is none.
describe("what is meant isn't refused:", function()
  for name, source in pairs {
    ["digits that a function made"] = "local function digits(x) return (x:gsub('%D', '')) end\n"
      .. when('return digits(call.from) == "13035550188" or call.to:sub(2) == "13035550188"'),
    ["digits in a name"] = when('local from = call.from:gsub("%D", "")\nreturn from == "13035550188"'),
    ["a date in a country of short numbers"] = 'local OPEN = hours { zone = "Europe/Vienna", '
      .. '["12-24"] = "08:00-12:00" }\n'
      .. 'return { { "a", when = function(call) return OPEN:open_at(call.at) end,\n'
      .. 'go = ring("+43125550142") } }',
    ["a constant"] = 'local JOE <const> = "+13035550142"\nreturn { { "a", go = ring(JOE) } }',
    ["digits of a lookup"] = when('return call.lookups.customer == "13035550142"'),
    ["a choice that may be nil"] = when("local night = call.line.busy and JOE or nil\nreturn night ~= nil"),
    ["a day that is even"] = when("return 0 == call.time.day & 1 or 32 <= call.time.day | 32"),
    ["a month shifted"] = when("return 1 << call.time.month == 64"),
    ["no beginning"] = when("local START = 0\nreturn call.at >= START and call.at > 0"),
    ["places that the file fills in"] = 'local function fill(text, name)\n'
      .. 'return (text:gsub("%${name}", name)) end\nreturn { { "a", go = function(call)\n'
      .. 'return say(fill("Hello ${name}", call.caller.name or "you")) end } }',
    ["a length"] = when("return #call.from == 12 or #call.caller.tags == 0 or 1 + #call.to ~= 5"),
    ["a function of texts"] = when('return call.from.sub(call.from, 1, 2) == "+1"'),
    ["the beginning of a date"] = when('return call.time.date >= "2027" or call.time.date < "2026-07"'),
    ["the beginning of a clock's time"] =
      when('return call.time.clock >= "08" and call.time.clock < "24:00"'),
    ["a moment"] = when("return call.at >= 1798761600"),
    ["a calculated hour"] = when("return call.time.hour + call.time.minute / 60 >= 8.5"),
    ["a part as long as its text"] =
      when('return call.from:sub(1, 5) == "+1303" or call.from:sub(-4) == "0142"'),
    ["small letters"] = when('return (call.caller.name or ""):lower() == "grace o\'hara"'),
    ["braces in a text"] = go('voicemail("We are {closed}, <please> call $5 or #1")'),
    ["examples by a name"] = HEAD .. 'local examples = { { expect = "ring" } }\n'
      .. 'return { { "a", go = ring(JOE) }, examples = examples }',
    ["an early return in a block"] = when("do return true end\nlocal x = 1\nreturn x == 2"),
    ["the length of a list"] = when("return\n# LIST > 3"),
    ["a loop over the list and more"] = 'local L = { "+13035550142", note = "x" }\n'
      .. when("for _, x in ipairs(L) do if x == call.from then return true end end return false"),
    ["a range of hours"] = when("return call.time.hour >= 8 and call.time.hour < 17"),
    ["hours on both sides of the night"] = when("return call.time.hour >= 17 or call.time.hour < 8"),
    ["a loop over positions"] = when("for i in ipairs(LIST) do if i == 2 then return true end end"),
    ["the first of a list"] = when("for _, x in ipairs(LIST) do return x end"),
    ["a method of the file's own"] = HEAD .. "local T = {}\nfunction T:has(x) return x == JOE end\n"
      .. 'return { { "a", when = function(call) return T:has(call.from) end, go = ring(JOE) } }',
  } do
    it(name, function() assert.equal("", problems.refused("forwarding.lua", source, {})) end)
  end
end)

-- A file of another kind is named as that, once; its lines aren't judged. So is every file that a team edits.
describe("a file of another kind is named:", function()
  local function wide(text, first, second)
    return first .. text:gsub(".", function(byte) return second and byte .. "\0" or "\0" .. byte end)
  end
  local plain = {
    ["forwarding.lua"] = file('{ "a", go = ring(JOE) },'),
    ["people.txt"] = "[joe]\nphone: +13035550142\n",
    ["groups.txt"] = "all: joe\n",
    ["hours.txt"] = "[office]\nzone: UTC\nmon: 08:00-12:00\n",
    ["oncall.txt"] = "[nights]\nzone: UTC\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe\n",
    ["vips.txt"] = "+13035550142 Joe\n",
    ["vips.csv"] = "Name,Phone\nJoe,+13035550142\n",
  }
  local spoiled = {
    ["UTF-16: save it as UTF-8"] = function(text) return wide(text, "\xFF\xFE", true) end,
    ["the file is UTF-16"] = function(text) return wide(text, "\xFE\xFF") end,
    ["file is UTF-16: save it as UTF-8"] = function(text) return wide(text, "", true) end,
    ["an RTF document"] = function(text) return "{\\rtf1\\ansi\n" .. text .. "}" end,
    ["an office document"] = function(text) return "PK\3\4\20\0" .. text end,
    ["a web page"] = function(text) return "\n<!DOCTYPE html>\n<pre>" .. text end,
    ["compressed"] = function(text) return "\31\139\8\0" .. text end,
    ["a merge conflict is left here"] = function(text)
      return "<<<<<<< HEAD\n" .. text .. "=======\n" .. text .. ">>>>>>> branch\n"
    end,
  }
  for name, text in pairs(plain) do
    for message, spoil in pairs(spoiled) do
      it(name .. ", " .. message, function()
        local source = plain["forwarding.lua"]
        local files = { [name] = spoil(text) }
        if name == "forwarding.lua" then
          source = files[name]
        elseif name:find("^vips") then
          source = ("local VIPS = contacts(%q)\n"):format(name) .. source
        end
        local told = problems.refused("forwarding.lua", source, {
          data = function(asked) return files[asked] end,
        })
        assert.is_truthy(told:find(name .. ":1: ", 1, true) and told:find(message, 1, true), told)
        local _, lines = told:gsub("\n", "")
        assert.equal(0, lines, told)
      end)
    end
  end

  it("but not a text that quotes one", function()
    local source = 'local A = [[\n<<<<<<< HEAD\n>>>>>>> b\n]]\nreturn { { "a", go = voicemail(A) } }'
    assert.equal("", problems.refused("forwarding.lua", source, {}))
  end)
end)
