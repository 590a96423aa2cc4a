-- A translation bureau: the country code says who answers.
local BY_COUNTRY = { ["+49"] = "+4930901820142", ["+33"] = "+33140205050", ["+34"] = "+34912345678" }
local ENGLISH = "+13035550142"
local function translator(call)
  for prefix, phone in pairs(BY_COUNTRY) do
    if call.from:sub(1, #prefix) == prefix then return phone end
  end
  return ENGLISH
end
return {
  { "by language",
    go = function(call) return ring(translator(call), { seconds = 25 }):otherwise(voicemail()) end },
  examples = { { from = "+4930901820199", expect = "ring +4930901820142" },
    { expect = "ring +13035550142" } },
}
