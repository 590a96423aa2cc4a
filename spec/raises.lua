-- raises.lua: a function of C that may raise in Lua says so in its name: l_, push_ or check_.
-- Prints those that don't. Usage: lua5.4 spec/raises.lua FILE.c…
--
-- What may raise: the parts of Lua's API listed here (reference manual, 4.6: marks m, v and e), and
-- whatever calls one of ours that does. Reading a string that is one, or the next key of a table that
-- nobody changes, doesn't.

local RAISING = {}
for name in ([[arith call callk compare concat createtable error getfield getglobal geti gettable len
  newtable newthread newuserdatauv pushcclosure pushfstring pushliteral pushlstring pushstring
  pushvfstring rawset rawseti rawsetp setfield setglobal seti settable toclose yield]]):gmatch("%S+") do
  RAISING["lua_" .. name] = true
end
local HARMLESS = { luaL_newstate = true, luaL_testudata = true, luaL_typename = true, luaL_unref = true }

-- Its functions: { name=, file=, own= (static), calls= {name=true} }.
local function functions_of(file)
  local found, head, body = {}, {}, nil
  local handle = assert(io.open(file))
  local source = handle:read("a"):gsub("\\.", ""):gsub('"[^"\n]*"', '""'):gsub("/%*.-%*/", "")
  handle:close()
  for line in source:gmatch("([^\n]*)\n") do
    if line == "{" and #head > 0 then
      body = {}
    elseif line == "}" and body then
      local text = table.concat(head, " ")
      local calls = {}
      for name in table.concat(body, "\n"):gmatch("([%w_]+)%(") do
        calls[name] = true
      end
      local own = text:match("^static ") ~= nil
      found[#found + 1] = { name = text:match("([%w_]+)%("), file = file, own = own, calls = calls }
      head, body = {}, nil
    elseif body then
      body[#body + 1] = line
    elseif line:match("^[%a]") and not line:match(";%s*$") then
      head = { line }
    elseif #head > 0 and line:match("^%s") and not line:match(";%s*$") then
      head[#head + 1] = line
    else
      head = {}
    end
  end
  return found
end

local all, shared, owned = {}, {}, {}
for _, file in ipairs(arg) do
  owned[file] = {}
  for _, func in ipairs(functions_of(file)) do
    all[#all + 1] = func
    if func.name then
      (func.own and owned[file] or shared)[func.name] = func
    end
  end
end

local function calls_raising(func)
  for name in pairs(func.calls) do
    local callee = owned[func.file][name] or shared[name]
    if RAISING[name] or (name:match("^luaL_") and not HARMLESS[name]) or (callee and callee.raises) then
      return true
    end
  end
  return false
end

local more = true
while more do
  more = false
  for _, func in ipairs(all) do
    if not func.raises and calls_raising(func) then
      func.raises, more = true, true
    end
  end
end

local wrong = 0
for _, func in ipairs(all) do
  local name = func.name or ""
  local says = name:match("^l_") or name:match("push_") or name:match("check_")
  if func.raises and not says and name ~= "luaopen_native" then
    print(("%s: %s() may raise in Lua: call it l_%s"):format(func.file, name, (name:gsub("^hs_", ""))))
    wrong = wrong + 1
  end
end
os.exit(wrong == 0)
