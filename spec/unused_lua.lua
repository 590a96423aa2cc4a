-- unused_lua.lua: a function that a Lua module offers is named elsewhere in the product: in another module,
-- in C or again in its own. Prints those that aren't: they are dead. Usage: lua5.4 spec/unused_lua.lua FILE…

local sources, uses = {}, {} -- file → its text; name → how often it is named
for _, file in ipairs(arg) do
  local handle = assert(io.open(file))
  local text = handle:read("a"):gsub("%-%-[^\n]*", "")
  handle:close()
  sources[file] = text
  for name in text:gmatch("[.:\"]([%a_][%w_]*)") do uses[name] = (uses[name] or 0) + 1 end
end

local found = {}
for file, text in pairs(sources) do
  local module = file:find("^lua/") and text:match("\nreturn ([%a_]+)%s*$")
  for name in text:gmatch("\nfunction " .. (module or "%%") .. "[.:]([%w_]+)%(") do
    -- Verbs of TwiML are called by the name that a document gives.
    if uses[name] == 1 and not name:find("^%u") then
      found[#found + 1] = ("%s: nothing uses %s"):format(file, name)
    end
  end
end
table.sort(found)
for _, line in ipairs(found) do
  print(line)
end
os.exit(#found == 0)
