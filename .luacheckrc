-- luacheck: the language of Hookswitch's Lua is 5.4, its globals are few.
std = "lua54"
max_line_length = 110
exclude_files = { "lua/types/" }
files["spec/"] = { std = "+busted" }
-- Gives plain Lua what the rule VM has under the same names.
files["spec/support/rule_language.lua"] = { globals = { "pairs", "next", "table" } }
-- Loaded between a line that sets FULL and one that calls run.
files["spec/support/awkward.lua"] = { read_globals = { "FULL" }, ignore = { "211/driver" } }
local RULES = {
  std = { read_globals = {
    "ring", "user", "voicemail", "say", "play", "reject", "hangup", "menu", "twiml", "hours", "contacts",
    "rota", "phone", "person", "group", "open", "greeting", "oncall",
    "string", "table", "math", "utf8", "ipairs", "pairs", "next", "select", "type", "tonumber", "tostring",
    "assert", "error", "pcall",
  } },
}
files["lua/forwarding.lua"] = RULES
files["spec/firms/"] = RULES
