-- menu_keys.lua: keys that the text of a menu asks for.
--
--   menu_keys.named(text)        -> { key, phrase }[]: "press 2", "drücken Sie die Zwei", "pulse 2", …
--   menu_keys.read(reader, i)    tells reader.doubt of keys that the menu at token i doesn't have
--
-- Only what follows a word such as "press" counts, and what goes on like it: "press 1 for sales, 2 for
-- service".

local tokens = require("calls.source.tokens")

local menu_keys = {}

-- What asks for a key, and what may stand between it and the key.
local LANGUAGES = {
  {
    asks = { "press", "push", "hit", "press or say" },
    between = { "the", "key", "button", "number", "digit", "on", "a" },
    articles = { "the" },
    goes_on = { "for", "to" },
    keys = { one = "1", two = "2", three = "3", four = "4", five = "5", six = "6", seven = "7", eight = "8",
      nine = "9", zero = "0", star = "*", asterisk = "*", pound = "#", hash = "#" },
    no_key = { of = true, more = true, moment = true, times = true, seconds = true, keys = true, digit = true,
      digits = true },
  },
  {
    asks = { "drücken sie", "drücke", "drückt", "drücken", "tippen sie" },
    between = { "bitte", "auf", "die", "taste", "ziffer", "zahl", "einfach", "jetzt" },
    articles = { "die" },
    goes_on = { "für", "um", "wenn" },
    keys = { eins = "1", zwei = "2", drei = "3", vier = "4", ["fünf"] = "5", sechs = "6", sieben = "7",
      acht = "8", neun = "9", null = "0", stern = "*", sterntaste = "*", raute = "#", rautetaste = "#" },
    no_key = { tasten = true, mal = true, sekunden = true, ziffern = true },
  },
  {
    asks = { "pulse", "presione", "oprima", "marque", "pulsa", "presiona" },
    between = { "el", "la", "tecla", "número", "numero", "en", "por", "favor" },
    articles = { "el", "la" },
    goes_on = { "para" },
    keys = { uno = "1", dos = "2", tres = "3", cuatro = "4", cinco = "5", seis = "6", siete = "7", ocho = "8",
      nueve = "9", cero = "0", asterisco = "*", estrella = "*", almohadilla = "#", numeral = "#" },
    no_key = { de = true, teclas = true, segundos = true, veces = true, cifras = true, ["dígitos"] = true },
  },
  {
    asks = { "appuyez sur", "appuyer sur", "tapez", "faites", "pressez", "appuie sur" },
    between = { "le", "la", "touche", "chiffre", "bouton", "sur", "numéro" },
    articles = { "le", "la" },
    goes_on = { "pour" },
    keys = { un = "1", deux = "2", trois = "3", quatre = "4", cinq = "5", six = "6", sept = "7", huit = "8",
      neuf = "9", ["zéro"] = "0", ["étoile"] = "*", ["dièse"] = "#" },
    no_key = { de = true, des = true, touches = true, fois = true, secondes = true, chiffres = true },
  },
}
for _, language in ipairs(LANGUAGES) do
  for _, list in ipairs { "between", "articles", "goes_on" } do
    local set = {}
    for _, word in ipairs(language[list]) do set[word] = true end
    language[list] = set
  end
end

local SMALL = { ["Ü"] = "ü", ["Ö"] = "ö", ["Ä"] = "ä", ["É"] = "é", ["È"] = "è", ["Ú"] = "ú" }
local BEGINS = { [","] = true, [";"] = true, ["."] = true, [":"] = true, ["or"] = true, ["and"] = true,
  ["oder"] = true, ["und"] = true, ["o"] = true, ["y"] = true, ["ou"] = true, ["et"] = true }
local STOPS = { ["."] = true, [","] = true, ["!"] = true, [";"] = true, [":"] = true, ["?"] = true }

--- The words of a text, small, and the marks that end a part of a sentence.
local function words_of(text)
  text = text:gsub("<[^>]*>", " "):gsub("\u{A0}", " "):lower():gsub("\195[\128-\159]", SMALL)
  local list = {}
  for word, mark in text:gmatch("([%w\128-\255*#'-]*)([^%w\128-\255*#'-]?)") do
    if word ~= "" then list[#list + 1] = word end
    if STOPS[mark] then list[#list + 1] = mark end
  end
  return list
end

--- Does the phrase stand at this place? The place behind it.
local function behind(list, at, phrase)
  for word in phrase:gmatch("%S+") do
    if list[at] ~= word then
      return nil
    end
    at = at + 1
  end
  return at
end

--- The key that is named at a place.
local function key_at(language, list, at)
  local word, following = list[at], list[at + 1] or "."
  local key = word and (word:match("^[%d*#]+$") or language.keys[word])
  if not key or language.no_key[following] or following:find("^%d") then
    return nil
  end
  return key
end

local function add(found, list, first, last, key)
  found[#found + 1] = { key, table.concat(list, " ", first, last) }
end

--- ", 2 for service", "or 3 to leave a message", ", für Service die 2": not "call 911 for help", "8 to 12" or
--- "24 heures sur 24"
local function further(found, language, list, at)
  while list[at] do
    local key = key_at(language, list, at)
    local before, following = list[at - 1], list[at + 1] or "."
    local has_article, is_span = language.articles[before], (list[at + 2] or ""):find("^%d")
    local is_listed = language.goes_on[following] and not is_span and (has_article or BEGINS[before])
      or has_article and STOPS[following]
    if key and is_listed then add(found, list, has_article and at - 1 or at, at, key) end
    at = at + 1
  end
end

---@param text string
---@return string[][]
function menu_keys.named(text)
  local list, found = words_of(text), {}
  for _, language in ipairs(LANGUAGES) do
    local at, last = 1, nil
    while at <= #list do
      local start, key
      for _, phrase in ipairs(language.asks) do start = start or behind(list, at, phrase) end
      local place = start
      while place and language.between[list[place]] do place = place + 1 end
      key = place and key_at(language, list, place)
      if key then
        add(found, list, at, place, key)
        last = place
      end
      at = key and place + 1 or at + 1
    end
    if last then further(found, language, list, last + 1) end
  end
  return found
end

--- The texts in quotes of an argument that only joins texts: { text, token }; nil for any other.
local function texts_of(reader, argument)
  local t, list = reader.t, {}
  for i = argument.first, argument.last do
    local value = t.kind[i] == "name" and reader.known:value(i)
    if t.kind[i] == "string" then
      list[#list + 1] = { tokens.value(t, i), i }
    elseif value and value.kind == "string" then
      list[#list + 1] = { value.value, value.token }
    elseif t.kind[i] ~= "name" and t.text[i] ~= ".." and t.text[i] ~= "." then
      return nil
    end
  end
  return list
end

--- The keys of a menu that are written out, and how long they are.
local function choices_of(reader, argument)
  local t = reader.t
  local brace = argument.first
  local value = t.kind[brace] == "name" and reader.known:value(brace)
  if value and value.kind == "table" then brace = value.token end
  if t.text[brace] ~= "{" or t.kind[brace] ~= "op" or not t.pair[brace]
    or (brace == argument.first and t.pair[brace] ~= argument.last) then
    return nil
  end
  local keys, length = {}, 1
  for _, field in ipairs(tokens.fields(t, brace)) do
    if field.key == nil then
      return nil
    end
    keys[tostring(field.key)], length = true, #tostring(field.key)
  end
  return next(keys) and keys, length
end

---@param reader MeantReader
---@param i integer the name menu
function menu_keys.read(reader, i)
  local t = reader.t
  local arguments = t.text[i + 1] == "(" and tokens.arguments(t, i)
  if not arguments or not arguments[2] then
    return
  end
  local texts, keys, length = texts_of(reader, arguments[1]), choices_of(reader, arguments[2])
  for _, text in ipairs(keys and texts or {}) do
    for _, named in ipairs(menu_keys.named(text[1])) do
      local key, phrase = named[1], named[2]
      if not keys[key] then
        reader.doubt(text[2], length > 1 and #key ~= length
          and ('the text says "%s", and all keys of this menu have %d digits'):format(phrase, length)
          or ('the text says "%s", and this menu has no key %s: add [%q] = …, or change the text'):format(
          phrase, key, key))
        keys[key] = true -- once is enough
      end
    end
  end
end

return menu_keys
