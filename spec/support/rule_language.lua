-- rule_language.lua: gives plain Lua the pairs, next and table.* of the rule VM, for the specs that
-- run rule files in busted.
local language = dofile("spec/support/native.lua").language
require("calls.freeze") -- keeps the library's own next

pairs, next = language.pairs, language.next
for name, f in pairs(language.table) do table[name] = f end
