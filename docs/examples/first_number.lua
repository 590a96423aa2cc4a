-- first_number.lua: a number and a forwarding setting, for trying things out.
--
--   build/hookswitch run docs/examples/first_number.lua
--
-- A real number comes from buying one or from `hookswitch sync`.

local db = require("db")

db:transaction(function()
  local number = db:one([[
    INSERT INTO user_phone_numbers (user_id, phone_number, twilio_sid, friendly_name)
    VALUES ('1', '+15105550100', 'PN00000000000000000000000000000001', 'Main line')
    ON CONFLICT DO NOTHING RETURNING id]])
  if not number then
    print("+15105550100 is there already.")
    return
  end
  db:exec([[
    INSERT INTO call_forwarding (user_id, phone_number_id, forward_to_number, forwarding_type)
    VALUES ('1', ?, '+13035550142', 'always')]], number.id)
  print("+15105550100 forwards to +13035550142.")
end)
