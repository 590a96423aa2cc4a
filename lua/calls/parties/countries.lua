-- countries.lua: which country a phone number belongs to.
--
--   countries.of("+18765550123")   { "JM" }; several for shared digits, none for a satellite phone
--   countries.name("JM")           "Jamaica", or the code itself

local numbering = require("numbering")

local NAMES = {
  AG = "Antigua and Barbuda", AI = "Anguilla", AS = "American Samoa", AT = "Austria", AU = "Australia",
  BB = "Barbados", BE = "Belgium", BG = "Bulgaria", BM = "Bermuda", BR = "Brazil", BS = "the Bahamas",
  CA = "Canada", CH = "Switzerland", CL = "Chile", CN = "China", CO = "Colombia", CU = "Cuba",
  CY = "Cyprus", CZ = "Czechia", DE = "Germany", DK = "Denmark", DM = "Dominica",
  DO = "the Dominican Republic", EE = "Estonia", EG = "Egypt", ES = "Spain", FI = "Finland",
  FR = "France", GB = "the United Kingdom", GD = "Grenada", GG = "Guernsey", GH = "Ghana", GR = "Greece",
  GU = "Guam", HK = "Hong Kong", HR = "Croatia", HU = "Hungary", ID = "Indonesia", IE = "Ireland",
  IL = "Israel", IM = "the Isle of Man", IN = "India", IS = "Iceland", IT = "Italy", JE = "Jersey",
  JM = "Jamaica", JP = "Japan", KE = "Kenya", KN = "Saint Kitts and Nevis", KR = "South Korea",
  KY = "the Cayman Islands", LC = "Saint Lucia", LT = "Lithuania", LU = "Luxembourg", LV = "Latvia",
  MP = "the Northern Mariana Islands", MS = "Montserrat", MT = "Malta", MX = "Mexico", MY = "Malaysia",
  NG = "Nigeria", NL = "the Netherlands", NO = "Norway", NZ = "New Zealand", PH = "the Philippines",
  PK = "Pakistan", PL = "Poland", PR = "Puerto Rico", PT = "Portugal", RO = "Romania", RU = "Russia",
  SA = "Saudi Arabia", SE = "Sweden", SG = "Singapore", SI = "Slovenia", SK = "Slovakia", SO = "Somalia",
  SX = "Sint Maarten", TC = "Turks and Caicos", TH = "Thailand", TR = "Turkey",
  TT = "Trinidad and Tobago", TW = "Taiwan", UA = "Ukraine", US = "the United States",
  VC = "Saint Vincent", VG = "the British Virgin Islands", VI = "the US Virgin Islands", VN = "Vietnam",
  ZA = "South Africa",
}

local countries = {}

---@param number string E.164
---@return string[]? codes ISO, the main one first; nil: no number begins like that
function countries.of(number)
  local _, codes = numbering.look(number)
  if not codes then
    return nil
  end
  local found = {}
  for code in codes:gmatch("%u%u") do found[#found + 1] = code end
  return found
end

---@param country string ISO code
---@return string
function countries.name(country)
  return NAMES[country] or country
end

return countries
