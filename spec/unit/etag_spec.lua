-- hookswitch.etag: what If-Match says of a tag (RFC 9110, 13.1.1), and what a tag is made of.
dofile("spec/support/native.lua")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")

local TAG = '"a"'

describe("etag.fits", function()
  for _, case in ipairs {
    { nil, true }, { "*", true }, { " *\t", true }, { '"a"', true }, { '"b", "a"', true },
    { '"b","a"', true }, { ',, "b" ,\t"a",', true }, { 'W/"a", "a"', true }, { '"a", W/"a"', true },
    { '"b"', false }, { 'W/"a"', false }, { '""', false }, { '"A"', false }, { '"a,b"', false },
    { '"b,\\"', false },
    { '"\xE4"', false },
    { "", nil }, { ",", nil }, { "a", nil }, { '"a', nil }, { 'a"', nil }, { '"a" b', nil }, { '"a b"', nil },
    { 'w/"a"', nil }, { 'W"a"', nil }, { '/"a"', nil }, { 'W/', nil }, { '*, "a"', nil }, { '"a", *', nil },
    { "'a'", nil }, { '"a"\1', nil }, { "**", nil },
    { '"a""b"', nil }, { '"a" "b"', nil }, { '"a"W/"b"', nil }, { '"b""a"', nil }, { '"a"\t"b", "c"', nil },
    { 'W/ "a"', nil }, { '"a"  ,  "b"', true }, { ', "a"', true },
  } do
    local header, expected = case[1], case[2]
    local name = header and ("%q"):format(header) or "no header"
    it(("says %s of %s"):format(tostring(expected), name), function()
      assert.are.equal(expected, etag.fits(header, TAG))
      -- Where nothing is, nothing fits; what cannot be read stays so.
      local of_nothing = header and expected and false
      if header == nil then
        of_nothing = true
      elseif expected == false then
        of_nothing = false
      end
      assert.are.equal(of_nothing, etag.fits(header, nil))
    end)
  end

  it("is not slow on what is long", function()
    local began = os.clock()
    for _, text in ipairs { '"x",', "W/", 'W/"', " ", "," } do
      etag.fits(text:rep(16000 // #text), TAG)
    end
    assert.is_true(os.clock() - began < 0.5)
  end)
end)

describe("etag.stamp", function()
  it("tells apart what differs in any field, and nothing else", function()
    local seen = {}
    local different = { {}, { a = 1 }, { a = "1" }, { a = true }, { b = 1 }, { a = 1, b = 1 }, { a = { 1 } } }
    for _, row in ipairs(different) do
      local tag = etag.stamp(row).etag
      assert.is_truthy(tag:find('^"[%w_-]+"$'))
      assert.is_nil(seen[tag])
      seen[tag] = true
      assert.are.equal(tag, etag.stamp(row).etag) -- its own tag isn't part of it
    end
    assert.are.equal(etag.of { a = 1, b = 2 }, etag.of { b = 2, a = 1 })
  end)
end)

describe("etag.check", function()
  local function request(header)
    return { header = function(_, name) return name == "If-Match" and header or nil end }
  end

  it("ends the request with the row and its tag", function()
    local row = etag.stamp { id = 1 }
    etag.check(request(nil), row)
    etag.check(request(row.etag), row)
    local ok, problem = pcall(etag.check, request('"x"'), row)
    assert.is_false(ok)
    assert.is_true(fail.is(problem))
    assert.are.same({ 412, row.etag, row }, { problem.status, problem.headers.ETag, problem.details.current })
    ok, problem = pcall(etag.check, request("x"), row)
    assert.are.same({ false, 400 }, { ok, problem.status })
    ok, problem = pcall(etag.check, request("*"), nil)
    assert.are.same({ false, 412, {} }, { ok, problem.status, problem.details })
  end)
end)
