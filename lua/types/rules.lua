---@meta
-- types/rules.lua
local rules = {}

---Ask lua/forwarding.lua, in its own VM. A function in the input is called when
---a rule reads its place, and its result is the value.
---@param input CallInput
---@return true? ok
---@return integer|string|nil index of the rule that decided, nil for none; the message when it failed
---@return FlatPlan|string|nil plan when the rule made one; the code when it failed: "time", "memory", "error", …
---@return string? reads JSON of what the rules looked at
---@nodiscard
function rules.decide(input) end

---@return { name: string, line: integer, plan: FlatPlan? }[] rules in order; `plan` where it is written out
---@nodiscard
function rules.list() end

---@return table[] examples as the file gives them
---@nodiscard
function rules.examples() end

---@return integer version of the rules that decide
---@nodiscard
function rules.version() end

---@return string? refusal why the newest file is not the one that decides
---@nodiscard
function rules.error() end

return rules
