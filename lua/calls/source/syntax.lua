-- syntax.lua: what keeps a rule file from being Lua, in the words of its author.
--
--   syntax.explain(source, message)   -> { { line =, message = }, … }: all that is wrong, at most 20
--
-- Lua stops at the first thing that it can't read, often far behind the slip.
-- So the likely slips are undone one after the other, in a copy: what helps Lua
-- on is what was wrong, and it reads on from there.

local foreign = require("calls.source.foreign")
local file_kind = require("calls.source.file_kind")
local slips = require("calls.source.slips")
local tokens = require("calls.source.tokens")

local load = load

local syntax = {}

local MOST = 20
local MOST_BYTES = 256 * 1024 -- of a file that is read again and again

---@class SyntaxProblem
---@field line integer
---@field message string

--- Why Lua doesn't read a text: line, message and the token at which it stopped; nil when it does.
local function refusal(source)
  local chunk, message = load(source, "=x", "t", {})
  if chunk then
    return nil
  end
  local line, text = tostring(message):match("^x:(%d+): (.*)$")
  local near = text and (text:match("near '(.*)'$") or text:match("near (<eof>)$"))
  return { line = math.tointeger(line) or 1, text = text or tostring(message), near = near }
end

--- The text with edits applied; each is { from =, last =, text = } and they don't overlap.
local function edited(source, edits)
  table.sort(edits, function(a, b) return a.from < b.from end)
  local out, at = {}, 1
  for _, edit in ipairs(edits) do
    if edit.from >= at then
      out[#out + 1] = source:sub(at, edit.from - 1) .. edit.text
      at = edit.last + 1
    end
  end
  return table.concat(out) .. source:sub(at)
end

local function note(problems, line, message)
  for _, problem in ipairs(problems) do
    if problem.line == line and problem.message == message then
      return
    end
  end
  problems[#problems + 1] = { line = line, message = message }
end

--- Bytes from the token at which Lua stopped to the end: the fewer, the further it got.
local function rest_of(t, wrong)
  local e = slips.stopped_at(t, wrong)
  return e and #t.source - t.from[e] or math.huge
end

--- The first slip at the place where Lua stopped whose correction helps.
local function undo_one(source, wrong)
  local t = tokens.read(source)
  local rest = rest_of(t, wrong)
  for _, slip in ipairs(slips.around(t, wrong)) do
    local text = edited(source, slip.edits)
    local after = refusal(text)
    if not after or after.line > wrong.line
      or (not slip.must_pass and after.line == wrong.line and rest_of(tokens.read(text), after) < rest) then
      return slip, text, after
    end
  end
end

---@param source string that Lua does not read
---@return SyntaxProblem[] at least one, in the order of their lines
function syntax.explain(source)
  local problems, wrong = {}, refusal(source)
  local kind_line, kind_message = file_kind.fault(source)
  if wrong and kind_line then
    return { { line = kind_line, message = kind_message } }
  end
  local readable = #source <= MOST_BYTES and source:byte() ~= 27 -- compiled Lua begins so
  if wrong and readable then
    local edits = {}
    for _, slip in ipairs(foreign.slips(tokens.read(source))) do
      if #problems < MOST then note(problems, slip.line, slip.message) end
      for _, edit in ipairs(slip.edits) do edits[#edits + 1] = edit end
    end
    source = edited(source, edits)
    wrong = refusal(source)
  end
  while wrong and #problems < MOST do
    local slip, text, after
    if readable then slip, text, after = undo_one(source, wrong) end
    if not slip then
      -- Behind another slip this is what follows from it, more likely than not.
      if #problems == 0 then
        note(problems, wrong.line, (wrong.text:gsub("near <eof>", "near the end of the file")))
      end
      break
    end
    note(problems, slip.line, slip.message)
    source, wrong = text, after
  end
  table.sort(problems, function(a, b) return a.line < b.line end)
  return problems
end

return syntax
