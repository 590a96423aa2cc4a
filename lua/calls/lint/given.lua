-- given.lua: what a rule file gives to ring and + that they can't take.
--
--   given.read(reader, i)    tells reader.say_cause what is wrong with the `ring` at token i
--   given.added(reader, i)   the same of the + at token i
--
-- The words say so themselves, but in a function only once a call runs it: any other mistake would hide it.

local tokens = require("calls.source.tokens")

local given = {}

--- ring(JOE, 15), ring(doctor, …)
---@param reader MeantReader
---@param i integer a name
function given.read(reader, i)
  local t, before = reader.t, reader.t.text[i - 1]
  local list = t.text[i] == "ring" and not reader.known.declared.ring and before ~= "." and before ~= ":"
    and tokens.arguments(t, i)
  local whom, options = list and list[1], list and list[2]
  if options and options.first == options.last and t.kind[options.first] == "number" then
    reader.say_cause(options.first, ("ring: options are a table, such as { seconds = %s }, not %s"):format(
      t.text[options.first], t.text[options.first]))
  end
  if not whom then
    return
  end
  local value, last = reader.known:value(whom.first)
  if value and value.kind == "function" and last == whom.last and t.kind[last] == "name" then
    reader.say_cause(i, ("ring needs a phone or a user, not a function: call it, as in %s(call)"):format(
      t.text[last]))
  end
end

--- "For " + name, in which + is for numbers.
---@param reader MeantReader
---@param i integer +
function given.added(reader, i)
  local t = reader.t
  for _, at in ipairs { i - 1, i + 1 } do
    if t.kind[at] == "string" and not tonumber(tokens.value(t, at)) then
      reader.say_cause(i, "to join texts write .. in place of +")
      return
    end
  end
end

return given
