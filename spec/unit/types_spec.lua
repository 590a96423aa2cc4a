-- Every native function has an entry in lua/types, and every entry a function.
dofile("spec/support/native.lua")

local MODULES = {
  "config", "crypto", "db", "events", "http", "json", "jwt", "limiter", "lines", "log", "lookups",
  "metrics", "numbering", "recent", "rules", "sources", "spelling", "standin", "twilio", "tz", "unicode",
}

local function text_of(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

--- The functions that an annotation file declares: name -> { separator, comment above }.
local function declared(name)
  local found, above = {}, {}
  for line in text_of(("lua/types/%s.lua"):format(name)):gmatch("[^\n]*") do
    local owner, separator, fn = line:match("^function ([%w_]+)([.:])([%w_]+)%b() end$")
    if fn then
      assert.are.equal(name, owner)
      assert.is_nil(found[fn], fn .. " is there twice")
      found[fn] = { separator = separator, above = table.concat(above, "\n"), line = line }
    end
    if line:find("^%-%-%-") then
      above[#above + 1] = line
    else
      above = {}
    end
  end
  return found
end

describe("lua/types", function()
  it("has a file for each native module", function()
    for name in pairs(package.preload) do
      local listed = false
      for _, known in ipairs(MODULES) do
        listed = listed or known == name
      end
      assert.is_true(listed, name .. " is a native module that this spec does not know")
    end
    for _, name in ipairs(MODULES) do
      assert.is_function(package.preload[name], name)
    end
  end)

  for _, name in ipairs(MODULES) do
    it("says what " .. name .. " has, and nothing else", function()
      local types, module = declared(name), require(name)
      for field, value in pairs(module) do
        if type(value) == "function" then
          assert.is_truthy(types[field], ("%s.%s has no entry"):format(name, field))
        end
      end
      for field in pairs(types) do
        assert.is_function(module[field], ("%s.%s does not exist"):format(name, field))
      end
    end)

    it("names each parameter of " .. name, function()
      for field, entry in pairs(declared(name)) do
        assert.are.equal(name == "db" and ":" or ".", entry.separator, field)
        for parameter in entry.line:match("%((.*)%)"):gmatch("[%w_.]+") do
          local pattern = "---@param " .. parameter:gsub("%.", "%%.") .. "%??[ \n]"
          assert.is_truthy((entry.above .. "\n"):find(pattern), ("%s.%s: %s"):format(name, field, parameter))
        end
      end
    end)

    it("is an annotation file that a VM never runs: " .. name, function()
      local text = text_of(("lua/types/%s.lua"):format(name))
      assert.is_truthy(text:find("^%-%-%-@meta\n"))
      assert.is_truthy(text:find("\nreturn " .. name .. "\n$"))
      assert.is_truthy(load(text))
    end)
  end
end)
