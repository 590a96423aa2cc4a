-- twilio.upkeep.stepwise: requests of a long piece of work, one per step.
--
--   stepwise.step(at)                               a step begins
--   stepwise.once(request, …)                       one answer
--   stepwise.pages(key, pages, visit, first, …)     a list, page by page
--
-- The work is a coroutine. It yields what its step came to: a count and whether
-- there is more now, or nil, message, code when Twilio wants it to wait.

local at_twilio = require("twilio.calls")
local pace = require("twilio.upkeep.pace")

local stepwise = {}

local A_MINUTE = 50 -- requests; the others are for prices

local now -- of this step

---@param at integer milliseconds
function stepwise.step(at)
  now = at
end

--- One request, which ends the step. One that has to wait is made later; what else Twilio refuses is raised.
---@param request function of twilio.calls or twilio.recordings
---@return any answer
---@return string? next of a list
function stepwise.once(request, ...)
  while true do
    while not pace.may(now, A_MINUTE) do
      coroutine.yield(0, false)
    end
    local answer, message, code, status, seconds = request(...)
    if answer ~= nil then
      coroutine.yield(0, true)
      return answer, message
    end
    pace.refused(now, status, seconds)
    if status ~= 429 then
      error({ message = message, code = code, status = status }, 0)
    end
    coroutine.yield(nil, message, code)
  end
end

--- Every page of a list: visit(element) for each; true of it ends the list.
---@param key string the list's name
---@param pages integer at most
---@param visit fun(element: any): boolean?
---@param first function of the first page
---@return boolean whole false when there were too many
function stepwise.pages(key, pages, visit, first, ...)
  local list, following = stepwise.once(first, ...)
  for page = 1, pages do
    local stop = false
    for _, element in ipairs(list) do
      stop = visit(element) or stop
    end
    if stop or not following then
      return true
    elseif page < pages then
      list, following = stepwise.once(at_twilio.page, following, key)
    end
  end
  return false
end

return stepwise
