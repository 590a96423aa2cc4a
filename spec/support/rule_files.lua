-- rule_files.lua: whole rule files for specs: the cookbook's recipes, and the template with its rules
-- uncommented.
return function()
  local list = {}
  for text in io.open("docs/forwarding.md"):read("a"):gmatch("```lua\n(.-)```") do
    list[#list + 1] = text
  end
  local head, rules = io.open("lua/forwarding.lua"):read("a"):match("^(.*\n)(%-%- local JOE.*)$")
  list[#list + 1] = head .. rules:gsub("%f[^\n\0]( *)%-%- ([^C])", "%1%2")
  return list
end
