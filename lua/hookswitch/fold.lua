-- hookswitch.fold: text as a search sees it: small letters without accents.
--
--   fold("José Núñez") == fold("JOSE NUNEZ")

local BASES = {
  a = "ÀÁÂÃÄÅĀĂĄàáâãäåāăą", c = "ÇĆĈĊČçćĉċč", d = "ĎĐÐďđð", e = "ÈÉÊËĒĔĖĘĚèéêëēĕėęě", g = "ĜĞĠĢĝğġģ",
  h = "ĤĦĥħ", i = "ÌÍÎÏĨĪĬĮİìíîïĩīĭįı", j = "Ĵĵ", k = "Ķķ", l = "ĹĻĽĿŁĺļľŀł", n = "ÑŃŅŇñńņň",
  o = "ÒÓÔÕÖØŌŎŐòóôõöøōŏő", r = "ŔŖŘŕŗř", s = "ŚŜŞŠȘśŝşšș", t = "ŢŤŦȚţťŧț", u = "ÙÚÛÜŨŪŬŮŰŲùúûüũūŭůűų",
  w = "Ŵŵ", y = "ÝŶŸýÿŷ", z = "ŹŻŽźżž", ae = "Ææ", oe = "Œœ", ss = "ß", th = "Þþ",
}

local FOLDED = {}
for base, letters in pairs(BASES) do
  for letter in letters:gmatch(utf8.charpattern) do
    FOLDED[letter] = base
  end
end
local function small(first, last, distance)
  for code = first, last do
    FOLDED[utf8.char(code)] = utf8.char(code + distance)
  end
end
small(0x391, 0x3A9, 32) -- Greek
small(0x410, 0x42F, 32) -- Cyrillic
small(0x400, 0x40F, 80)
for code = 0x300, 0x36F do
  FOLDED[utf8.char(code)] = "" -- accents that stand after their letter
end

---@param text string UTF-8
---@return string
return function(text)
  return (text:lower():gsub("[\xC2-\xF4][\x80-\xBF]*", FOLDED))
end
