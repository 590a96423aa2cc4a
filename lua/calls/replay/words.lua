-- words.lua: what a replay found, for people.
--
--   replay_words.report(found, zone, shown)   -> text; the first `shown` calls are listed

local time_words = require("calls.time_words")

local replay_words = {}

local NOT_RULES = {
  settings = "the console's settings", override = "the active override", blocked = "the blocklist",
  inactive = "the number was switched off", fallback = "the console's settings, since the rules failed",
}

--- Who decided: 'rule "closed", line 20'.
---@param side ReplaySide
---@return string
function replay_words.by(side)
  if side.source == "rules" and side.rule then
    return ('rule "%s", line %d'):format(side.rule, side.line or 0)
  end
  return NOT_RULES[side.source] or side.source
end

local function counted(n, one, many)
  return ("%s %s"):format(replay_words.number(n), n == 1 and one or many)
end

--- 12345 as people write it: "12,345".
---@param n integer
---@return string
function replay_words.number(n)
  local text = tostring(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

--- What would have come of a call.
---@param entry ReplayChange
---@return string
function replay_words.outcome(entry)
  local odds = entry.odds
  if not odds then
    return entry.outcome == "unknown" and "outcome unknown" or entry.outcome
  elseif odds.rung == 0 then
    return ("outcome unknown: %s was never rung around %02d:00"):format(odds.target, odds.hour)
  end
  return ("outcome unknown: %s wasn't rung; it answers %d of %d calls around %02d:00"):format(
    odds.target, odds.answered, odds.rung, odds.hour)
end

local function listed(entry, zone)
  local at = entry.at // 1000
  local lines = {
    ("%s %s  %s -> %s  %s"):format(time_words.day(zone, at), time_words.clock(zone, at), entry.from, entry.to,
      entry.call_sid),
    ("    before  %s  (%s)"):format(entry.before.words, replay_words.by(entry.before)),
    ("    after   %s  (%s)"):format(entry.after.words, replay_words.by(entry.after)),
    "    " .. replay_words.outcome(entry),
  }
  return table.concat(lines, "\n")
end

-- How many calls went from one rule to another.
local function moved(moves)
  local lines = {}
  for position, move in ipairs(moves) do
    lines[position] = ("%8s  %s -> %s"):format(replay_words.number(move.count), replay_words.by(move.before),
      replay_words.by(move.after))
  end
  return table.concat(lines, "\n")
end

local function add_changed(parts, found, zone, shown)
  local count = found.changed_count
  if count == 0 then
    return
  end
  parts[#parts + 1] = ("%s gone elsewhere:"):format(counted(count, "call would have", "calls would have"))
  if count > 1 then
    parts[#parts + 1] = moved(found.moves)
  end
  for position, entry in ipairs(found.changed) do
    if position > shown then
      break
    end
    parts[#parts + 1] = listed(entry, zone)
  end
  if count > shown then
    parts[#parts + 1] = ("… and %s more; --json has %s."):format(replay_words.number(count - shown),
      count == #found.changed and "them all" or "the first " .. replay_words.number(#found.changed))
  end
end

---@param found table what commands.replay found
---@param zone string for the times
---@param shown integer
---@return string
function replay_words.report(found, zone, shown)
  local from, to = found.from // 1000, found.to // 1000
  local parts = { ("%s from %s to %s (%s), decided with %s."):format(
    counted(found.replayed, "call", "calls"), time_words.stamp(zone, from), time_words.stamp(zone, to), zone,
    found.rules) }
  add_changed(parts, found, zone, shown)
  if found.failed > 0 then
    parts[#parts + 1] = ("The rules fail for %s; the first: %s"):format(
      counted(found.failed, "call", "calls"), tostring(found.first_error))
  end
  local closing = ("%s where they went."):format(counted(found.same, "call goes", "calls go"))
  if found.changed_count == 0 then
    closing = found.replayed > 0 and "None of them would change."
      or found.not_replayable == 0 and "There were no calls." or ""
  end
  if found.not_replayable > 0 then
    local silent = "%s %s can't be replayed: no decision was stored."
    closing = silent:format(closing,
      counted(found.not_replayable, "call", "calls")):match("^%s*(.*)$")
  end
  parts[#parts + 1] = closing ~= "" and closing or nil
  return table.concat(parts, "\n\n")
end

return replay_words
