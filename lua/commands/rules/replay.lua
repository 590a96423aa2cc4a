-- commands.rules.replay: the calls of the last days, decided once more.

local config = require("config")
local json = require("json")
local named_rules = require("commands.rules.named_rules")
local outcomes = require("calls.replay.words")
local Replay = require("calls.replay.replay")
local result = require("commands.shared.result")
local rules = require("rules")
local stored = require("models.replay")
local time_input = require("calls.time_input")
local who = require("commands.shared.who")

local replay = {}

local PAGE = 1000
local LISTED, SHOWN = 10000, 50 -- calls that went elsewhere: in the JSON, in the text
local PATIENCE = 3 -- calls in a row for which the rules ran out of time

local function refused(code, message)
  return nil, result.refused(code, message)
end

-- The span that was asked for, or nil and the refusal.
local function span_of(options, zone, now)
  local to = now
  local from, problem = time_input.back(options.since or "7d", zone, now)
  if not from then
    return refused("usage", "--since: " .. problem)
  end
  if options["until"] then
    to, problem = time_input.back(options["until"], zone, now, true)
    if not to then
      return refused("usage", "--until: " .. problem)
    end
  end
  if from >= to then
    return refused("usage", "--until must be later than --since")
  end
  local number
  if options.number then
    number, problem = who.number(options.number)
    if not number then
      return nil, problem
    end
  end
  return { from = from, to = to, phone_number_id = number and number.id }
end

-- The rules to decide with, closed by the caller; or nil and the refusal.
local function ruleset(options)
  if not options.source then
    return setmetatable({ decide = rules.decide, list = rules.list }, { __close = function() end })
  end
  local tried, message = rules.open(options.source)
  if not tried then
    return refused("refused", named_rules.message(message, options.source_name))
  end
  return named_rules.of(tried, options.source_name)
end

-- A call that went elsewhere: the first ones are listed, all are counted by who decided them.
local function note(found, moves, entry)
  local count = found.changed_count + 1
  found.changed_count = count
  if count <= LISTED then
    found.changed[count] = entry
  end
  local before, after = entry.before, entry.after
  local key = table.concat({ before.source, before.rule or "", after.source, after.rule or "" }, "\n")
  if not moves[key] then
    moves[key] = { count = 0, before = before, after = after }
    found.moves[#found.moves + 1] = moves[key]
  end
  moves[key].count = moves[key].count + 1
end

-- All calls of the span; `found` is filled in.
local function go_through(found, again, span, progress)
  local after, moves = nil, {}
  repeat
    local rows = stored.page(nil, span, after, PAGE)
    for position, row in ipairs(rows) do
      local outcome, entry = again:call(row, found.changed_count >= LISTED)
      if outcome == "same" then
        found.same = found.same + 1
      elseif not outcome then
        found.not_replayable = found.not_replayable + 1
      else
        note(found, moves, entry)
      end
      if again.slow >= PATIENCE then
        return again.first_error
      end
      if position % 100 == 0 then
        progress(found.same + found.changed_count + found.not_replayable, found.total)
      end
    end
    local last = rows[#rows]
    after = last and { at = last.started_at, id = last.id }
  until #rows < PAGE
end

---@param options { since: string?, until: string?, number: string?, source: string?, source_name: string?,
--- progress: fun(done: integer, total: integer) }
---@param now integer milliseconds
---@return CommandResult
function replay.run(options, now)
  local zone = config.get("timezone")
  local span, wrong = span_of(options, zone, now)
  if not span then
    return wrong
  end
  local tried <close>, refusal = ruleset(options)
  if not tried then
    return refusal
  end
  local again = Replay.new {
    decide = tried.decide, list = tried.list(), history = stored.history(now), zone = zone,
  }
  local found = {
    from = span.from, to = span.to, rules = options.source_name or "forwarding.lua",
    total = stored.total(nil, span), same = 0, changed_count = 0, not_replayable = 0,
    changed = json.array {}, moves = json.array {},
  }
  local broken = go_through(found, again, span, options.progress)
  if broken then
    return result.refused("time", "the rules take too long: " .. broken)
  end
  table.sort(found.moves, function(a, b) return a.count > b.count end)
  found.replayed = found.same + found.changed_count
  found.failed, found.first_error = again.failed, again.first_error
  return { ok = true, value = found, text = outcomes.report(found, zone, SHOWN) }
end

return replay
