-- Rule sources: what is not Lua, and what is Lua and can't be meant.
-- Whole files, each with one slip put into it: it is named, at its line, and nothing else is.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")
local syntax = require("calls.syntax.syntax")

local FILES = require("support.rule_files")()

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
  return lines
end

-- What a line becomes, and what is said of it: { name, pattern, replacement, message, lines off? }
local SLIPS = {
  { "a comma less behind a rule", "^  },$", "  }", "a comma is missing at the end of this line",
    before = "^  [{}]" },
  { "a comma less behind a name", '^(    "[%w ,\']+"),$', "%1",
    "a comma is missing at the end of this line" },
  { "!= for ~=", "~=", "!=", "Lua has no !=: write ~=" },
  { "!== for ==", "([%w.]) == ", "%1 !== ", "Lua has no !==: write ~=" },
  { "=== for ==", "([%w.]) == ", "%1 === ", "Lua has no ===: write ==" },
  { "&& for and", '^([^"-]*) and ', "%1 && ", "Lua has no &&: write and" },
  { "|| for or", '^([^"-]*) or ', "%1 || ", "Lua has no ||: write or" },
  { "! for not", "return not ", "return !", "Lua has no !: write not" },
  { "curly quotes", '"([%w ]+)"', "“%1”", "“ and ” are curly quotes: write straight ones, \"" },
  { "an invisible space", "when = ", "when =\u{a0}",
    "there is an invisible character here (no-break space): delete it" },
  { "a zero-width space", "go = ", "go\u{200b} = ",
    "there is an invisible character here (zero-width space): delete it" },
  { "a key in quotes alone", '%["([%w-]+)"%] = "', '"%1" = "', "this key needs brackets: [" },
  { "a colon in a table", "{ seconds = ", "{ seconds: ", "in a table write seconds = …, not seconds:" },
  { "one = in a comparison", "if ([%w.]+) == ", "if %1 = ", "to compare, write == instead of =" },
  { "a comment of C", "^    go = ", "    // ring\n    go = ", "a comment begins with --, not //",
    last = true },
  { "no return", "function%(call%) return (call%.[%w.]+ [~=]= [^ ]+) end", "function(call) %1 end",
    "return is missing: function(call) return … end" },
  { "two commas", "^  },$", "  },,", "one comma too many" },
}

local function is_code(line)
  return not line:find("^%s*%-%-")
end

describe("a slip of the pen in a rule file", function()
  for _, slip in ipairs(SLIPS) do
    it("is named with its line and how to write it: " .. slip[1], function()
      local tried = 0
      for _, file in ipairs(FILES) do
        local lines = lines_of(file)
        for number, line in ipairs(lines) do
          local changed, count = line:gsub(slip[2], slip[3], 1)
          local fits = count > 0 and is_code(line)
            and (not slip.before or (lines[number + 1] or ""):find(slip.before))
          if fits then
            tried = tried + 1
            lines[number] = changed
            local found = syntax.explain(table.concat(lines, "\n"))
            lines[number] = line
            assert.equal(1, #found, changed)
            assert.equal(number, found[1].line, changed)
            assert.equal(slip[4], found[1].message:sub(1, #slip[4]), changed)
          end
        end
      end
      assert.is_true(tried > 0, "no file has such a line")
    end)
  end

  it("is named beside others, all at once", function()
    for _, file in ipairs(FILES) do
      local lines, wanted = lines_of(file), {}
      for number, line in ipairs(lines) do
        local changed, count = line:gsub("~=", "!=", 1)
        if count == 0 then changed, count = line:gsub('^([^"-]*) and ', "%1 && ", 1) end
        if count > 0 and is_code(line) then
          lines[number], wanted[#wanted + 1] = changed, number
        end
      end
      if #wanted > 0 then
        local numbers = {}
        for i, problem in ipairs(syntax.explain(table.concat(lines, "\n"))) do numbers[i] = problem.line end
        assert.same(wanted, numbers)
      end
    end
  end)

  for _, case in ipairs {
    { "if a then b() else if c then d() end", 1, "else if opens one more if: write elseif" },
    { "return {\n  { 'a', go = voicemail(\"Leave a message) },\n}", 2, "this text isn't closed" },
    { "return {\n  { 'a', go = ring('+13035550142') },\n}\nreturn {}", 4, "the file has a second return" },
    { "local p = x:match('\\d+')\nreturn {}", 1, "\\d can't be used in a text: in a pattern write %d" },
    { "return [\n { 'a', go = hangup() } ]", 1, "a list is written in braces" },
    { "local function f(call) {\n return true\n}\nreturn {}", 1, "a function has no braces" },
    { "return {\n { 'a', go = ring(JOE, seconds = 20) } }", 2, "options are a table, in braces" },
    { "return {\n { 'a', when = call.from == JOE end, go = hangup() } }", 2, "when needs a function" },
    { "return {\n { 'a', go = ring(JOE },\n}", 2, ") is missing before }" },
    { "return {\n { 'a', go = ring(ONE, { seconds = }) } }", 2, "a value is missing between = and }" },
    { "local x = 1 == , 2", 1, "a value is missing between == and ," },
    { "n += 1\nreturn {}", 1, "Lua has no +=: write x = x + 1" },
    { "local z = a ? b : c", 1, "Lua has no ?: write condition and one or other" },
    { "local h = hours { sat-sun = 'closed' }", 1, 'this key needs brackets and quotes: ["sat-sun"] = …' },
    { "\27Lua", 1, "this is compiled Lua: save its source" },
    { "return {", 1, "the { of this line isn't closed: a } is missing at its end" },
  } do
    it("is named in " .. case[1]:gsub("\n", " "):gsub("%c", "?"), function()
      local found = syntax.explain(case[1])[1]
      assert.same({ case[2], case[3] }, { found.line, found.message:sub(1, #case[3]) })
    end)
  end
end)

local HEAD = [[
local ONE, TWO = "+13035550142", "+13035550177"
local T = { one = "+13035550142", sub = { two = "+13035550177" } }
local FLAT = { "+13035550142", "+13035550177" }
local LATER
local function is_one(call) return call.from == ONE end
local function says_nothing(call) local x = call.from end
]]

-- A condition that is put into every file as its first rule.
local CONDITIONS = {
  { "return call.from == ONE or TWO",
    "this always holds: TWO counts as true. Write call.from == ONE or call.from == TWO" },
  { 'return call.from == "+13035550142" or "+13035550177"', "this always holds" },
  { "return call.from == T.one or T.sub.two", "this always holds: T.sub.two counts as true" },
  { "return (call.from == ONE or TWO) and true", "this always holds" },
  { "if call.to == ONE or TWO then return true end", "this always holds" },
  { "return call.from ~= ONE and TWO", "TWO isn't compared with anything" },
  { "return ONE or TWO == call.from", "ONE or … is always ONE" },
  { "return not call.from == ONE", "not comes before ==" },
  { "return is_one and call.to == TWO", "is_one is a function" },
  { "return not is_one", "is_one is a function" },
  { "if is_one then return true end", "is_one is a function" },
  { "return call.form == ONE", 'call has no field "form" (did you mean "from"?)' },
  { "return call.caller.nmae ~= nil", 'call.caller has no field "nmae" (did you mean "name"?)' },
  { "return call.line.idle", 'call.line has no field "idle"' },
  { "return call.caller.tags.vip", "call.caller.tags is a list" },
  { 'return call.caller.tags["vip"]', "call.caller.tags is a list" },
  { 'return call.caller.tags == "vip"', "call.caller.tags is a list" },
  { "local tags = call.caller.tags return tags.vip", "call.caller.tags is a list" },
  { "return call.from == 13035550142",
    'call.from is a text and never equals a number: write "+13035550142"' },
  { 'return call.from == "3035550142"', "call.from is written like +13035550142" },
  { 'return "(303) 555-0142" == call.from', "call.from is written like +13035550142" },
  { 'return call.to == "+130355501"', "+130355501 isn't a phone number: 9 digits, expected 11" },
  { "return call.from == { ONE, TWO }", "call.from never equals a table" },
  { "return call.from == FLAT", "call.from never equals a table" },
  { "return FLAT[call.from]", "FLAT is a list, so FLAT[call.from] is always nil" },
  { 'return call.caller.anonymous == "yes"', "call.caller.anonymous is true or false" },
  { 'return call.caller.prior_calls == "3"', "call.caller.prior_calls is a number" },
  { 'return call.owner == "1"', "call.owner is a record" },
  { 'return call.from:match("^%+1303|^%+1720") ~= nil', 'a Lua pattern has no "or"' },
  { 'return call.from:find("%d{3}") ~= nil', "a Lua pattern has no {n}" },
  { 'return string.find(call.from, "1|2") ~= nil', 'a Lua pattern has no "or"' },
  { "return call.from == T.typo", 'T.typo is nil: the table of line ' },
  { "return call.from == T.sub.typo", 'T.sub.typo is nil' },
  { "return call.from == null", '"null" isn\'t defined: write nil' },
  { "return call.from == None", '"None" isn\'t defined: write nil' },
  { "return os.time() > 5", '"os" isn\'t defined: rules have no clock' },
  { "return math.random() > 0.5", '"math.random" isn\'t defined: rules have no randomness' },
  { "return math.flor(1.5) == 1", '"math.flor" isn\'t defined (did you mean "floor"?)' },
  { 'return io.open("x") ~= nil', '"io" isn\'t defined: rules see nothing but the call' },
  { "print(call.from) return false", '"print" isn\'t defined' },
  { "return strangre(call)", '"strangre" isn\'t defined' },
  { "ring(ONE) return false", "this plan is never used" },
  { "count = 1 return false", '"count" is not local' },
  { "local x = call.from", "this never holds: its function returns nothing" },
}

-- A whole first rule, or something before the list.
local RULES = {
  { "when = T.closd, go = hangup()", "T.closd is nil" },
  { "when = says_nothing, go = hangup()", "says_nothing never returns anything" },
  { "when = is_one and says_nothing, go = hangup()", "is_one is a function" },
  { "go = ring { T.one, T.typo, ONE }", "T.typo is nil" },
  { "go = ring { ONE, nil }", "entry 2 of this list is nil" },
  { "go = ring { LATER, ONE }", "entry 1 of this list is LATER, which is nil" },
  { "go = ring(ONE or TWO)", "ONE or … is always ONE" },
  { 'go = menu("x", { ["1"] = hangup(), ["2"] = nil })', 'menu: key "2" has no plan: it is nil' },
  { 'go = menu("x", { ["1"] = hangup(), ["2"] = LATER })', 'menu: key "2" has no plan' },
  { 'go = menu("x", { ["1"] = hangup(), ["1"] = voicemail() })', '"1" is there twice, also on line ' },
  { "go = ring(ONE, { seconds = 20, seconds = 25 })", '"seconds" is there twice' },
  { "go = function() ring(ONE) end", "this plan is never used: write return ring(" },
  { "go = function() local p = ring(ONE) p:otherwise(voicemail()) return p end",
    "p:otherwise(…) doesn't change p" },
}

--- The file with something of our own as its first rule, and the line of that.
local function with_rule(file, fields)
  local before, list = file:match("^(.*\n)return {\n(.*)$")
  if not before then
    before, list = "", file:match("^return {\n(.*)$")
  end
  local top = HEAD .. before:gsub("local ONE", "local FIRST")
  local _, line = (top .. "return {\n"):gsub("\n", "")
  return top .. "return {\n" .. ('  { "a slip", %s },\n'):format(fields) .. list, line + 1
end

local function said(source)
  return problems.sorted(problems.meant(source).problems)
end

describe("what a rule file says and can't mean", function()
  it("is nothing in the recipes and the template", function()
    for _, file in ipairs(FILES) do
      local found = problems.meant(file)
      assert.same({}, found.problems)
      assert.same({}, found.warnings)
    end
  end)

  for _, case in ipairs(CONDITIONS) do
    it("is told at its line: " .. case[1], function()
      for _, file in ipairs(FILES) do
        local source, line = with_rule(file, ("when = function(call) %s end, go = hangup()"):format(case[1]))
        local found = said(source)
        assert.equal(1, #found)
        assert.same({ line, case[2] }, { found[1].line, found[1].message:sub(1, #case[2]) })
      end
    end)
  end

  for _, case in ipairs(RULES) do
    it("is told at its line: " .. case[1], function()
      for _, file in ipairs(FILES) do
        local source, line = with_rule(file, case[1])
        local found = said(source)
        assert.is_true(#found >= 1)
        assert.same({ line, case[2] }, { found[1].line, found[1].message:sub(1, #case[2]) })
      end
    end)
  end

  for _, case in ipairs {
    { 'local V = { ["303-555-0188"] = "Grace" }', 'no call has the number "303-555-0188"' },
    { 'local V = { ["0049 30 1234567"] = "Grace" }', "no call has the number" },
    { 'local X = "+130355501"', "+130355501 isn't a phone number: 9 digits, expected 11" },
    { 'local X = "+1234567890123456"', '"+1234567890123456" isn' },
    { 'local X = "+1303\u{200b}5550142"', "there is an invisible character in this text (zero-width space)" },
    { 'local H = hours { zone = "UTC", mon = "08:00-17:00",\n  ["mon"] = "09:00-12:00" }',
      '"mon" is there twice, also on line 1',
      2 },
    { "local L = { 1, 2, nil, 4 }", "entry 3 of this list is nil" },
  } do
    it("is told of " .. case[1]:gsub("\n", " "), function()
      local found = said(case[1] .. "\nreturn {}")
      assert.same({ case[3] or 1, case[2] }, { found[1].line, found[1].message:sub(1, #case[2]) })
    end)
  end
end)

-- What looks like a slip and is none.
describe("what may be meant", function()
  for _, body in ipairs {
    'return call.from == "+13035550142" or call.from == TWO', "return T.opt or T.one", "return T.opt ~= nil",
    "if T.opt then return true end", "return call.from:sub(1, 5) == \"+1303\"",
    'local x = call.from == ONE and "a" or "b" return x == "a"',
      'return (call.caller.name or "x"):find("a") ~= nil',
    'return call.from:find("a|b", 1, true) ~= nil',
      "for _, n in ipairs(FLAT) do if n == call.from then return true end end",
    "return call.lookups.job ~= nil and call.lookups.job.phone or nil",
      "return is_one(call) and not is_one(call)",
    'return call.from == "anonymous" or call.from == "sip:a@b.c"', "return call.caller.tags[1] == \"vip\"",
    "local a, b = ONE, TWO a, b = b, a return call.from == a", "goto out ::out:: return false",
    "return call.number.area_code == \"303\"", "return call.forwarding.always ~= nil",
      "return call.caller.name == ONE",
    "return not (call.from == ONE)", "return call.line.busy == true",
      "return #FLAT == 2 and FLAT[1] == call.from",
    'local f = is_one and "x" or "y" return f == "x"', "local t = {} t.n = 1 return t.m == nil",
    'return ("%s"):format(call.from) == "{1}" or ("|"):len() == 1',
      "local seen = {} seen[call.from] = true return seen[TWO]",
  } do
    it("is left alone: " .. body, function()
      local source = with_rule(FILES[1], ("when = function(call) %s end, go = hangup()"):format(body))
      assert.same({}, said(source))
    end)
  end

  it("a field that the file sets later", function()
    assert.same({}, said('local T = {}\nT.one = "+13035550142"\nreturn { { "a", go = ring(T.one) } }'))
    assert.same({}, said("local T = {}\nfunction T.is(call) return true end\n"
      .. 'return { { "a", when = T.is, go = hangup() } }'))
    assert.same({}, said("local T = {}\nlocal function fill(t) t.one = hangup() end\nfill(T)\n"
      .. 'return { { "a", go = T.one } }'))
  end)
end)
