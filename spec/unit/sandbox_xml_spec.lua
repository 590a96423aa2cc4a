local reader = require("calls.twiml.reader")

local function shape(node)
  local names, parts = {}, {}
  for name in pairs(node.attributes) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = (" %s=%q"):format(name, node.attributes[name]) end
  for i, child in ipairs(node.children) do
    parts[i] = type(child) == "table" and shape(child) or ("%q"):format(child)
  end
  return node.name .. table.concat(names) .. "(" .. table.concat(parts, " ") .. ")"
end

describe("xml_reader", function()
  local READ = {
    ["<Response/>"] = "Response()",
    ['<?xml version="1.0" encoding="UTF-8"?>\n<Response><Hangup/></Response>\n'] = "Response(Hangup())",
    ["\u{FEFF}<Response></Response>"] = "Response()",
    ['<R a="x>y" b=\'"\'/>'] = [[R a="x>y" b="\""()]],
    ["<R>a &amp; b &#x41;&#66; &lt;c&gt;</R>"] = [[R("a & b AB <c>")]],
    ["<R><!-- no --><![CDATA[<x>]]></R>"] = [[R("<x>")]],
    ["<R a='1\n2'/>"] = [[R a="1 2"()]],
    ["<R>a\r\nb</R>"] = "R(\"a\\\nb\")",
    ["<say-as x:y='1' />"] = [[say-as x:y="1"()]],
  }
  for text, expected in pairs(READ) do
    it("reads " .. text:gsub("%c", "."), function()
      assert.equal(expected, shape(assert(reader.parse(text))))
    end)
  end

  local REFUSED = {
    "", "hello", "<R", "<R>", "</R>", "<R><A></R>", "<R/><R/>", "<R/>x", "x<R/>", "<R a='1'b='2'/>",
    "<R a=1/>", "<R a='1' a='2'/>", "<R a='<'/>", "<R a/>", "<R>&nbsp;</R>", "<R>&amp</R>", "<R>&#0;</R>",
    "<R>&#xD800;</R>", "<!DOCTYPE R><R/>", "<?php ?><R/>", "<R>\1</R>", "<R>\255</R>",
    "<R><!-- a -- b --></R>", "< R/>", "<R/ >",
    ("<a>"):rep(30) .. ("</a>"):rep(30), "<R>" .. ("x"):rep(70000) .. "</R>", "<R>\0</R>", "<R a='1/>",
  }
  for _, text in ipairs(REFUSED) do
    it("refuses " .. text:sub(1, 30):gsub("%c", "."), function()
      local root, message, code = reader.parse(text)
      assert.is_nil(root)
      assert.equal("string", type(message))
      assert.equal("malformed", code)
    end)
  end

  it("names the line", function()
    local _, message = reader.parse("<R>\n<A>\n</B></R>")
    assert.equal("line 3: <A> is not closed", message)
  end)

  it("survives any bytes", function()
    math.randomseed(7)
    local pieces = {
      "<", ">", "/", "R", " a='", "'", '"', "&amp;", "&", "<!--", "-->", "]]>", "<![CDATA[", "\n", "é",
    }
    for _ = 1, 5000 do
      local out = {}
      for i = 1, math.random(12) do out[i] = pieces[math.random(#pieces)] end
      local root, message = reader.parse(table.concat(out))
      assert.truthy(root or message)
    end
  end)
end)
