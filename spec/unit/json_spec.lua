dofile("spec/support/native.lua")
local json = require("json")

local function nested(depth)
  local value = 7
  for _ = 1, depth do
    value = { value }
  end
  return value
end

local function backwards(n)
  local list = {}
  for i = n, 1, -1 do
    list[i] = i
  end
  return list
end

describe("json.encode", function()
  for _, case in ipairs({
    { "a string", "plain", '"plain"' },
    { "quotes and backslashes", 'a"b\\c', [["a\"b\\c"]] },
    { "a slash as it is", "a/b", '"a/b"' },
    { "control characters", "\b\t\n\v\f\r\0\31\127", [["\b\t\n\u000b\f\r\u0000\u001f]] .. "\127\"" },
    { "text beyond ASCII as it is", "Zoë 日本 😀", '"Zoë 日本 😀"' },
    { "an empty string", "", '""' },
    { "the largest integers exactly", { math.maxinteger, math.mininteger },
      "[9223372036854775807,-9223372036854775808]" },
    { "fifteen digits exactly", 123456789012345, "123456789012345" },
    { "zero", 0, "0" },
    { "a float without a fraction as an integer", 20.0, "20" },
    { "the shortest form of a float", { 0.1, 1 / 3, 1e300, -2.5 }, "[0.1,0.3333333333333333,1e+300,-2.5]" },
    { "booleans", { true, false }, "[true,false]" },
    { "null", { json.null, 1 }, "[null,1]" },
    { "an empty table as an object", {}, "{}" },
    { "an empty marked list", json.array {}, "[]" },
    { "a new marked list", json.array(), "[]" },
    { "keys in order", { b = 1, a = 2, c = { z = 1, y = 2 }, B = 3 },
      '{"B":3,"a":2,"b":1,"c":{"y":2,"z":1}}' },
    { "a key that begins another first", { abc = 1, ab = 2, [""] = 3 }, '{"":3,"ab":2,"abc":1}' },
    { "lists of objects", { { a = 1 }, { a = 2 } }, '[{"a":1},{"a":2}]' },
    { "a list filled backwards", backwards(9), "[1,2,3,4,5,6,7,8,9]" },
  }) do
    it("writes " .. case[1], function()
      assert.are.equal(case[3], json.encode(case[2]))
    end)
  end

  for _, case in ipairs({
    { "NaN", 0 / 0, "NaN and infinity have no JSON form" },
    { "infinity", math.huge, "NaN and infinity have no JSON form" },
    { "a function", { f = print }, 'a function has no JSON form (at "f")' },
    { "a coroutine", coroutine.create(print), "a thread has no JSON form" },
    { "an open file", { a = { file = io.stdout } }, 'a userdata has no JSON form (at "file")' },
    { "invalid UTF-8", { name = "\xff" }, 'the text is not valid UTF-8 (at "name")' },
    { "a cut character", "abc\xe2\x82", "the text is not valid UTF-8" },
    { "a surrogate", "\xed\xa0\x80", "the text is not valid UTF-8" },
    { "an overlong character", "\xc0\xaf", "the text is not valid UTF-8" },
    { "a list with a hole", { 1, nil, 3 }, "a list with holes" },
    { "a list that begins at 2", { [2] = true }, "a list with holes" },
    { "a list with a name", { 1, 2, x = 3 }, "a list that also has named fields" },
    { "a marked list with a name", json.array { x = 3 }, "a list that also has named fields" },
    { "a fraction as key", { [1.5] = 1 }, "a list that also has named fields" },
    { "33 levels", nested(33), "more than 32 levels, or a table inside itself" },
  }) do
    it("raises for " .. case[1], function()
      local ok, message = pcall(function() return (json.encode(case[2])) end)
      assert.is_false(ok)
      assert.are.equal("json.encode: " .. case[3], (message:gsub("^%S+:%d+: ", "")))
      assert.is_truthy(message:find("json_spec.lua:", 1, true))
    end)
  end

  it("raises for a table inside itself, then works again", function()
    local loop = { inner = {} }
    loop.inner.loop = loop
    assert.is_false(pcall(json.encode, loop))
    assert.are.equal('{"a":1}', json.encode({ a = 1 }))
  end)

  it("takes exactly 32 levels", function()
    assert.are.equal(("["):rep(32) .. "7" .. ("]"):rep(32), json.encode(nested(32)))
  end)

  it("calls no metamethod", function()
    local called = false
    local function call() called = true end
    local noisy = setmetatable({ 1 }, { __index = call, __len = call, __pairs = call, __tostring = call })
    assert.are.equal("[1]", json.encode(noisy))
    assert.is_false(called)
  end)

  it("raises without a value", function()
    assert.is_false(pcall(json.encode))
    assert.are.equal("null", json.encode(nil))
  end)
end)

describe("json.encode of much", function()
  it("keeps the order of many keys, and gives back what it needed", function()
    local t, expected = {}, {}
    for i = 1, 20000 do
      t[("k%05d"):format(i * 7919 % 20011)] = i
    end
    for text in json.encode(t):gmatch('"(k%d+)"') do
      expected[#expected + 1] = text
    end
    assert.are.equal(20000, #expected)
    for i = 2, #expected do
      assert.is_true(expected[i - 1] < expected[i])
    end
    assert.are.equal('{"a":1}', json.encode({ a = 1 }))
  end)

  it("escapes in pieces as it does at once", function()
    local unit = "abc\u{20AC}\"\1"
    local text = unit:rep(4000)
    assert.are.equal('"' .. ('abc\u{20AC}\\"\\u0001'):rep(4000) .. '"', json.encode(text))
    assert.are.equal('"' .. ("\u{20AC}"):rep(10000) .. '"', json.encode(("\u{20AC}"):rep(10000)))
  end)
end)

describe("json.decode", function()
  it("makes integers of numbers without a fraction", function()
    local t = json.decode('{"id":5,"list":[1.0,2e2,-0,2.5,9007199254740991],"deep":{"n":3}}')
    for _, number in ipairs({ t.id, t.list[1], t.list[2], t.list[3], t.list[5], t.deep.n }) do
      assert.are.equal("integer", math.type(number))
    end
    assert.are.equal("5", tostring(t.id))
    assert.are.equal(2.5, t.list[4])
    assert.are.equal("float", math.type(json.decode("9007199254740992")))
  end)

  it("gives json.null for null", function()
    local t = json.decode('{"a":null,"b":[null]}')
    assert.are.equal(json.null, t.a)
    assert.are.equal(json.null, t.b[1])
    assert.are.equal('{"a":null,"b":[null]}', json.encode(t))
    assert.is_not_nil(json.null)
  end)

  it("reads escapes", function()
    local text = [["\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00\u0000"]]
    assert.are.equal('"\\/\b\f\n\r\té€😀\0', json.decode(text))
  end)

  for _, text in ipairs({ "", "nul", "{", "[1,]", "NaN", "-Infinity", "0x10", "01", "1 2", "'a'", '{"a":1,}',
    '"\xff"', '"\\ud800"', '"a\nb"', "\xef\xbb\xbf{}", "1e999", "-", ("["):rep(33) .. ("]"):rep(33),
    "[1e400]" }) do
    it(("refuses %q"):format(text:sub(1, 20)), function()
      local value, message, code = json.decode(text)
      assert.is_nil(value)
      assert.are.equal("string", type(message))
      assert.are.equal("malformed", code)
    end)
  end

  it("reads 100,000 elements and no more", function()
    local function list(n)
      return "[" .. ("[],"):rep(n) .. '",[{"]'
    end
    assert.are.equal(50000, #json.decode(list(49999)))
    local value, message, code = json.decode(list(50000))
    assert.is_nil(value)
    assert.are.equal("the text has more than 100,000 elements", message)
    assert.are.equal("malformed", code)
  end)

  it("refuses names that an object has more than once, if told to, however deep and escaped", function()
    for text, name in pairs {
      ['{"a":1,"a":1}'] = "a", ['{"a":1,"\\u0061" : 2}'] = "a",
      ['[{"b":{"a":1},"c":[{"x":"y","x":0}]}]'] = "x", ['{"a":[{}],"a":null}'] = "a",
      ['{"a":{"a":1},"":1,"b":[],"":2}'] = "", ['{"\\"":1,"a":"\\"","\\"":2}'] = '"',
    } do
      assert.are.same({ n = 3, nil, name, "repeated" }, table.pack(json.decode(text, true)))
      assert.is_table(json.decode(text))
    end
    for _, text in ipairs {
      '{"a":{"a":1},"b":["a","a"],"c":"a","A":[{"a":1},{"a":2}]}', '"a"', "[]", '{"a":"\\":","b":"\\\\"}',
    } do
      assert.are.same(json.decode(text), (json.decode(text, true)))
    end
    local deep = ('{"a":'):rep(31) .. "1" .. ("}"):rep(31)
    assert.is_table(json.decode(deep, true))
    assert.are.equal("malformed", select(3, json.decode('{"a":1,"a":2', true)))
  end)

  it("raises when there is no text", function()
    assert.is_false(pcall(json.decode))
    assert.is_false(pcall(json.decode, { 1 }))
  end)

  it("can be asserted", function()
    assert.are.equal(1, assert(json.decode("1")))
    assert.is_false(pcall(function() return assert(json.decode("x")) end))
  end)
end)

describe("json.array", function()
  it("gives the same table back", function()
    local t = { 1 }
    assert.are.equal(t, json.array(t))
  end)

  it("takes tables only", function()
    assert.is_false(pcall(json.array, "x"))
  end)
end)
