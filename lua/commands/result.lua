-- commands.result: what a command returns.
--
--   result.done(text, value)      -> CommandResult
--   result.refused(code, message) -> CommandResult
--   result.counted(2, "call")     -> "2 calls"

local result = {}

---@param text string printed
---@param value any printed with --json
---@return CommandResult
function result.done(text, value)
  return { ok = true, text = text, value = value }
end

---@param code string "usage": a mistake on the command line
---@param message string goes on after "hookswitch VERB: ", so a full stop at its end is left out
---@return CommandResult
function result.refused(code, message)
  return { error = { code = code, message = (message:gsub("%.$", "")) } }
end

---@param count integer
---@param what string of one
---@return string
function result.counted(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

return result
