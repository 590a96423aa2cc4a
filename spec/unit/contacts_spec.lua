-- Contacts files: lines, and tables as phones and spreadsheets export them.
dofile("spec/support/native.lua")
local contacts = require("calls.rules.contacts")

local function read(text, name, country)
  local out = {}
  for number, label in pairs(contacts.read(text, name or "vips.csv", country or "US")) do
    out[number] = label
  end
  return out
end

local function problems(text, name, country)
  local ok, message = pcall(read, text, name, country)
  assert.is_false(ok, "it was accepted")
  return (message:gsub("^%S-spec%.lua:%d+: ", ""))
end

local GRACE, LINUS = "+13035550188", "+13035550199"

describe("a contacts file", function()
  it("names what looks like the number of a line, wherever it stands", function()
    assert.matches('vips.txt:1: "%+1303" isn\'t a phone number', problems("Grace  +1303\n", "vips.txt"))
  end)
  for what, case in pairs {
    ["of lines, with numbers as people write them"] = { "vips.txt", "(303) 555-0188 Grace Hopper\n"
      .. "303 555 0199   Linus\n", { [GRACE] = "Grace Hopper", [LINUS] = "Linus" } },
    ["of lines, keeping # in a name"] = { "vips.txt", "# the firm\n  # its friends\n"
      .. "+13035550188 Suite #5, C# shop # 2\n+13035550199  Linus  # the plumber\n",
      { [GRACE] = "Suite #5, C# shop # 2", [LINUS] = "Linus" } },
    ["of lines whose names begin with digits or have commas"] = { "vips.txt",
      "+13035550188  3 Oaks\n+13035550199 Torvalds, Linus\n",
      { [GRACE] = "3 Oaks", [LINUS] = "Torvalds, Linus" } },
    ["of lines with a comma behind the number"] = { "vips.txt", "+13035550188,Grace\n+13035550199;Linus\n",
      { [GRACE] = "Grace", [LINUS] = "Linus" } },
    ["without names"] = { "vips.txt", "+13035550188\n303-555-0199\n", { [GRACE] = true, [LINUS] = true } },
    ["as Google exports it"] = { "vips.csv",
      "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,Organization Name,Notes,"
      .. "E-mail 1 - Label,"
      .. "E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
      .. 'Grace,,Hopper,,,,"Met in\nDenver, 1944",* Work,g@example.com,Mobile,(303) 555-0188,,\n'
      .. ',,,,,Linus & Sons,,,,Work,303-555-0199 ::: 303-555-0177,,\nAda,,,,,,,,,,,,\n',
      { [GRACE] = "Grace Hopper", [LINUS] = "Linus & Sons", ["+13035550177"] = "Linus & Sons" } },
    ["as Google exported it before"] = { "vips.csv",
      "Name,Given Name,Family Name,Phone 1 - Type,Phone 1 - Value\n"
      .. 'Grace Hopper,Grace,Hopper,Mobile,+1 303-555-0188\n', { [GRACE] = "Grace Hopper" } },
    ["as Outlook exports it"] = { "vips.csv",
      '"First Name","Last Name","Company","Business Fax","Business Phone","Home Phone","Mobile Phone",'
      .. '"Government ID Number"\r\n'
      .. '"Grace","Hopper","Navy","(303) 555-0100","","","(303) 555-0188","12345678"\r\n'
      .. '"","","Torvalds ""Ltd""","","(303) 555-0199","","",""\r\n',
      { [GRACE] = "Grace Hopper", [LINUS] = 'Torvalds "Ltd"' } },
    ["as a Mac exports it"] = { "vips.csv", "\u{FEFF}First name,Last name,Mobile,Work phone\n"
      .. "Grace,Hopper,\u{202A}+1 (303) 555‑0188\u{202C},\n,Linus,,303\u{A0}555 0199\n",
      { [GRACE] = "Grace Hopper", [LINUS] = "Linus" } },
    ["of a German spreadsheet"] = { "kunden.csv", "\u{FEFF}Name;Telefon;Ort\r\n"
      .. 'Müller;"030 12345678";"Berlin; Mitte"\r\nMeier;+49 (0)30 87654321;\r\n',
      { ["+493012345678"] = "Müller", ["+493087654321"] = "Meier" }, "DE" },
    ["of a Spanish spreadsheet, with tabs"] = { "c.csv", "Nombre\tTeléfono móvil\nAna\t612 345 678\n",
      { ["+34612345678"] = "Ana" }, "ES" },
    ["of a French one"] = { "c.csv", "Nom;Numéro de téléphone\nAnne;06 12 34 56 78\n",
      { ["+33612345678"] = "Anne" }, "FR" },
    ["that names its separator"] = { "c.csv", "sep=;\r\nName;Phone\r\nHopper, Grace;303 555 0188\r\n",
      { [GRACE] = "Hopper, Grace" } },
    ["whose cells hold several numbers"] = { "c.csv", "Name,Phone\nGrace,303-555-0188; 303-555-0177\n"
      .. 'Linus,"303-555-0199, or 303-555-0166"\nAda,303-555-0155 / 303-555-0144\n'
      .. 'Alan,"303 555 0133\n303 555 0122"\n',
      { [GRACE] = "Grace", ["+13035550177"] = "Grace", [LINUS] = "Linus", ["+13035550166"] = "Linus",
        ["+13035550155"] = "Ada", ["+13035550144"] = "Ada", ["+13035550133"] = "Alan",
        ["+13035550122"] = "Alan" } },
    ["with a spreadsheet's marks of texts"] = { "c.csv", 'Name,Phone\nGrace,"=""+13035550188"""\n'
      .. "Linus,'+13035550199\nAda,=\"303 555 0177\"\n",
      { [GRACE] = "Grace", [LINUS] = "Linus", ["+13035550177"] = "Ada" } },
    ["of a table without a heading"] = { "vips.csv", "Grace,Hopper,(303) 555-0188\n(303) 555-0199,Linus\n\n",
      { [GRACE] = "Grace Hopper", [LINUS] = "Linus" } },
    ["of a table in a text file"] = { "vips.txt", "name;phone\nGrace;303 555 0188\n", { [GRACE] = "Grace" } },
    ["of an export in which two share a phone"] = { "vips.csv",
      "Name,Phone\nGrace,303 555 0188\nLinus,303 555 0188\nGrace,303 555 0188\n",
      { [GRACE] = "Grace, Linus" } },
  } do
    it(what .. " is read", function() assert.same(case[3], read(case[2], case[1], case[4])) end)
  end

  it("names each line that can't be a number, and why", function()
    assert.equal('vips.csv:2: a spreadsheet has cut the number off to "1.30356E+10": '
      .. "format the column as text\n"
      .. 'vips.csv:3: "n/a" isn\'t a phone number; write it like +13035550142',
      problems('Name,Phone\nA,1.30356E+10\n"B\nC",n/a\nGrace,303 555 0188\n'))
    assert.equal('vips.txt:2: "303 555 01" isn\'t a phone number in the United States: check its length '
      .. "and its first digits, or write it with + and country code, such as +13035550142",
      problems("# a\n303 555 01 Grace\n", "vips.txt"))
    local many = ("Grace\n"):rep(25)
    local _, lines = problems(many, "vips.txt"):gsub("\n", "")
    assert.equal(20, lines)
    assert.is_truthy(problems(many, "vips.txt"):find("vips.txt: and 5 more", 1, true))
  end)

  it("refuses a table in which a quote that isn't closed would hide numbers", function()
    local unclosed = ": a quote isn't closed: end the cell with \", and write \"\" for a quote within it"
    for text, line in pairs {
      ['Name,Phone\n"Ann,+13035550143\nBob,+13035550144\n'] = 2,
      ['Name,Phone\nAnn,+13035550143\n"Bob,+13035550144\n"Sue",+13035550145\n'] = 3,
      ['"Name,Phone\nAnn,+13035550143\n'] = 1,
      ['Name,"Phone\nAnn,+13035550143\n'] = 1,
      ['Ann,+13035550143\n"Bob;+13035550144\n'] = 2,
      ['Name,Phone\n"A ""big"" one,+13035550143\n'] = 2,
    } do
      assert.equal("vips.csv:" .. line .. unclosed, problems(text))
    end
  end)

  it("takes quotes within a cell as they are written", function()
    assert.same({ ["+13035550143"] = '"Big" Ann', ["+13035550144"] = 'Bob "B", Jr' },
      read('Name,Phone\n"Big" Ann,+13035550143\n"Bob ""B"", Jr" ,+13035550144\n'))
  end)

  it("says what a vCard is", function()
    assert.equal("vips.vcf:1: this is a vCard: export the contacts as CSV",
      problems("BEGIN:VCARD\nTEL:+13035550188\nEND:VCARD\n", "vips.vcf"))
  end)

  it("counts lines behind the one that names the separator", function()
    assert.equal('vips.csv:3: "n/a" isn\'t a phone number; write it like +13035550142',
      problems("sep=,\nName,Phone\nGrace,n/a\n"))
  end)

  it("names both lines of a number that is there twice", function()
    assert.equal("vips.txt:3: +13035550188 is there twice, also on line 1",
      problems("+13035550188 a\n\n(303) 555-0188 b\n", "vips.txt"))
  end)

  it("is read whole, whatever it holds", function()
    local lines = { "Name,Phone,Notes" }
    for i = 1, 5000 do lines[i + 1] = ('"Caller %d",+1303555%04d,"%s"'):format(i, i, ("x"):rep(60)) end
    local entries = read(table.concat(lines, "\n"))
    assert.equal("Caller 4711", entries["+13035554711"])
    for _, odd in ipairs { "", "\n", ",", '"', '"a', "\u{FEFF}", "a\0b", ",,,\n,,,\n", '""""\n' } do
      pcall(read, odd)
      pcall(read, "Name,Phone\n" .. odd)
    end
  end)
end)
