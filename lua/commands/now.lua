-- commands.now: what happens to a call that comes in now, for each number.

local json = require("json")
local now = require("voice.now")
local now_words = require("calls.report.now_words")
local who = require("commands.shared.who")

local command = {}

---@param options { number: string? }
---@param at integer milliseconds
---@return CommandResult
function command.run(options, at)
  local rows, refusal = who.numbers(options.number)
  if not rows then
    return refusal
  end
  local list = now.of(rows, at)
  return { ok = true, value = { at = at, numbers = json.array(list) }, text = now_words.report(list) }
end

return command
