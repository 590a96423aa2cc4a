-- commands.now: what happens to a call that comes in now, for each number.

local json = require("json")
local now = require("voice.now")
local now_words = require("calls.report.now_words")
local numbers = require("models.numbers")
local who = require("commands.who")

local command = {}

---@param options { number: string? }
---@param at integer milliseconds
---@return CommandResult
function command.run(options, at)
  local rows = nil
  if options.number then
    local row, problem = who.number(options.number)
    if not row then
      return problem
    end
    rows = { row }
  end
  local list = now.of(rows or numbers.all(), at)
  return { ok = true, value = { at = at, numbers = json.array(list) }, text = now_words.report(list) }
end

return command
