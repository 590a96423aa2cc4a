-- rulings.lua: the rules' decisions for made-up calls, asked once for all calls they can't tell apart.
--
--   local ask = rulings.new(decide, list)
--   local answer = ask(input, before)    before: the answer for the same call at an earlier time
--
-- Rules keep no state, so what they read determines their answer: two calls of which they read the same get
-- the same answer. So most times are asked about only once, however many numbers and classes there are.

local Cache = require("calls.cache")
local json = require("json")
local reads = require("calls.rules.reads")

local rulings = {}

local KEPT = 1000 -- different rulings kept

---@class CoverageAnswer
---@field ruling Ruling without `reads`; the same table for the same answer
---@field read string? what they read except the time; nil: not completely known
---@field reads_clock boolean

---@param decide fun(input: CallInput, everything: boolean): true?, any, any, string?
---@param list { name: string, line: integer, plan: FlatPlan? }[]
---@return fun(input: CallInput, before: CoverageAnswer?): CoverageAnswer
function rulings.new(decide, list)
  local made, answers, now = Cache.new(KEPT), {}, nil

  local function consult(input)
    local ok, second, third, text = decide(input, true)
    local said = ok and ("%s\1%s"):format(second, third and json.encode(third) or "")
      or ("\2%s\1%s"):format(third, second)
    local ruling = made:get(said, function()
      return ok and { ok = true, index = second, plan = third, list = list }
        or { ok = false, message = second, code = third, list = list }
    end)
    text = text or "{}"
    local is_cut = reads.is_cut(text)
    local read, reads_clock = reads.without(text, "at")
    return { ruling = ruling, read = not is_cut and read or nil, reads_clock = is_cut or reads_clock }
  end

  return function(input, before)
    if input.at ~= now then
      now, answers = input.at, {}
    end
    local answer = before and answers[before.read]
    if not answer then
      answer = consult(input)
      if answer.read then
        answers[answer.read] = answer
      end
    end
    return answer
  end
end

return rulings
