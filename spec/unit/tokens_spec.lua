-- The one reader of rule sources: its tokens, in the cookbook's recipes and the template.
dofile("spec/support/native.lua")
local source_files = require("support.rule_files")
local tokens = require("calls.source.tokens")

local FILES = source_files()

describe("tokens", function()
  it("goes through what it kept as through the text", function()
    for _, source in ipairs(FILES) do
      local kept, count = tokens.again(tokens.read(source)), 0
      for kind, from, behind, line in tokens.each(source) do
        count = count + 1
        assert.are.same({ kind, from, behind, line }, { kept() })
      end
      assert.is_true(count > 10)
      assert.is_nil(kept())
    end
  end)

  local function words(source)
    local t, out = tokens.read(source), {}
    for i = 1, t.count - 1 do out[i] = t.line[i] .. t.kind[i]:sub(1, 1) .. " " .. t.text[i] end
    return out
  end

  for _, case in ipairs {
    { "a=1 --[[ x\n]] b", { "1n a", "1o =", "1n 1", "2n b" } },
    { "--[==[ ]] \n ]==] x -- end\ny", { "2n x", "3n y" } },
    { "[[a\n]] .. 'b\\'c' .. \"d\\\ne\" f",
      { "1s [[a\n]]", "2o ..", "2s 'b\\'c'", "2o ..", '2s "d\\\ne"', "3n f" } },
    { "x~=y==z..w...", { "1n x", "1o ~=", "1n y", "1o ==", "1n z", "1o ..", "1n w", "1o ..." } },
    { "1e-5 0x1p-2 .5 3 ..x", { "1n 1e-5", "1n 0x1p-2", "1n .5", "1n 3", "1o ..", "1n x" } },
    { "a\rb\r\nc\nd", { "1n a", "2n b", "3n c", "4n d" } },
    { "'unfinished\nx", { "1s 'unfinished", "2n x" } },
    { "\u{201c}a\u{201d}", { "1b \u{201c}", "1n a", "1b \u{201d}" } },
  } do
    it("are " .. case[1]:gsub("[\n\r]", "↵"), function() assert.same(case[2], words(case[1])) end)
  end

  it("never fail, whatever the text is", function()
    for _, file in ipairs(FILES) do
      for cut = 1, #file, 97 do
        local t = tokens.read(file:sub(1, cut))
        assert.equal("eof", t.kind[t.count])
      end
    end
    for byte = 0, 255 do tokens.read(string.char(byte, 92, 91, 91, byte)) end
  end)

  it("know what brackets and blocks belong together", function()
    for _, file in ipairs(FILES) do
      local t = tokens.read(file)
      for i = 1, t.count do
        if t.text[i] == "function" and t.kind[i] == "keyword" then assert.equal("end", t.text[t.pair[i]]) end
        if t.text[i] == "{" then assert.equal("}", t.text[t.pair[i]]) end
      end
    end
  end)

  it("have values and fields", function()
    local t = tokens.read('{ a = 1, ["b c"] = "x\\65\\n", [3] = y, z; f(1, 2), [k] = 4 }')
    local keys = {}
    for i, field in ipairs(tokens.fields(t, 1)) do keys[i] = tostring(field.key) end
    assert.same({ "a", "b c", "3", "1", "2", "nil" }, keys)
    assert.equal("xA\n", tokens.value(t, tokens.fields(t, 1)[2].first))
  end)
end)
