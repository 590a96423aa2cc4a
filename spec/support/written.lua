-- written.lua: reads "text TAB country" a line from stdin and prints the phone number, or "-" and why
-- not, for numbering_test.mjs.
dofile("spec/support/native.lua")
local written_number = require("calls.parties.written_number")

for line in io.lines() do
  local text, country = line:match("^(.*)\t(.*)$")
  local number, message = written_number.read(text, country ~= "" and country or nil)
  print(number or "- " .. message)
end
