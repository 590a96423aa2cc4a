-- Rules keep no state: what would is found before a file goes live, and can't be written afterwards.
dofile("spec/support/native.lua")
dofile("spec/support/rule_language.lua")
local state = require("calls.lint.state")
local tokens = require("calls.source.tokens")
local rule_file = require("support.rule_file")

local open, refusal, with_when = rule_file.open, rule_file.refusal, rule_file.with_when

-- What the trial of a file says of the functions that a decision can reach.
local function kept_state(source)
  return state.kept(tokens.read(source), open(source).functions)
end

describe("a rule that keeps state in a variable is found:", function()
  for _, case in ipairs({
    { "a global set in a rule", "return { { 'a', go = function(call)\n  last = call.from\nend } }",
      ':2: "last" does not belong to this function' },
    { "a local of the file set in a rule",
      "local n = 0\nreturn { { 'a', when = function()\n\n  n = n + 1 return n > 1 end, go = hangup() } }",
      ':4: "n" does not belong to this function' },
    { "one set in a function that a rule makes",
      "local n\nreturn { { 'a', go = function(call)\n  local function set() n = call end\n  set() end } }",
      ':3: "n" does not belong to this function' },
    { "one set in a helper", "local n = 0\nlocal function count() n = n + 1 return n end\n"
      .. "return { { 'a', when = function() return count() > 2 end, go = hangup() } }",
      ':2: "n" does not belong to this function' },
    { "one set in a helper in a table", "local n, t = 0, {}\nfunction t.count() n = n + 1 return n end\n"
      .. "return { { 'a', go = function() t.count() end } }", ':2: "n" does not belong to this function' },
    { "a counter that was made before", "local function counter() local n = 0\n"
      .. "return function() n = n + 1 end end\nlocal c = counter()\n"
      .. "return { { 'a', go = function() c() end } }", ':2: "n" does not belong' },
    { "a field of a table of the file",
      "local t = {}\nreturn { { 'a', go = function(call)\n  t.last = call.from end } }",
      ':3: "t.last" does not belong to this function' },
    { "the environment", "return { { 'a', go = function() _ENV = {} end } }", ':1: "_ENV" does not belong' },
    { "a variable among others", "local n, m\nreturn { { 'a', go = function()\n m, n = 1, 2 end } }",
      ':3: "m" does not belong' },
  }) do
    it(case[1], function()
      local found = kept_state(case[2])[1]
      local message = (":%d: %s"):format(found.line, found.message)
      assert.equal(case[3], message:sub(1, #case[3]))
    end)
  end

  for _, source in ipairs({
    "local n = 0\nlocal function add(m) n = n + m end\nadd(3)\n"
      .. "return { { 'a', go = function() return n end } }",
    "return { { 'a', go = function()\n local n = 0\n local function add() n = n + 1 end\n add() end } }",
    "return { { 'a', go = function() local n = 0 local function add() n = n + 1 end add() end } }",
    "return { { 'a', go = function(call) local a, b = 1, 2 a, b = b, a call = nil end } }",
    "return { { 'a', go = function() for i = 1, 3 do i = i + 1 end end } }",
    "return { { 'a', go = function() local t = { n = 1 } t.n = 2 t.m, t.n = 3, 4 end } }",
  }) do
    it("what is made in the call, or at the load, is none: " .. source:sub(1, 60), function()
      assert.same({}, kept_state(source))
    end)
  end
end)

describe("a rule file keeps no state between calls:", function()
  for _, case in ipairs({
    { "a global", "count = 1\nreturn {}", ':1: "count" is not local: write local count' },
    { "a global function", "function helper() end\nreturn {}", ':1: "helper" is not local' },
    { "an iterator", "local letters = ('ab'):gmatch('.')\nreturn { { 'a',\n"
      .. "when = function() return letters() end, go = hangup() } }",
      ':3: "letters" holds a function that isn\'t from this file' },
    { "an iterator as `when`", "return { { 'a', when = ('ab'):gmatch('.'), go = hangup() } }", ':1: "when"' },
  }) do
    it(case[1], function()
      local message = refusal(case[2])
      assert.equal("forwarding.lua" .. case[3], message:sub(1, #case[3] + 14))
    end)
  end

  it("tables of the file are read-only once it is loaded, however deep", function()
    for _, body in ipairs({
      "local t = T t.x = 1", "T.list[1] = 9", "local t = T.list t[#t + 1] = 4", "table.insert(T.list, 4)",
      "table.remove(T.list)", "table.sort(T.list)", "T.deep.deeper.x = nil",
      "for _, v in pairs(T) do v.x = 1 end",
      "local k = next(T.keyed) k.x = 1", "string.x = 1", "local s = string s.rep = nil", "math.pi = 3",
      "local e = _ENV e.x = 1",
    }) do
      local set = with_when(body,
        "local T = { list = { 3, 1 }, deep = { deeper = { x = 1 } }, keyed = { [{}] = 1 } }")
      local ok, message = pcall(set.decide, {})
      assert.is_false(ok, body)
      assert.is_truthy(message:find("cannot be set: rules keep no state", 1, true)
        or message:find("not local", 1, true), message)
    end
  end)

  it("and can be read as before", function()
    local set = with_when([[
      assert(#T == 3 and T[2] == 2 and T.more.x == "y" and T.absent == nil)
      assert(table.concat(T, ",") == "1,2,3" and select("#", table.unpack(T)) == 3)
      local n = 0
      for _, v in ipairs(T) do n = n + v end
      for _, v in pairs(T.more) do n = n + #v end
      for k, v in next, T.more do n = n + #k + #v end
      assert(n == 9 and next({}) == nil and next(T.more) == "x" and rawlen(T) == 3)
      assert(type(T) == "table" and tostring(T) == "table" and rawequal(T, SAME))
      assert(VIPS["+13035550188"] == "Grace" and next(VIPS) == "+13035550188")
      assert(table.move(T, 1, 3, 1, {})[3] == 3 and table.pack(table.unpack(T)).n == 3)
      local own = { 3, 1, 2 }
      table.sort(own)
      table.sort(own, function(a, b) return a > b end)
      table.insert(own, 1, 4)
      assert(table.concat(own) == "4321" and table.remove(own) == 1)
      return HELP.is(call.n)
    ]], [[
      local T, VIPS = { 1, 2, 3, more = { x = "y" } }, contacts("vips.txt")
      local SAME, HELP = T, {}
      local limit = 5
      limit = limit + 1
      function HELP.is(n) return n < limit end
    ]])
    assert.equal(1, (set.decide({ n = 5 })))
    assert.is_nil((set.decide({ n = 6 })))
  end)

  it("methods and words may be kept under another name", function()
    local set = with_when("return opened(OFFICE, call.at) and shout('a') == 'A' and after(made, made)", [[
      local OFFICE = hours { zone = "UTC", ["mon-sun"] = "24h" }
      local opened, shout, made = OFFICE.open_at, string.upper, ring("+13035550142")
      local after, say_it = made.otherwise, twiml.say
    ]])
    assert.equal(1, (set.decide({ at = 0 })))
  end)
end)
