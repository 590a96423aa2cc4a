-- trial.lua: what rules must pass before they decide calls.
--
--   trial.run(rules, options)  -> Trial, and a TrialFault when they do not pass
--
-- The one list of tests: a save, `hookswitch check` and the editor in the
-- console all come here (host/script/trial.c). `rules` is the module of that
-- name, or a ruleset that answers like it.
--
-- The proof makes calls to every number of the account, and what it says names
-- numbers, settings and whatever the rules make of them. Where users don't see
-- each other's rows, a fault is shown to them as the proof finds it with
-- `options.shown` alone; one that takes the rest of the account has no details.

local examples = require("calls.rules.examples")
local proof = require("calls.proof.proof")

local trial = {}

---@class TrialOptions: ProofOptions
---@field zone string IANA name, for times that name none
---@field ring_limit integer seconds that a caller may hear ringing in all
---@field shown ProofFacts? what may be named to whoever reads the fault; nil: all of `facts`

---@class Trial how far it went
---@field rules integer
---@field examples integer that hold
---@field calls integer that the proof made up
---@field plans integer that it followed to their ends
---@field warning string? about the console's settings

---@class TrialFault
---@field code "example"|"proof"
---@field message string
---@field example integer? its number
---@field line integer? in forwarding.lua
---@field path string? the way to a dead end
---@field shown { message: string, line: integer?, path: string? }? the same for users; nil: as it is

local UNSHOWN = "these rules fail for a number that not every user may see: "
  .. "run `hookswitch check` on the host"

-- The fault as users may see it; nil: as it is.
local function shown_fault(rules, options, fault)
  if not options.shown then
    return nil
  end
  local _, known = proof.run(rules, setmetatable({ facts = options.shown }, { __index = options }))
  return known or { message = UNSHOWN, line = fault.line }
end

---@param rules table
---@param options TrialOptions
---@return Trial
---@return TrialFault?
function trial.run(rules, options)
  local report = { rules = #rules.list(), examples = 0, calls = 0, plans = 0 }
  options = setmetatable({ calendar = rules.calendar() }, { __index = options })
  local number, why = examples.check(rules, options)
  if number then
    return report, { code = "example", example = number, message = ("example %d: %s"):format(number, why) }
  end
  report.examples = #rules.examples()
  local proved, fault = proof.run(rules, options)
  report.calls, report.plans, report.warning = proved.calls, proved.plans, proved.warnings[1]
  if fault then
    fault.shown = shown_fault(rules, options, fault)
    fault.code = "proof"
    -- The one line that a log or an editor shows has the way there as well.
    fault.message = fault.message:sub(1, 250)
  end
  return report, fault
end

return trial
