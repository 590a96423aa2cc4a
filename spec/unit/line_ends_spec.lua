-- However a file's lines end, and whatever stands before or behind them, the same is read from it.
dofile("spec/support/native.lua")
local contacts = require("calls.rules.contacts")
local sections = require("calls.team.sections")
local team = require("calls.team.team")
local written_number = require("calls.parties.written_number")

local FILES = {
  ["people.txt"] = "# us\n[joe]\nname: Joe Brown\nphone: (303) 555-0142   # mobile\n\n"
    .. "[ana]\nphone: +13035550177\n",
  ["groups.txt"] = "crew: joe, ana # all\n",
  ["hours.txt"] = "[office]\nzone: America/Denver\nmon-fri: 8am-5pm\n12-24: 08:00-12:00\n",
  ["oncall.txt"] = "[nights]\nzone: UTC\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe, ana\n",
}
local LISTS = {
  ["v.txt"] = "# VIPs\n+13035550188 Grace\n(303) 555-0199  Linus\n\n+442079460123\n",
  ["v.csv"] = "Name,Phone\nGrace,+13035550188\n\"Linus, jr.\",303-555-0199\n",
}
local CHANGES = {
  ["\\n"] = function(text) return text end,
  ["\\r\\n"] = function(text) return (text:gsub("\n", "\r\n")) end,
  ["\\r alone"] = function(text) return (text:gsub("\n", "\r")) end,
  ["a BOM"] = function(text) return "\u{FEFF}" .. text end,
  ["a BOM and \\r\\n"] = function(text) return "\u{FEFF}" .. text:gsub("\n", "\r\n") end,
  ["no last line end"] = function(text) return (text:gsub("\n$", "")) end,
  ["both kinds"] = function(text) return (text:gsub("\n", "\r\n", 1)) end,
  ["blanks at line ends"] = function(text) return (text:gsub("\n", " \t\n")) end,
}

local function entries(text, name)
  local out = {}
  for number, label in pairs(contacts.read(text, name, "US")) do out[number] = label end
  return out
end

for what, change in pairs(CHANGES) do
  describe("lines with " .. what, function()
    for name, text in pairs(LISTS) do
      it("are read in " .. name, function() assert.same(entries(text, name), entries(change(text), name)) end)
    end

    it("are read in the team's files", function()
      local read = team.read(function(name) return FILES[name] and change(FILES[name]) end, "US")
      assert.same({}, team.messages(read))
    end)

    it("stay as they are when nothing changes", function()
      for name, text in pairs(FILES) do
        local document, copy = sections.read(change(text), { flat = name == "groups.txt" }), {}
        for _, line in ipairs(document.lines) do copy[#copy + 1] = line.raw .. line.eol end
        assert.equal(change(text), document.bom .. table.concat(copy))
      end
    end)
  end)
end

describe("a contact", function()
  for _, line in ipairs { "+13035550188 Grace Hopper", "Grace Hopper +13035550188",
    "Grace Hopper: (303) 555-0188", "Grace Hopper, 303.555.0188",
    "'+13035550188 Grace Hopper", "+13035550188, Grace Hopper", "+13035550188 , Grace Hopper",
    "Grace Hopper\t+1 303 555 0188" } do
    it("is read: " .. line, function()
      assert.same({ ["+13035550188"] = "Grace Hopper" }, entries("# a\n" .. line .. "\n", "v.txt"))
    end)
  end

  it("whose name has digits keeps it", function()
    assert.same({ ["+13035550188"] = "Route 66 Motel" }, entries("+13035550188 Route 66 Motel\n", "v.txt"))
    assert.is_false(pcall(entries, "Route 66\n", "v.txt"))
    assert.is_false(pcall(entries, "Grace Hopper 5550188\n", "v.txt"))
  end)
end)

describe("a group in a group", function()
  it("is told apart from a name that nobody has", function()
    local groups = "crew: joe\nall: crew, ana\nsome: zed\n"
    local function data(name) return name == "groups.txt" and groups or FILES[name] end
    local said = table.concat(team.messages(team.read(data, "US")), "\n")
    assert.is_truthy(said:find('groups.txt:2: all: "crew" is a group, and a group lists', 1, true), said)
    assert.is_truthy(said:find('groups.txt:3: some: people.txt has no person "zed"', 1, true), said)
  end)
end)

describe("a number with a character that can't be seen", function()
  for _, mark in ipairs { "\u{200B}", "\u{200D}", "\u{2060}", "\u{FEFF}", "\u{AD}", "\u{202E}" } do
    it(("is refused with what to write: U+%04X"):format(utf8.codepoint(mark)), function()
      for _, text in ipairs { "+1303555" .. mark .. "0142", "(303) 555" .. mark .. "-0142" .. mark } do
        local number, message = written_number.read(text, "US")
        assert.is_nil(number)
        assert.is_truthy(message:find("no number has: write [+(]"), message)
      end
    end)
  end
end)
