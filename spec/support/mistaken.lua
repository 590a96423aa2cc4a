-- mistaken.lua: rule files around one mistake, and what they are refused with, for specs.
local assert = require("luassert")
local problems = require("calls.rules.problems")

local mistaken = {}

mistaken.HEAD = 'local JOE, ANA = "+13035550142", "+13035550177"\nlocal LIST = { JOE, ANA }\n'

function mistaken.file(rules)
  return mistaken.HEAD .. "return {\n" .. rules .. "\n}\n"
end

function mistaken.when(condition)
  return mistaken.file('{ "a",\nwhen = function(call)\n' .. condition .. '\nend, go = ring(JOE) },')
end

function mistaken.go(plan)
  return mistaken.file('{ "a",\ngo = ' .. plan .. " },")
end

function mistaken.hours(spec)
  return "local OPEN = hours {\nzone = \"America/Denver\",\n" .. spec .. "\n}\nreturn {}\n"
end

--- Does the file's line get this message, among others?
function mistaken.is_told(line, message, source)
  local text, found = problems.refused("forwarding.lua", source, {}), false
  for at, told in text:gmatch("forwarding%.lua:(%d+): ([^\n]+)") do
    found = found or (tonumber(at) == line and told:find(message, 1, true) ~= nil)
  end
  assert.is_true(found, ("line %d of\n%s\n%s"):format(line, source, text))
end

return mistaken
