-- loops.lua: loops of a rule file that run over nothing, or over less than their author meant.
--
--   loops.read(reader, i)   tells reader.say what is wrong with the `for` or `in` at token i

local tokens = require("calls.source.tokens")

local loops = {}

--- for x in LIST do
local function bare_loop(reader, i)
  local t = reader.t
  local words, last = tokens.chain(t, i + 1)
  local value = words and reader.known:value(i + 1)
  if not words or t.text[last + 1] ~= "do" or (value and value.kind ~= "table")
    or (not value and not words:find(".", 1, true)) then
    return
  end
  if value and value.keys and not value.list and next(value.keys) ~= nil then
    reader.say_cause(i, ("a loop goes through a table with pairs: for key, value in pairs(%s) do")
      :format(words))
    return
  end
  reader.say_cause(i, ("a loop goes through a list with ipairs: for _, x in ipairs(%s) do"):format(words))
end

--- ipairs(VIPS), where VIPS has texts as keys, as contacts do: it goes through nothing
local function keyed_list(reader, i)
  local t = reader.t
  if t.text[i] ~= "ipairs" or t.text[i + 1] ~= "(" or t.pair[i + 1] ~= i + 3 or t.kind[i + 2] ~= "name" then
    return
  end
  local name = t.text[i + 2]
  local known, first = reader.known:value(i + 2), reader.known.first[name]
  local is_contacts = reader.known.declared[name] == 1 and t.text[first - 1] == "local"
    and t.text[first + 1] == "=" and t.text[first + 2] == "contacts"
  local is_map = known and known.kind == "table" and known.keys and not known.open and next(known.keys) ~= nil
    and known.keys[1] == nil
  if is_contacts or is_map then
    reader.say(i, ("%s has no entry 1, so ipairs finds nothing: %s"):format(name, is_contacts
      and ("a caller in it is %s[call.from] ~= nil"):format(name)
      or ("write for key, value in pairs(%s) do, or %s[x] ~= nil"):format(name, name)))
  end
end

--- for i in ipairs(LIST) do if i == call.from …: i is the position
local function position_loop(reader, i)
  local t = reader.t
  local name = t.text[i + 1]
  if t.text[i + 2] ~= "in" or t.text[i + 4] ~= "(" or not t.pair[i + 4] then
    return
  end
  local list = t.text[i + 3] == "pairs" and reader.known:value(i + 5)
  if t.text[i + 3] ~= "ipairs" and not (list and list.kind == "table" and list.list) then
    return
  end
  local body = t.pair[i + 4] + 1
  for k = body, t.pair[body] or body do
    local equals = t.text[k + 1] == "==" and k + 2 or t.text[k - 1] == "==" and k - 2
    if t.kind[k] == "name" and t.text[k] == name and equals and t.kind[equals] ~= "number"
      and t.text[k - 1] ~= "." and t.text[equals - 1] ~= "#" then
      reader.say(i + 1, ("%s is the position here, 1, 2, 3: write for _, %s in ipairs(…) do"):format(name,
        name))
      return
    end
  end
end

--- for … do return x == y end: only the first is looked at
local function first_round(reader, i)
  local t, body = reader.t, i
  while body < t.count and t.text[body] ~= "do" do body = body + 1 end
  if t.text[body + 1] ~= "return" then
    return
  end
  for k = body + 2, t.pair[body] or body do
    if t.text[k] == "==" or t.text[k] == "~=" then
      reader.say(body + 1, "this loop looks at the first entry only: write if … then return true end, and "
        .. "return false behind the loop")
      return
    end
  end
end

---@param reader MeantReader
---@param i integer
function loops.read(reader, i)
  local text = reader.t.text[i]
  if text == "in" then
    bare_loop(reader, i)
    keyed_list(reader, i + 1)
  elseif text == "for" then
    position_loop(reader, i)
    first_round(reader, i)
  end
end

return loops
