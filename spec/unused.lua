-- unused.lua: what a module offers has a user. Prints what has none: it is dead, or static. A function of a
-- header is used in another file than its own, be it a spec; one of a Lua module is named in another module,
-- in C or again in its own. Usage: lua5.4 spec/unused.lua FILE…

-- File → text; word of C → how many files it stands in; name in Lua → how often it stands there.
local texts, files, names = {}, {}, {}

for _, file in ipairs(arg) do
  local handle = assert(io.open(file))
  local is_lua, text = file:find("%.lua$"), handle:read("a")
  handle:close()
  text = is_lua and text:gsub("%-%-[^\n]*", "") or text:gsub("/%*.-%*/", "")
  texts[file] = text
  local seen = {}
  for word in (is_lua and "" or text):gmatch("[%a_][%w_]*") do
    if not seen[word] then
      seen[word] = true
      files[word] = (files[word] or 0) + 1
    end
  end
  if is_lua or file:find("^host/") then
    for name in text:gmatch("[.:\"]([%a_][%w_]*)") do names[name] = (names[name] or 0) + 1 end
  end
end

local found = {}
for file, text in pairs(texts) do
  local header = file:find("^host/.*%.h$") and text or ""
  for before, name in header:gmatch("\n([%w_ *]-)%f[%w_]([%a_][%w_]*)%(") do
    -- The header, the file that defines it, and one that uses it.
    local least = before:find("inline") and 2 or 3
    if not before:find("typedef") and name ~= "luaopen_native" and files[name] < least then
      found[#found + 1] = ("%s: nothing but its own file uses %s"):format(file, name)
    end
  end
  local module = file:find("^lua/") and text:match("\nreturn ([%a_]+)%s*$")
  for name in (module and text or ""):gmatch("\nfunction " .. (module or "") .. "[.:]([%w_]+)%(") do
    -- Verbs of TwiML are called by the name that a document gives.
    if names[name] == 1 and not name:find("^%u") then
      found[#found + 1] = ("%s: nothing uses %s"):format(file, name)
    end
  end
end
table.sort(found)
for _, line in ipairs(found) do
  print(line)
end
os.exit(#found == 0)
