-- countries.lua: which country a phone number belongs to, from its first digits.
--
--   countries.of("+18765550123")   { "JM" }, "1876"; several for a shared code; nil when there is none
--   countries.name("JM")           "Jamaica", or the code itself
--
-- ITU calling codes, and the area codes of the North American plan that are not
-- in the United States. Enough to allow and to deny; not a numbering database.

local CALLING_CODES = [[
20 EG|211 SS|212 MA EH|213 DZ|216 TN|218 LY|220 GM|221 SN|222 MR|223 ML|224 GN|225 CI|226 BF|227 NE|228 TG
229 BJ|230 MU|231 LR|232 SL|233 GH|234 NG|235 TD|236 CF|237 CM|238 CV|239 ST|240 GQ|241 GA|242 CG|243 CD
244 AO|245 GW|246 IO|247 AC|248 SC|249 SD|250 RW|251 ET|252 SO|253 DJ|254 KE|255 TZ|256 UG|257 BI|258 MZ
260 ZM|261 MG|262 RE YT|263 ZW|264 NA|265 MW|266 LS|267 BW|268 SZ|269 KM|27 ZA|290 SH TA|291 ER|297 AW
298 FO|299 GL|30 GR|31 NL|32 BE|33 FR|34 ES|350 GI|351 PT|352 LU|353 IE|354 IS|355 AL|356 MT|357 CY
358 FI AX|359 BG|36 HU|370 LT|371 LV|372 EE|373 MD|374 AM|375 BY|376 AD|377 MC|378 SM|379 VA|380 UA|381 RS
382 ME|383 XK|385 HR|386 SI|387 BA|389 MK|39 IT VA|40 RO|41 CH|420 CZ|421 SK|423 LI|43 AT|44 GB|441481 GG
441534 JE|441624 IM|45 DK|46 SE|47 NO SJ|48 PL|49 DE|500 FK GS|501 BZ|502 GT|503 SV|504 HN|505 NI|506 CR
507 PA|508 PM|509 HT|51 PE|52 MX|53 CU|54 AR|55 BR|56 CL|57 CO|58 VE|590 GP BL MF|591 BO|592 GY|593 EC
594 GF|595 PY|596 MQ|597 SR|598 UY|599 CW BQ|60 MY|61 AU CX CC|62 ID|63 PH|64 NZ|65 SG|66 TH|670 TL
672 NF AQ|673 BN|674 NR|675 PG|676 TO|677 SB|678 VU|679 FJ|680 PW|681 WF|682 CK|683 NU|685 WS|686 KI
687 NC|688 TV|689 PF|690 TK|691 FM|692 MH|7 RU|76 KZ|77 KZ|81 JP|82 KR|84 VN|850 KP|852 HK|853 MO|855 KH
856 LA|86 CN|880 BD|886 TW|90 TR|91 IN|92 PK|93 AF|94 LK|95 MM|960 MV|961 LB|962 JO|963 SY|964 IQ|965 KW
966 SA|967 YE|968 OM|970 PS|971 AE|972 IL|973 BH|974 QA|975 BT|976 MN|977 NP|98 IR|992 TJ|993 TM|994 AZ
995 GE|996 KG|998 UZ
]]

-- Area codes of +1 elsewhere than in the 50 states. 8xx toll-free serve both
-- large countries; all others are United States.
local AREA_CODES = [[
242 BS|246 BB|264 AI|268 AG|284 VG|340 VI|345 KY|441 BM|473 GD|649 TC|658 JM|664 MS|670 MP|671 GU|684 AS
721 SX|758 LC|767 DM|784 VC|787 PR|809 DO|829 DO|849 DO|868 TT|869 KN|876 JM|939 PR|204 CA|226 CA|236 CA
249 CA|250 CA|257 CA|263 CA|289 CA|306 CA|343 CA|354 CA|365 CA|367 CA|368 CA|382 CA|403 CA|416 CA|418 CA
428 CA|431 CA|437 CA|438 CA|450 CA|460 CA|468 CA|474 CA|506 CA|514 CA|519 CA|537 CA|548 CA|568 CA|579 CA
581 CA|584 CA|587 CA|604 CA|613 CA|639 CA|647 CA|672 CA|683 CA|705 CA|709 CA|742 CA|753 CA|778 CA|780 CA
782 CA|807 CA|819 CA|825 CA|867 CA|873 CA|879 CA|902 CA|905 CA|942 CA|600 CA|622 CA|800 US CA|833 US CA
844 US CA|855 US CA|866 US CA|877 US CA|888 US CA
]]

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

-- How many digits a calling code may have, the longest first: 441534 is Jersey.
local LENGTHS = { 6, 3, 2, 1 }

local countries = {}

-- Read as they stand: as tables of tables they would cost every VM 60 KB.
local COUNTRIES = "|" .. CALLING_CODES:gsub("\n", "|")
local AREAS = "|" .. AREA_CODES:gsub("\n", "|")

--- The codes behind a prefix in one of the texts: { "US", "CA" }.
local function listed(text, prefix)
  local _, stop = text:find("|" .. prefix .. " ", 1, true)
  if not stop then
    return nil
  end
  local found = {}
  for country in text:match("^[ %u]+", stop):gmatch("%u%u") do found[#found + 1] = country end
  return found
end

---@param number string E.164
---@return string[]? countries ISO codes; more than one when they share the prefix
---@return string? prefix the digits that decided
function countries.of(number)
  if number:sub(2, 2) == "1" then
    local found = listed(AREAS, number:sub(3, 5))
    if found then
      return found, number:sub(2, 5)
    end
    return { "US" }, "1"
  end
  for _, length in ipairs(LENGTHS) do
    local prefix = number:sub(2, 1 + length)
    local found = listed(COUNTRIES, prefix)
    if found then
      return found, prefix
    end
  end
end

---@param country string ISO code
---@return string
function countries.name(country)
  return NAMES[country] or country
end

return countries
