-- gate_words.lua: what an edit changes for the last real calls, in words.
--
--   gate_words.headline(gate, at)          "12 of last week's 240 calls change"
--   gate_words.text(gate, at, most, name)  the same with its groups, a line each
--   gate_words.line(gate, at, most, name)  on one line, for a log
--
-- `name` replaces numbers by names.

local replay_words = require("calls.replay.words")

local gate_words = {}

local WEEK_MS = 7 * 24 * 3600 * 1000

local function calls_of(gate, at)
  local number = replay_words.number(gate.calls)
  if gate.calls == 1 then
    return "the last call"
  elseif gate.from and gate.from >= at - WEEK_MS then
    return ("last week's %s calls"):format(number)
  end
  return ("the last %s calls"):format(number)
end

--- An empty text without calls.
---@param gate Gate
---@param at integer milliseconds: when the edit was judged
---@return string
function gate_words.headline(gate, at)
  if gate.calls == 0 then
    return ""
  elseif gate.calls == 1 then
    return gate.changed == 1 and "The last call changes" or "The last call goes where it went"
  elseif gate.changed == 0 then
    return ("None of %s change"):format(calls_of(gate, at))
  end
  return ("%s of %s %s"):format(replay_words.number(gate.changed), calls_of(gate, at),
    gate.changed == 1 and "changes" or "change")
end

local function group_words(group, name)
  return ("%s: %s (%s) → %s (%s)"):format(replay_words.number(group.count), name(group.before.words),
    replay_words.by(group.before), name(group.after.words), replay_words.by(group.after))
end

-- The first groups, a total of the others, and calls that fail as before.
local function details(gate, most, name)
  local lines, left = {}, gate.changed
  for position, group in ipairs(gate.groups) do
    if position > most then
      break
    end
    lines[position], left = group_words(group, name), left - group.count
  end
  if left > 0 and #lines > 0 then
    lines[#lines + 1] = ("%s in other ways"):format(replay_words.number(left))
  end
  return lines
end

local function failing(gate)
  if gate.failing == 0 then
    return nil
  end
  return gate.failing == 1 and "The rules fail for one of them, as they did then."
    or ("The rules fail for %s of them, as they did then."):format(replay_words.number(gate.failing))
end

---@param gate Gate
---@param at integer milliseconds
---@param most integer groups that are shown
---@param name fun(words: string): string
---@return string
function gate_words.text(gate, at, most, name)
  local head, lines = gate_words.headline(gate, at), details(gate, most, name)
  if head == "" then
    return ""
  end
  local parts = { head .. (#lines > 0 and ":" or ".") }
  for _, line in ipairs(lines) do
    parts[#parts + 1] = "  " .. line
  end
  parts[#parts + 1] = failing(gate)
  return table.concat(parts, "\n")
end

--- A sentence, and the groups below it on a line each.
---@param head string without its full stop
---@param found { changed: integer, groups: GateGroup[] }
---@param most integer
---@return string
function gate_words.groups(head, found, most)
  local lines = details(found, most, function(words) return words end)
  if #lines == 0 then
    return head .. "."
  end
  return head .. ":\n  " .. table.concat(lines, "\n  ")
end

---@param gate Gate
---@param at integer milliseconds
---@param most integer
---@param name fun(words: string): string
---@return string
function gate_words.line(gate, at, most, name)
  local head, lines = gate_words.headline(gate, at), details(gate, most, name)
  return #lines > 0 and head .. ": " .. table.concat(lines, "; ") or head
end

return gate_words
