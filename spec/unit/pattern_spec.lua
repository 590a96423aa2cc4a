-- The rule VM's string functions against the stock ones, over generated cases.
local budgeted = dofile("spec/support/native.lua").language.string

local ATOMS = {
  "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%.", "%%", "[abc]", "[^a]", "[a-c]", "[]a]", "[^]b]",
  "[%d_]", "[a-]", "[%a-z]", "[--a]", "[b-a]", "(", ")", "()", "%b()", "%bab", "%f[%w]", "%f[^a]", "%1",
  "%2", "^", "$", "*", "+", "-", "?", "]", "}", "\0", "%z", "%Z", "[\0-\5]", "%g", "%x", "%p", "%u", "%l",
  "%c", "%A", "%D", "%S", "%W", "%P", "%G", "%X", " ", "1", "_", "[", "%", "[^%s%p]", "[\128-\255]",
}
local REPEATS = { "", "", "", "*", "+", "-", "?" }
local BYTES = {
  "a", "b", "c", "a", "b", "a", "(", ")", "1", "_", " ", "%", ".", "\0", "A", "\195\169", "]", "-", "$",
}
local REPLACEMENTS = { "<%0>", "%1", "%%", "x", "[%1%1]", "" }

-- A generator of its own: the cases are the same on every machine.
local seed = 20260308
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n + 1
end

local function pattern()
  local parts = {}
  if random(6) == 1 then parts[1] = "^" end
  for _ = 1, random(8) - 1 do
    parts[#parts + 1] = ATOMS[random(#ATOMS)] .. REPEATS[random(#REPEATS)]
  end
  if random(5) == 1 then parts[#parts + 1] = "$" end
  return table.concat(parts)
end

local function subject()
  local parts = {}
  for i = 1, random(15) - 1 do parts[i] = BYTES[random(#BYTES)] end
  return table.concat(parts)
end

--- All results as one text, integers told from strings.
local function outcome(f, ...)
  local results = table.pack(pcall(f, ...))
  for i = 2, results.n do
    local value = results[i]
    results[i] = math.type(value) and value .. "n" or tostring(value)
  end
  return results[1], table.concat(results, "|", 2, results.n)
end

local function matches_of(lib, ...)
  local found = {}
  for a, b, c in lib.gmatch(...) do
    found[#found + 1] = tostring(a) .. "/" .. tostring(b) .. "/" .. tostring(c)
  end
  return table.concat(found, ";")
end

local function swapped(text)
  return text ~= "a" and "(" .. tostring(text) .. ")" or nil
end

--- What every function of a library makes of one case.
local function all_outcomes(lib, text, pat, init, replacement)
  return {
    { outcome(lib.find, text, pat, init) },
    { outcome(lib.find, text, pat, init, true) },
    { outcome(lib.match, text, pat, init) },
    { outcome(lib.gsub, text, pat, replacement, init) },
    { outcome(lib.gsub, text, pat, { a = "1", b = false, ab = 7 }) },
    { outcome(lib.gsub, text, pat, swapped) },
    { outcome(matches_of, lib, text, pat, init) },
  }
end

describe("the rule VM's string library", function()
  it("matches as the stock library does, in 40,000 generated cases", function()
    local compared = 0
    for _ = 1, 40000 do
      local text, pat = subject(), pattern()
      local init = random(4) == 1 and random(36) - 18 or nil
      local replacement = REPLACEMENTS[random(#REPLACEMENTS)]
      local theirs = all_outcomes(string, text, pat, init, replacement)
      local ours = all_outcomes(budgeted, text, pat, init, replacement)
      for i, expected in ipairs(theirs) do
        -- A malformed pattern is refused here even when matching never reaches the malformed part.
        if expected[1] and ours[i][1] then
          compared = compared + 1
          if expected[2] ~= ours[i][2] then
            error(("%d: %q %q %s: %s, not %s"):format(i, text, pat, init, ours[i][2], expected[2]))
          end
        elseif expected[1] or ours[i][1] then
          assert.is_truthy(expected[1], pat)
        end
      end
    end
    assert.is_true(compared > 200000)
  end)

  it("refuses the malformed patterns that the stock library refuses, with its words", function()
    for _, pat in ipairs({
      "%", "a%", "[", "[a", "[^", "[]", "[%", "[%]", "[a%]", "(", "(a", "())", ")", "a)", "%f", "%fa", "%b",
      "%ba", "%1", "(%1)", "(a)%2", "%0", ("()"):rep(33),
    }) do
      local _, expected = pcall(string.match, "aaaa", pat)
      local ok, message = pcall(budgeted.match, "aaaa", pat)
      assert.is_false(ok, pat)
      assert.equal(expected, message)
    end
  end)

  it("refuses the same arguments, with the same words", function()
    for _, case in ipairs({
      { "find" }, { "find", "a" }, { "find", {}, "a" }, { "find", "a", "a", "x" }, { "match", "a", print },
      { "gmatch", "a" }, { "gsub", "a", "a" }, { "gsub", "a", "a", true }, { "gsub", "a", "a", "%2" },
      { "gsub", "a", "a", "%" }, { "gsub", "a", "a", "%x" }, { "gsub", "a", "a", "b", "c" },
      { "gsub", "a", "a", function() return {} end }, { "rep", "a" }, { "rep", "a", "x" }, { "format" },
      { "format", "%d", "x" }, { "format", "%y" }, { "format", "%d" },
    }) do
      local name = table.remove(case, 1)
      local ok, expected = pcall(string[name], table.unpack(case))
      assert.is_false(ok)
      local taken, message = pcall(budgeted[name], table.unpack(case))
      assert.is_false(taken)
      -- Lua knows the name of a function that is in a loaded module.
      assert.equal((expected:gsub(" to '.-'", "")), (message:gsub(" to '.-'", "")))
    end
  end)

  it("takes numbers for strings, and repeats and formats as the stock library does", function()
    assert.same({ 2, 2 }, { budgeted.find(123, 2) })
    assert.same({ "1x3", 1 }, { budgeted.gsub(123, 2, "x") })
    for n = -1, 40 do
      for _, text in ipairs({ "", "a", "abc" }) do
        for _, between in ipairs({ "", ",", "--" }) do
          assert.equal(text:rep(n, between), budgeted.rep(text, n, between))
        end
      end
    end
    local line = "%5d|%-5s|%05.1f|%q|%x|%c|%s|%%|%i|%g|%a"
    local values = { 42, "ab", 3.14159, "a\n\"", 255, 65, true, 7, 0.5, 1.0 }
    assert.equal(line:format(table.unpack(values)), budgeted.format(line, table.unpack(values)))
  end)

  it("shows no addresses", function()
    assert.equal("table function nil true", budgeted.format("%s %s %s %s", {}, print, nil, true))
    local named = setmetatable({}, { __tostring = function() return "mine" end })
    assert.equal("mine", budgeted.format("%s", named))
    assert.has_error(function() budgeted.format("%p", {}) end, "invalid conversion '%p' to 'format'")
  end)

  it("gives up on a costly pattern within milliseconds", function()
    local text = ("a"):rep(28)
    local began = os.clock()
    for _, pat in ipairs({
      ("a-"):rep(12) .. "b", ("a*"):rep(20) .. "b", ("%w*"):rep(20) .. "b",
      ("[%w]?"):rep(28) .. ("a"):rep(28) .. "b", ("(a*)"):rep(9) .. "%1%2b",
    }) do
      for _, f in ipairs({ budgeted.find, budgeted.match, budgeted.gsub }) do
        local ok, message = pcall(f, text, pat, f == budgeted.gsub and "" or nil)
        assert.is_false(ok, pat)
        assert.is_truthy(message:find("pattern too costly", 1, true), message)
      end
      assert.has_error(budgeted.gmatch(text, pat), "pattern too costly")
    end
    assert.is_true(os.clock() - began < 2)
  end)

  it("bounds what the stock library builds without end", function()
    assert.equal("", budgeted.rep("", 1 << 62))
    assert.equal("", budgeted.rep("", 1 << 62, ""))
    assert.equal(1 << 20, #budgeted.rep("x", 1 << 20))
    for _, case in ipairs({
      { budgeted.rep, "x", (1 << 20) + 1 }, { budgeted.rep, "x", 1 << 62 },
      { budgeted.rep, "", 1 << 62, "x" }, { budgeted.format, "%s", ("x"):rep(1 << 19) },
    }) do
      local ok, message = pcall(table.unpack(case))
      assert.is_false(ok)
      assert.is_truthy(message:find("resulting string too large", 1, true), message)
    end
    assert.has_error(function() budgeted.format(("%99.99f"):rep(1000)) end)
    assert.has_error(function() budgeted.find("x", ("a?"):rep(20000)) end)
  end)
end)
