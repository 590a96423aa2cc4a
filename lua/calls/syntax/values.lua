-- values.lua: slips in which a value stands where Lua waits for something else, and how to undo them.
--
--   values.slips(t, e, wrong)   -> Slip[], as in slips.lua, for a text that Lua stopped reading at token e

local insert = require("calls.syntax.insertion").before

local values = {}

local BLOCK = { ["then"] = true, ["else"] = true, ["do"] = true }
local CLOSES_BLOCK = { ["end"] = true, ["else"] = true, ["elseif"] = true }
local CONSTANTS = { ["true"] = true, ["false"] = true, ["nil"] = true, ["not"] = true }

--- if … then true end, then call.line.busy end: nothing is returned.
local function unreturned(t, e, try)
  local first = e
  if CLOSES_BLOCK[t.text[e]] then
    first = e - 1
    while first > 1 and not BLOCK[t.text[first - 1]] and t.line[first - 1] >= t.line[e] - 1
      and t.kind[first] ~= "keyword" do
      first = first - 1
    end
  end
  local is_value = t.kind[first] == "string" or t.kind[first] == "number" or CONSTANTS[t.text[first]]
    or (first < e and t.kind[first] == "name")
  if is_value and BLOCK[t.text[first - 1]] then
    try(insert(t, first, ("return is missing before %s"):format(t.text[first]), "return "))
  end
end

--- call.time.hour >= 9am
local function hour(t, e, wrong, try)
  local number, half = t.text[e]:match("^(%d%d?)([apAP])[mM]$")
  if number and wrong.text:find("malformed number", 1, true) then
    local clock = tonumber(number) % 12 + (half:lower() == "p" and 12 or 0)
    try { line = t.line[e], must_pass = true,
      message = ("%s isn't a number: hours go from 0 to 23, so write %d"):format(t.text[e], clock),
      edits = { { from = t.from[e], last = t.last[e], text = tostring(clock) } } }
  end
end

--- seconds = 20s
local function unit(t, e, wrong, try)
  local number = t.text[e]:match("^(%d+)[a-zA-Z]+$")
  local in_text = t.kind[e - 1] == "string" and t.last[e - 1] + 1 == t.from[e] -- a quote ends the text here
  if number and not in_text and wrong.text:find("malformed number", 1, true) then
    try { line = t.line[e], message = ("%s isn't a number: write %s"):format(t.text[e], number),
      edits = { { from = t.from[e], last = t.last[e], text = number } } }
  end
end

--- call.time.hour >= 9:30
local function clock(t, e, try)
  local hours, minutes = t.text[e - 1], t.text[e + 1]
  if t.text[e] == ":" and hours:find("^%d%d?$") and (minutes or ""):find("^%d%d$") then
    try { line = t.line[e], must_pass = true,
      message = ('a time of day is a text: compare call.time.clock with "%02d:%s"'):format(
        tonumber(hours), minutes),
      edits = { { from = t.from[e - 1], last = t.last[e + 1], text = hours } } }
  end
end

local NAMED = { person = true, group = true, greeting = true }

--- person joe: the quotes are missing.
local function bare_name(t, e, try)
  local word = t.text[e - 1]
  if NAMED[word] and t.kind[e] == "name" and t.text[e - 2] ~= "." then
    try { line = t.line[e], must_pass = true,
      message = ("put the name in quotes: %s %q"):format(word, t.text[e]),
      edits = { { from = t.from[e], last = t.last[e], text = (" %q"):format(t.text[e]) } } }
  end
end

---@param t Tokens
---@param e integer
---@param wrong { line: integer, text: string, near: string? }
---@return Slip[]
function values.slips(t, e, wrong)
  local found = {}
  local function try(one) found[#found + 1] = one end
  unreturned(t, e, try)
  hour(t, e, wrong, try)
  unit(t, e, wrong, try)
  clock(t, e, try)
  bare_name(t, e, try)
  return found
end

return values
