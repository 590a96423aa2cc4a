-- fields.lua: fields of `call` that rules read but no call ever has.
--
--   proof_fields.fault(text, t)   -> the problem and its line, or nil
--
-- A misspelled field is nil and raises nothing: the rule would just never match. Since the proof knows what a
-- decision read, it reports this at the save.

local call_fields = require("calls.lint.known.call_fields")
local reads = require("calls.rules.reads")
local tokens = require("calls.source.tokens")

local proof_fields = {}

-- The first line of code with the field, as in call.form or caller["form"].
local function line_of(name, t)
  for i = 1, t.count do
    local dotted = t.kind[i] == "name" and t.text[i - 1] == "." and t.text[i] == name
    if dotted or (t.kind[i] == "string" and tokens.value(t, i) == name and t.text[i - 1] == "[") then
      return t.line[i]
    end
  end
end

---@param text string JSON of a decision's reads: path → value
---@param t Tokens of the rule file
---@return { message: string, line: integer?, path: string }?
function proof_fields.fault(text, t)
  for _, path in ipairs(reads.absent(text)) do
    local message = call_fields.fault(path)
    if message then
      return { message = message, line = line_of(path:match("[^.]+$"), t), path = "" }
    end
  end
end

return proof_fields
