---@meta
-- types/numbering.lua: the world's numbering plans, from libphonenumber's metadata.
local numbering = {
  ---Where the plans come from: "libphonenumber-js 1.13.16".
  version = "",
  FIXED = 1, MOBILE = 2, TOLL_FREE = 4, PREMIUM = 8, PERSONAL = 16, VOICEMAIL = 32, UAN = 64, PAGER = 128,
  VOIP = 256, SHARED_COST = 512,
  ---Of no country: satellite phones, international networks.
  GLOBAL = 1024,
}

---What the plans say of a number. When they name no type for it, or it isn't valid, countries and types are those of
---all numbers that begin like it; both are nil when none do.
---@param number string E.164
---@return boolean valid a country has such a number
---@return string? countries ISO codes, the main one first: "US CA"; "" when it belongs to none
---@return integer? types sum of the types above
---@nodiscard
function numbering.look(number) end

---How a country's numbers are dialled.
---@param country string ISO code: "DE"
---@return string? code "49"; nil: unknown country
---@return string? trunk dialled before a national number: "0", or ""
---@return string? abroad dialled before a country code: "00"
---@nodiscard
function numbering.country(country) end

return numbering
