-- commands.rules.coverage: who rings in the days to come.

local coverage = require("models.coverage")
local coverage_words = require("calls.coverage.words")
local result = require("commands.shared.result")
local team_phones = require("voice.team_phones")
local who = require("commands.shared.who")

local command = {}

local MOST_DAYS, STEP = 31, 15

---@param options { number: string?, days: string?, offline: boolean?, columns: integer,
--- progress: fun(done: integer, total: integer) }
---@param now integer milliseconds
---@return CommandResult
function command.run(options, now)
  local days = math.tointeger(tonumber(options.days or "14"))
  if not days or days < 1 or days > MOST_DAYS then
    return result.refused("usage", ("--days takes 1 to %d"):format(MOST_DAYS))
  end
  local rows, refusal = who.numbers(options.number)
  if not rows then
    return refusal
  end
  local found = coverage.of(rows,
    { from = now, days = days, step = STEP, online = not options.offline, away = team_phones.away(now) },
    options.progress)
  return { ok = true, value = found, text = coverage_words.report(found, options.columns) }
end

return command
