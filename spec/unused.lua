-- unused.lua: a function that a header offers has a user in another file than its own, be it a spec.
-- Prints those that have none: they are dead, or static. Usage: lua5.4 spec/unused.lua FILE.c FILE.h…

local files, headers = {}, {} -- word → how many files it stands in; header → its text
for _, file in ipairs(arg) do
  local handle = assert(io.open(file))
  local text = handle:read("a"):gsub("/%*.-%*/", "")
  handle:close()
  local seen = {}
  for word in text:gmatch("[%a_][%w_]*") do
    if not seen[word] then
      seen[word] = true
      files[word] = (files[word] or 0) + 1
    end
  end
  if file:find("^host/.*%.h$") then
    headers[file] = text
  end
end

local found = {}
for file, text in pairs(headers) do
  for before, name in text:gmatch("\n([%w_ *]-)%f[%w_]([%a_][%w_]*)%(") do
    -- The header, the file that defines it, and one that uses it.
    local least = before:find("inline") and 2 or 3
    if not before:find("typedef") and name ~= "luaopen_native" and files[name] < least then
      found[#found + 1] = ("%s: nothing but its own file uses %s"):format(file, name)
    end
  end
end
table.sort(found)
for _, line in ipairs(found) do
  print(line)
end
os.exit(#found == 0)
