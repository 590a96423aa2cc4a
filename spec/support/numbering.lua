-- numbering.lua: reads numbers from standard input; prints what the host's plans say of each, and whether
-- policy would dial it if its countries were allowed. For spec/http/numbering_test.mjs.
require("native")
local numbering = require("numbering")
local policy = require("calls.parties.policy")

for number in io.lines() do
  local valid, codes, types = numbering.look(number)
  local allowed = {}
  for code in (codes or ""):gmatch("%u%u") do allowed[code] = true end
  local ok, _, why = policy.check(number, { countries = allowed })
  print(valid, codes or "-", types or "-", ok and "dialled" or why)
end
