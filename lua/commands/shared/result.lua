-- commands.shared.result: what a command returns.
--
--   result.done(text, value)      -> CommandResult
--   result.refused(code, message) -> CommandResult
--   result.counted(2, "call")     -> "2 calls"

local result = {}

-- Words that begin sentences of the API, and aren't names.
local BEGINNINGS = {}
for word in ("A An It No Nothing Only The There This You"):gmatch("%a+") do
  BEGINNINGS[word] = word:lower()
end

---@param text string printed
---@param value any printed with --json
---@return CommandResult
function result.done(text, value)
  return { ok = true, text = text, value = value }
end

---@param code string "usage": a mistake on the command line
---@param message string goes on after "hookswitch VERB: ", so a sentence loses its capital and its full stop
---@return CommandResult
function result.refused(code, message)
  local rest = message:gsub("^%a+", BEGINNINGS):gsub("%.$", "")
  return { error = { code = code, message = rest } }
end

---@param count integer
---@param what string of one
---@return string
function result.counted(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

return result
