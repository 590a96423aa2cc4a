-- rule_file.lua: opens rule files for specs, with a list vips.txt beside them.
local assert = require("luassert")
local rules = require("calls.rules.ruleset")

local rule_file = {}

local FILES = { ["vips.txt"] = "+13035550188 Grace\n" }
local OPTIONS = { data = function(name) return FILES[name] end }

function rule_file.open(source)
  return rules.open(source, "forwarding.lua", OPTIONS)
end

--- What a file is refused with.
function rule_file.refusal(source)
  local ok, message = pcall(rule_file.open, source)
  assert.is_false(ok, "it was accepted: " .. source)
  return message
end

--- A file of one rule whose `when` is `body`, after `top`.
function rule_file.with_when(body, top)
  return rule_file.open(("%s\nreturn { { 'mine', when = function(call)\n%s\nend, go = hangup() } }")
    :format(top or "", body))
end

return rule_file
