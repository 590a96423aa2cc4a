-- Names as a search sees them, however they are written.
dofile("spec/support/native.lua")
local fold = require("hookswitch.fold")
local search = require("calls.parties.search")

local function finds(text, name)
  local forms = fold.forms(name)
  for _, word in ipairs(search.read(text).words) do
    if not forms:find(word, 1, true) then
      return false
    end
  end
  return true
end

-- Each line: a name, and ways to write it.
local ALIKE = {
  { "Müller", "mueller", "MUELLER", "muller", "MÜLLER", "Mu\u{308}ller" },
  { "Straße", "Strasse", "STRASSE", "STRAẞE" },
  { "Jørgensen", "Joergensen", "jorgensen", "JØRGENSEN" },
  { "Ågård", "Aagaard", "agard", "A\u{30A}ga\u{30A}rd" },
  { "Łukasz", "lukasz", "ŁUKASZ" },
  { "Kjær", "kjaer", "KJÆR" },
  { "Nguyễn Thị", "nguyen thi", "NGUYỄN THỊ" },
  { "Ελένη Ψαρού", "ελενη ψαρου", "ΕΛΕΝΗ ΨΑΡΟΎ" },
  { "Семён Жданов", "семен жданов", "СЕМЁН ЖДАНОВ" },
  { "Ѓорѓи Јовић", "ЃОРЃИ ЈОВИЋ" },
  { "Արամ", "ԱՐԱՄ" },
  { "ქეთი", "ᲥᲔᲗᲘ" },
  { "Ἀχιλλεύς", "αχιλλευσ", "ΑΧΙΛΛΕΎΣ" },
  { "क़ासिम", "क\u{93C}ासिम" },
  { "강", "\u{1100}\u{1161}\u{11BC}" },
  { "Şükrü Işık", "sukru isik", "ŞÜKRÜ IŞIK", "Suekrue Isik" },
  { "O’Brien", "o'brien", "O BRIEN" },
}

describe("a name", function()
  for _, ways in ipairs(ALIKE) do
    it(("is found however it is written: %s"):format(ways[1]), function()
      for _, way in ipairs(ways) do
        assert(finds(way, ways[1]), ("%s finds %s"):format(way, ways[1]))
        assert(finds(ways[1], way), ("%s finds %s"):format(ways[1], way))
      end
    end)
  end

  it("isn't found by another, nor by one that only looks like two letters for one", function()
    local others = { { "Joe", "Jordan" }, { "Sue", "Susan" }, { "Müller", "Miller" }, { "Aaron", "Sharon" } }
    for _, pair in ipairs(others) do
      assert.is_false(finds(pair[1], pair[2]), pair[1] .. " finds " .. pair[2])
    end
  end)

  it("is written in few ways", function()
    assert.same({ "anna", "mueller\nmuller", "muller\nmueller" },
      { fold.forms("Anna"), fold.forms("Mueller"), fold.forms("Müller") })
  end)
end)
