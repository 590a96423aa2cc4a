-- ledger.lua: which calls ask for a call back.
--
--   ledger.is_open(call)   does it, and can the caller be called?
--
-- Missed calls of one number make one row of the list, until somebody talked to
-- that number or put it aside; the next missed call begins another
-- (models/missed_rows.lua).

local caller = require("calls.caller")
local judgement = require("calls.judgement")

local ledger = {}

--- Nobody can be called back who shows no number.
---@param call table row of the call log
---@return boolean
function ledger.is_open(call)
  return judgement.reached_nobody(call) and caller.classify(call.from).kind == "phone"
end

return ledger
