-- insertion.lua: slips that are undone by putting something in, or in the place of tokens.
--
--   insertion.before(t, i, message, text, line)   -> Slip, as in slips.lua: text is missing before token i
--   insertion.must_pass(…)                        the same; it has to get Lua past the place
--   insertion.instead(t, i, message, text, last)  -> Slip: text belongs in the place of token i, up to `last`
--
-- line: what is missing belongs to this one, nil: to that of token i.

local insertion = {}

---@param t Tokens
---@param i integer
---@param message string
---@param text string
---@param line integer?
---@return Slip
function insertion.before(t, i, message, text, line)
  -- What belongs to the line before stands at its end.
  local at = line and line < t.line[i] and t.last[i - 1] + 1 or t.from[i]
  return { line = line or t.line[i], message = message,
    edits = { { from = at, last = at - 1, text = text } } }
end

---@return Slip
function insertion.must_pass(...)
  local slip = insertion.before(...)
  slip.must_pass = true
  return slip
end

---@param t Tokens
---@param i integer
---@param message string
---@param text string
---@param last integer? the last token that it takes the place of; nil: i
---@return Slip
function insertion.instead(t, i, message, text, last)
  return { line = t.line[i], message = message,
    edits = { { from = t.from[i], last = t.last[last or i], text = text } } }
end

return insertion
