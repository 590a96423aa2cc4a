-- rulings.lua: what the rules say of made-up calls, asked once for all that they can't tell apart.
--
--   local ask = rulings.new(decide, list)
--   local answer = ask(input, before)    before: the answer to the same call at an earlier time
--
-- Rules keep no state: what they read decides what they say. A call of which they
-- read the same a moment ago as they read of another one now gets that one's answer.
-- So most times are asked about once, however many numbers and classes there are.

local Cache = require("calls.cache")
local json = require("json")

local rulings = {}

local KEPT = 1000 -- different rulings that are remembered

---@class CoverageAnswer
---@field ruling Ruling without `reads`; the same table each time they say the same
---@field read string? what they read, but for the time; nil: not all of it is known
---@field reads_clock boolean

---@param decide fun(input: CallInput, everything: boolean): true?, any, any, string?
---@param list { name: string, line: integer, plan: FlatPlan? }[]
---@return fun(input: CallInput, before: CoverageAnswer?): CoverageAnswer
function rulings.new(decide, list)
  local made, answers, now = Cache.new(KEPT), {}, nil

  local function consult(input)
    local ok, second, third, reads = decide(input, true)
    local said = ok and ("%s\1%s"):format(second, third and json.encode(third) or "")
      or ("\2%s\1%s"):format(third, second)
    local ruling = made:get(said, function()
      return ok and { ok = true, index = second, plan = third, list = list }
        or { ok = false, message = second, code = third, list = list }
    end)
    reads = reads or "{}"
    local is_cut = reads:find("truncated", 1, true) ~= nil
    local read, times = reads:gsub('"at":%-?%d+', "")
    return { ruling = ruling, read = not is_cut and read or nil, reads_clock = is_cut or times > 0 }
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
