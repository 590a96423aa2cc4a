-- A menu whose text asks for a key that it doesn't have: a warning with its line, in four languages.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")

local NAMED = {
  ["Press %s for sales."] = { "2", "two", "star", "#", "*", "9", "zero" },
  ["For service press the %s key."] = { "2", "two", "pound" },
  ["Please push %s now."] = { "2", "three" },
  ["To leave a message, hit number %s."] = { "2", "two" },
  ["Press 1 for sales, %s for service."] = { "2", "two" },
  ["Press 1 for sales. %s for service."] = { "2", "two" },
  ["Press 1 for sales or %s to leave a message."] = { "2", "nine" },
  ["PRESS %s NOW"] = { "2", "TWO" },
  ["<speak>Press <say-as interpret-as='digits'>%s</say-as>.</speak>"] = { "2" },
  ["Für Service drücken Sie die %s."] = { "2", "Zwei", "zwei", "Raute", "Sterntaste" },
  ["Drücken Sie bitte die Taste %s"] = { "2", "fünf" },
  ["DRÜCKEN SIE DIE %s"] = { "2", "ZWEI", "FÜNF" },
  ["Für Verkauf drücken Sie die 1, für Service die %s."] = { "2", "Zwei" },
  ["Para ventas, pulse %s."] = { "2", "dos", "asterisco" },
  ["Presione el %s para servicio."] = { "2", "dos" },
  ["Marque el número %s"] = { "2", "cero" },
  ["Pulse 1 para ventas, %s para servicio."] = { "2", "dos" },
  ["Pour le service, appuyez sur le %s."] = { "2", "deux", "dièse" },
  ["Appuyez sur la touche %s !"] = { "2", "étoile" },
  ["Tapez %s pour la vente."] = { "2", "deux" },
  ["Pour la vente, tapez 1, pour le service, le %s."] = { "2", "deux" },
}
local KEYS = { ["two"] = "2", ["TWO"] = "2", ["three"] = "3", ["star"] = "*", ["zero"] = "0",
  ["pound"] = "#", ["nine"] = "9", ["Zwei"] = "2", ["zwei"] = "2", ["ZWEI"] = "2",
  ["Raute"] = "#", ["Sterntaste"] = "*",
  ["fünf"] = "5", ["FÜNF"] = "5", ["dos"] = "2", ["asterisco"] = "*", ["cero"] = "0", ["deux"] = "2",
  ["dièse"] = "#", ["étoile"] = "*" }

local SILENT = {
  "Press one of the following keys.", "If this is an emergency, hang up and dial 911.", "Press any key.",
  "We have served you for 2 years. Press 1.", "Wir sind die 2 Brüder. Drücken Sie die 1.",
  "Appuyez sur une touche.", "Pulse una tecla.", "Drücken Sie eine Taste.", "Press 1 within 5 seconds.",
  "We are the number 2 in town.", "Press 1. We open at 8, and close at 9.", "Pulse uno de los números.",
  "Drücken Sie die 1. Wir rufen um 9 Uhr zurück.", "Call 555 0142 for service, or press 1.",
  "Press 1 for sales, or call 911 for emergencies.", "Press 1, then wait 2 to 3 minutes.",
  "Press 1 for sales. It takes 2 to 3 minutes.", "Press 1 for sales; delivery costs 5 for all orders.",
  "Press 1 for our shop on floor 3.", "Press 1. We are open from 9 to 12, 2 to 5 on Fridays.",
  "Appuyez sur 1. Nous répondons 24 heures sur 24, 7 jours sur 7.",
  "Drücken Sie die 1. Wir beraten Sie auf 2.", "Press 1, or press 3 times for help.",
  "Press the 4 digit extension, or press 1.", "Pulse 1, o pulse 2 veces.", "Appuyez sur 4 chiffres.",
}

local function warnings(text, keys)
  local source = ('local JOE = "+13035550142"\nreturn { { "a", go = menu(\n%q, { %s }) } }')
    :format(text, keys)
  local found = problems.meant(source)
  assert.same({}, found.problems)
  return found.warnings
end

describe("a menu that asks for a key", function()
  for pattern, keys in pairs(NAMED) do
    it("is warned of if it doesn't have it: " .. pattern, function()
      for _, said in ipairs(keys) do
        local text, key = pattern:format(said), KEYS[said] or said
        local found = warnings(text, '["1"] = ring(JOE)')
        assert.equal(1, #found, text)
        assert.equal(3, found[1].line)
        assert.is_truthy(found[1].message:find("this menu has no key " .. key, 1, true), found[1].message)
        assert.same({}, warnings(text, ('["1"] = ring(JOE), [%q] = ring(JOE)'):format(key)), text)
      end
    end)
  end

  it("is not warned of for other words", function()
    for _, text in ipairs(SILENT) do assert.same({}, warnings(text, '["1"] = ring(JOE)'), text) end
  end)

  it("may have its text and keys in names", function()
    local found = problems.meant('local TEXT = "Press 1 or press 3."\nlocal JOE = "+13035550142"\n'
      .. 'return { { "a", go = menu(TEXT, { [1] = ring(JOE), [2] = ring(JOE) }) } }').warnings
    assert.equal(1, #found)
    assert.equal(1, found[1].line)
  end)

  it("isn't judged when its keys are made elsewhere, or its text depends on the call", function()
    for _, menu in ipairs { 'menu("Press 2.", keys())', 'menu(text("Press 2."), { ["1"] = ring(JOE) })',
      'menu("Press 2.", { [key()] = ring(JOE) })' } do
      assert.same({}, problems.meant('local JOE = "+13035550142"\nlocal function keys() end\n'
        .. "local function text(x) return x end\nlocal function key() end\n"
        .. ('return { { "a", go = %s } }'):format(menu)).warnings, menu)
    end
  end)
end)
