---@meta
-- types/rules.lua
local rules = {}

---Ask lua/forwarding.lua, in its own VM. A function in the input is called when
---a rule reads its place, and its result is the value.
---@param input CallInput
---@param everything? boolean note also what the words of the language look for and don't find
---@param first? integer the rule to begin with: those before it are left out
---@return true? ok
---@return integer|string|nil index of the rule that decided, nil for none; the message when it failed
---@return FlatPlan|string|nil plan when the rule made one; the code when it failed: "time", "memory", "error", …
---@return string? reads JSON of what the rules looked at
---@nodiscard
function rules.decide(input, everything, first) end

---@return RuleEntry[] rules in order; `plan` where it is written out
---@nodiscard
function rules.list() end

---@return table[] examples as the file gives them
---@nodiscard
function rules.examples() end

---@return Calendar[] # times and dates of the hours and rotas that the file makes while it loads
---@nodiscard
function rules.calendar() end

---@return integer[] # lines on which the functions begin that a decision can reach
---@nodiscard
function rules.functions() end

---@return integer # version of the rules that decide
---@nodiscard
function rules.version() end

---@return string? refusal why the newest file is not the one that decides
---@nodiscard
function rules.error() end

---@class Calendar the times and dates of opening hours or a rota
---@field zone string
---@field minutes integer[] of a day, at which something begins or ends
---@field dates string[] as they are written: "4th thu nov"
---@field turns? { first: integer, days: integer, count: integer } of a rota: first day since 1970, days of a turn
---@field moments? integer[] at which turns by a calendar begin or end

---Rules that are tried beside the live ones; its functions answer like those of
---this module. Close it: it holds a VM of its own.
---@class TrialRules
---@field decide fun(input: CallInput, everything?: boolean, first?: integer): true?, integer|string|nil, FlatPlan|string|nil, string?
---@field list fun(): { name: string, line: integer, plan: FlatPlan? }[]
---@field examples fun(): table[]
---@field calendar fun(): Calendar[]
---@field functions fun(): integer[]
---@field close fun()

---Load other rules than the live ones.
---@param source string|table<string, string> the text of a forwarding.lua beside the other files; or all files of the team
---@param in_spite boolean? load the text in spite of mistakes that can be set aside
---@return TrialRules? ruleset nil: the text is refused
---@return string? message "forwarding.lua:12: what is wrong"
---@return string? code "syntax", "error", "time", "memory"
---@return { file: string, line: integer, message: string }? place
---@nodiscard
function rules.open(source, in_spite) end

---The rules that the ones being tried would replace, as they were tried themselves.
---@param hash string of their version
---@return TrialRules? ruleset nil: the server doesn't keep rules of that version
---@nodiscard
function rules.replaced(hash) end

return rules
