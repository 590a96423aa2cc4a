-- syntax.lua: what keeps a rule file from being Lua, in the words of its author.
--
--   syntax.explain(source)   -> { { line =, message = }, … }, mended?: all that is wrong, at most 20, and a
--                               text that Lua reads
--
-- Lua stops at the first thing that it can't read, often far behind the slip.
-- So the likely slips are undone one after the other, in a copy: what helps Lua
-- on is what was wrong, and it reads on from there.

local brackets = require("calls.syntax.brackets")
local complaints = require("calls.syntax.complaints")
local foreign = require("calls.syntax.foreign")
local indented = require("calls.syntax.indented")
local file_kind = require("calls.source.file_kind")
local parts = require("calls.source.parts")
local slips = require("calls.syntax.slips")
local structure = require("calls.syntax.structure")
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
  text = (text or tostring(message)):gsub("near <eof>", "near the end of the file")
  return { line = math.tointeger(line) or 1, text = text, near = near }
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

local AGAIN = ", once more on this line"

local function is_noted(problems, line, message)
  for _, problem in ipairs(problems) do
    if problem.line == line and problem.message == message then
      return true
    end
  end
  return false
end

--- A second bracket that is missing in the same way is another mistake.
local function note(problems, line, message)
  if is_noted(problems, line, message) then
    message = message .. AGAIN
    if not message:find("missing", 1, true) or is_noted(problems, line, message) then
      return
    end
  end
  problems[#problems + 1] = { line = line, message = message }
end

--- Do its edits only put in brackets and commas, or compare? What stands between them is as it was.
local function puts_in_marks(slip)
  for _, edit in ipairs(slip.edits or {}) do
    local compares = edit.text:find("^[=~]=$") and edit.last - edit.from < 2
    if not compares and (edit.last >= edit.from or edit.text:find("[^%s(){}%[%],]")) then
      return false
    end
  end
  return slip.edits ~= nil
end

--- Bytes from the token at which Lua stopped to the end: the fewer, the further it got.
local function rest_of(t, wrong)
  local e = slips.stopped_at(t, wrong)
  return e and #t.source - t.from[e] or math.huge
end

--- May this slip be undone? Not outside of the lines from `first` to `last`, except for a comma before them.
local function within(t, slip, first, last)
  local from, upto = 1, t.count
  while from < t.count and t.line[from] < first do from = from + 1 end
  while upto > 1 and t.line[upto - 1] > last do upto = upto - 1 end
  for _, edit in ipairs(slip.edits) do
    if edit.from < (from > 1 and t.last[from - 1] + 1 or 1) or edit.from > t.from[upto] then
      return false
    end
  end
  return true
end

--- The first slip at the place where Lua stopped whose correction helps it on.
---@param source string
---@param wrong table
---@param first integer? line, of the part that is looked at: a correction that has Lua read all comes first
---@param last integer?
local function undo_one(source, wrong, first, last)
  local t = tokens.read(source)
  local rest = rest_of(t, wrong)
  local best
  local list = slips.around(t, wrong)
  for _, slip in ipairs(first and brackets.left_open(t, first, last) or {}) do list[#list + 1] = slip end
  for _, slip in ipairs(list) do
    local text = (not first or within(t, slip, first, last)) and edited(source, slip.edits)
    local after = text and refusal(text)
    if text and not after then
      return { slip, text }
    elseif text and not best and (after.line > wrong.line or (not slip.must_pass and after.line == wrong.line
      and rest_of(tokens.read(text), after) < rest)) then
      best = { slip, text, after }
      if not first then break end
    end
  end
  return best
end

local Reader = {}
Reader.__index = Reader

function Reader:text()
  return table.concat(self.lines, "\n")
end

function Reader:note(slip)
  if #self.problems < MOST then note(self.problems, slip.line, slip.message) end
  if not slip.sure and self.unsure[slip.line] ~= true then
    self.unsure[slip.line] = puts_in_marks(slip) and "marks" or true
  else
    self.unsure[slip.line] = self.unsure[slip.line] or false
  end
end

--- Blank the lines, and return what stood there.
function Reader:take(part)
  local kept = table.move(self.lines, part[1], part[2], part[1], {})
  kept.text = table.concat(kept, "\n", part[1], part[2])
  for i = part[1], part[2] do self.lines[i] = "" end
  return kept
end

function Reader:put(part, kept)
  table.move(kept, part[1], part[2], part[1], self.lines)
end

--- Undo slips within a part until Lua reads all. Else nothing is changed.
---@return boolean
---@return Slip[] found
function Reader:undo(part)
  local kept, found = table.move(self.lines, 1, #self.lines, 1, {}), {}
  local wrong = refusal(self:text())
  while wrong do
    local undone = #found < MOST and undo_one(self:text(), wrong, part[1], part[2])
    if not undone then
      self.lines = kept
      return false, found
    end
    found[#found + 1] = undone[1]
    self.lines, wrong = parts.lines(undone[2]), undone[3]
  end
  for _, slip in ipairs(found) do self:note(slip) end
  return true, found
end

--- Does a part read on its own: as statements, as fields of a table or as arguments?
local function reads_alone(text)
  return not (refusal(text) and refusal("return {" .. text .. "\n}")
    and refusal("return f(" .. text:gsub("[,%s]+$", "") .. "\n)"))
end

function Reader:broken(list)
  local found = {}
  for _, part in ipairs(list) do
    if not reads_alone(table.concat(self.lines, "\n", part[1], part[2])) then found[#found + 1] = part end
  end
  return found
end

--- Do the parts close what the lines around them open, as a brace at the end of a list's last line does?
local function close_more(kept, around)
  local missing = parts.unmatched(around)
  for _, lines in ipairs(next(missing) and kept or {}) do
    local _, surplus = parts.unmatched(lines.text)
    for mark in pairs(surplus) do
      if missing[mark] then
        return true
      end
    end
  end
  return false
end

--- Put something in place of a part that can't be read.
function Reader:give_up(part, wrong, found)
  local kept = self:take(part)
  for _, instead in ipairs(parts.stand_ins(kept[part[1]], part[1])) do
    self.lines[part[1]] = instead
    if not refusal(self:text()) then
      -- Behind a slip, what Lua says follows from it, more likely than not.
      for _, slip in ipairs(found) do self:note(slip) end
      if #found == 0 then self:note { line = wrong.line, message = complaints.words(wrong.text) } end
      return true
    end
  end
  self:put(part, kept)
  return false
end

--- Tell what is wrong in a part, while everything else reads. Each part of it that is broken is looked at
--- without the others, so that a bracket is missing where it is missing.
function Reader:explain(part, inner)
  local wrong = refusal(self:text())
  if not wrong then
    return true
  end
  local broken = self:broken(inner)
  if #broken > 0 and #broken <= MOST then
    local kept, all = {}, table.move(self.lines, 1, #self.lines, 1, {})
    for i, each in ipairs(broken) do kept[i] = self:take(each) end
    local problems = table.move(self.problems, 1, #self.problems, 1, {})
    local fine = not close_more(kept, table.concat(self.lines, "\n", part[1], part[2])) and self:undo(part)
    for i, each in ipairs(broken) do
      if not fine then break end
      self:put(each, kept[i])
      fine = self:explain(each, parts.inside(self.depths, each[1], each[2]))
    end
    if fine then
      return true
    end
    self.lines, self.problems = all, problems
  end
  local undone, found = self:undo(part)
  return undone or (part[2] - part[1] < #self.lines - 1 and self:give_up(part, wrong, found))
end

--- Whatever its lines look like: Lua stops, what helps it on is undone, and so on.
function Reader:step_on()
  local source = self:text()
  local wrong = refusal(source)
  while wrong and #self.problems < MOST do
    local undone = undo_one(source, wrong)
    if not undone then
      -- Behind another slip this is what follows from it, more likely than not.
      if #self.problems == 0 then self:note { line = wrong.line, message = complaints.words(wrong.text) } end
      return nil
    end
    self:note(undone[1])
    source, wrong = undone[2], undone[3]
  end
  return not wrong and source or nil
end

--- Slips with which Lua reads a text nevertheless.
local function explain_read(source)
  local problems, edits, t = {}, {}, tokens.read(source)
  local found = structure.misspelt_calls(t)
  for _, slip in ipairs(indented.formulas(t)) do found[#found + 1] = slip end
  for _, slip in ipairs(found) do
    if #problems < MOST and not refusal(edited(source, slip.edits)) then
      note(problems, slip.line, slip.message)
      table.move(slip.edits, 1, #slip.edits, #edits + 1, edits)
    end
  end
  return problems, edited(source, edits), {}
end

---@param source string
---@return SyntaxProblem[] in the order of their lines; at least one if Lua doesn't read it
---@return string? mended a text that Lua reads, with as many lines
---@return table<integer, boolean|"marks">? unsure false for a line that surely reads as it was meant, "marks"
--- where it only got brackets and commas
function syntax.explain(source)
  local wrong = refusal(source)
  local kind_line, kind_message
  if wrong then kind_line, kind_message = file_kind.other_language(source) end
  if wrong and not kind_line then kind_line, kind_message = file_kind.fault(source) end
  if kind_line then
    return { { line = kind_line, message = kind_message } }
  elseif not wrong then
    return explain_read(source)
  elseif #source > MOST_BYTES or source:byte() == 27 then -- compiled Lua begins so
    return { { line = wrong.line, message = complaints.words(wrong.text) } }
  end
  local reader = setmetatable({ problems = {}, unsure = {} }, Reader)
  local t, edits = tokens.read(source), {}
  for _, list in ipairs { foreign.slips(t), structure.misspelt_calls(t) } do
    for _, slip in ipairs(list) do
      reader:note(slip)
      table.move(slip.edits, 1, #slip.edits, #edits + 1, edits)
    end
  end
  reader.lines = parts.lines(edited(source, edits))
  reader.depths = parts.begins(tokens.read(reader:text()), reader.lines)
  local top = parts.top(reader.depths)
  local is_split = #top > 0 and reader:explain({ 1, #reader.lines }, top)
  local mended = is_split and reader:text() or reader:step_on()
  table.sort(reader.problems, function(a, b) return a.line < b.line end)
  return reader.problems, mended, reader.unsure
end

return syntax
