-- commands.shared.report: what a command has to say, for people and for programs.
--
--   local report = Report.new()
--   report:say("ok", "number", "+15105550100", "is set up")
--   report:fail("number", "+15105550100", "…", "how to fix it")
--   return report:result { … }

local json = require("json")

local Report = {}
Report.__index = Report

local MARKS = {
  ok = "ok", changed = "changed", would_change = "would change", warn = "warning", failed = "FAILED",
  info = "note",
}

---@class Report
---@field entries { state: string, about: string, what: string, message: string, fix: string? }[]
---@field ok boolean nothing failed

---@return Report
function Report.new()
  return setmetatable({ entries = json.array {}, ok = true }, Report)
end

---@param state "ok"|"changed"|"would_change"|"warn"|"failed"|"info" only "failed" makes the command fail
---@param about string kind of thing: "application", "number" …
---@param what string which one
---@param message string
---@param fix string? what to do about it
function Report:say(state, about, what, message, fix)
  local entry = { state = state, about = about, what = what, message = message, fix = fix }
  self.entries[#self.entries + 1] = entry
  if state == "failed" then
    self.ok = false
  end
end

--- Do one thing of many. If it raises, that is what the report says of it, and the others have their turn.
---@param about string
---@param what string
---@param work function
---@param ... any for it
---@return any? result nil also if it raised
function Report:try(about, what, work, ...)
  local ok, result = pcall(work, ...)
  if ok then
    return result
  end
  self:say("failed", about, what, type(result) == "table" and result.message or tostring(result))
end

local function line(entry)
  local what = entry.what ~= "" and " " .. entry.what or ""
  local text = ("%-12s %s%s: %s"):format(MARKS[entry.state], entry.about, what, entry.message)
  return entry.fix and text .. "\n" .. (" "):rep(13) .. "fix: " .. entry.fix or text
end

--- The command's result.
---@param value table? more for --json
---@param closing string? a last paragraph for people
---@return CommandResult
function Report:result(value, closing)
  local lines = {}
  for position, entry in ipairs(self.entries) do
    lines[position] = line(entry)
  end
  lines[#lines + 1] = closing
  value = value or {}
  value.ok, value.report = self.ok, self.entries
  return { ok = self.ok, text = table.concat(lines, "\n"), value = value }
end

return Report
