-- calls.lua: the calls that the proof makes up.
--
--   proof_calls.each(options, judge)   -> number of calls, what judge objected to or nil
--
-- judge(input, words) answers what the rules read and, to end it, an objection;
-- words(reads) tells the call: "caller anonymous, Sunday 03:00". A call differs
-- from the ordinary one in when it comes, who calls, whether the owner's browser
-- is there, which number is called, and so on. What a decision has not read cannot
-- change it: a dimension is only varied where the rules have looked at it, so that
-- few calls stand for many. Rare values only meet the most telling moments.

local proof_dimensions = require("calls.proof.dimensions")
local proof_times = require("calls.proof.times")

local MOST_CALLS = 3000
local TIME = { reads = { '"at":' } }

---@class ProofOptions
---@field source string? the text of the rule file
---@field zone string the configuration's time zone
---@field at integer? seconds since 1970: now
---@field ring_limit integer?
---@field calendar Calendar[]? of the file's hours and rotas
---@field facts ProofFacts? what is known of the account

---@class ProofFacts
---@field numbers { number: table, forwarding: table }[] with their active settings
---@field policy PolicyContext?

local proof_calls = {}

local function was_read(dimension, reads)
  for _, text in ipairs(dimension.reads) do
    if reads:find(text, 1, true) then
      return true
    end
  end
  return reads:find("truncated", 1, true) ~= nil
end

---@class ProofKind calls that only differ in when they come
---@field picks integer[] which value of each dimension
---@field values table[] these values
---@field rare boolean
---@field varied table<integer, boolean> dimensions that were found to matter

local function kind_of(all, picks)
  local kind = { picks = picks, values = {}, rare = false, varied = {} }
  for position, dimension in ipairs(all) do
    local value = dimension.values[picks[position]]
    kind.values[position], kind.rare = value, kind.rare or value.rare or false
  end
  return kind
end

-- The calls that differ from this one where the rules have looked.
local function vary(all, kind, reads, add)
  for position, dimension in ipairs(all) do
    if not kind.varied[position] and kind.picks[position] == 1 and was_read(dimension, reads) then
      kind.varied[position] = true
      for value = 2, #dimension.values do
        local changed = table.move(kind.picks, 1, #kind.picks, 1, {})
        changed[position] = value
        add(changed)
      end
    end
  end
end

local function words_of(all, kind, input, zone)
  return function(reads)
    local words = {}
    for position, dimension in ipairs(all) do
      local value = kind.values[position]
      if was_read(dimension, reads) and not value.plain then words[#words + 1] = value.words end
      if position == 1 and was_read(TIME, reads) then
        words[#words + 1] = proof_times.words(zone, input.at)
      end
    end
    return #words > 0 and table.concat(words, ", ") or "any call"
  end
end

-- All calls of one kind. How many there were, and an objection.
local function play(all, kind, times, judge, add)
  local input, moments = {}, kind.rare and times.few or times.all
  for position, dimension in ipairs(all) do dimension.put(input, kind.values[position]) end
  local words, count = words_of(all, kind, input, times.zone), 1
  for position, at in ipairs(moments) do
    input.at, count = at, position
    local reads, objection = judge(input, words)
    if objection then
      return position, objection
    end
    vary(all, kind, reads, add)
    if position == 1 and not was_read(TIME, reads) then break end
  end
  return count
end

---@param options ProofOptions
---@param judge fun(input: CallInput, words: fun(reads: string): string): string, any
---@return integer calls
---@return any objection
function proof_calls.each(options, judge)
  local times = proof_times.of(options.source, options.zone, options.at, options.calendar)
  local all, queue, seen, calls = proof_dimensions.of(options), {}, {}, 0
  local function add(picks)
    local key = table.concat(picks, " ")
    if not seen[key] then
      seen[key], queue[#queue + 1] = true, kind_of(all, picks)
    end
  end
  local ordinary = {}
  for position in ipairs(all) do ordinary[position] = 1 end
  add(ordinary)
  for _, kind in ipairs(queue) do
    local count, objection = play(all, kind, times, judge, add)
    calls = calls + count
    if objection or calls > MOST_CALLS then
      return calls, objection
    end
  end
  return calls
end

return proof_calls
