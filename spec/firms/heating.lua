-- A heating engineer with four technicians: the rules are built from a table, and nobody's name stands twice.
local TECHS = {
  { name = "Rosa", phone = "(720) 555-0142", area = "+1720" },
  { name = "Kofi", phone = "(970) 555-0177", area = "+1970" },
  { name = "Mei", phone = "(719) 555-0166", area = "+1719" },
}
local OFFICE = phone("720-555-0100")
local OPEN = hours {
  zone = "America/Denver",
  ["mon-fri"] = { "07:30-12:00", "12:30-16:30" },
  closed = { "4th thu nov", "4th thu nov+1", "12-25..01-01", "last mon may", "07-04" },
}

local function everybody()
  local list = {}
  for i, tech in ipairs(TECHS) do
    list[i] = tech.phone
  end
  return list
end

local function starts_with(text, prefix)
  return text:sub(1, #prefix) == prefix
end

local rules = {
  {
    "the office by day",
    when = function(call) return OPEN:open_at(call.at) end,
    go = ring(OFFICE, { seconds = 20 })
      :otherwise(voicemail("All of us are on the road. Please leave a message.")),
  },
}

for _, tech in ipairs(TECHS) do
  table.insert(rules, {
    tech.name .. "'s area at night",
    when = function(call) return starts_with(call.from, tech.area) end,
    go = ring(tech.phone, { seconds = 30 }):otherwise(voicemail("Please say what is broken.")),
  })
end

table.insert(rules, {
  "everybody else at night",
  go = ring(everybody(), { order = "longest_idle", seconds = 10, confirm = false })
    :otherwise(voicemail("Please say what is broken.")),
})

rules.examples = {
  { from = "+19705550123", at = "2026-03-09 12:00", expect = "ring +19705550177" },
  { from = "+19705550123", at = "2026-03-09 12:30", expect = "ring +17205550100" },
  { from = "+17195550123", at = "2026-11-27 10:00", expect = "ring +17195550166" },
  { from = "+14155550123", at = "2026-12-30 10:00", expect = "ring +17205550142" },
}

return rules
