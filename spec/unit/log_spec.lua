-- The lines go to the standard error of a second Lua, where they can be read.
local native = os.getenv("HS_NATIVE") or "build/native.so"
dofile("spec/support/native.lua")
local json = require("json")

--- Run Lua code with `log` in a process of its own; its lines, decoded.
local function lines_of(code)
  local file = os.tmpname()
  local script = assert(io.open(file, "w"))
  script:write(("package.loadlib(%q, 'luaopen_native')()\nlocal log = require('log')\n"):format(native), code)
  script:close()
  local pipe = assert(io.popen(("lua5.4 %s 2>&1"):format(file)))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = json.decode(line) or error(line)
  end
  pipe:close()
  os.remove(file)
  return lines
end

describe("log", function()
  it("writes a line of JSON for each level that is on", function()
    local lines = lines_of([[
      log.debug("not_written", { status = 1 })
      log.info("one", { status = 200, path = "/x", count = 2.5, seconds = 3.0 })
      log.warn("two")
      log.error("three", nil)
    ]])
    assert.are.equal(3, #lines)
    assert.are.equal("one", lines[1].event)
    assert.are.equal("info", lines[1].level)
    assert.are.equal(200, lines[1].status)
    assert.are.equal("/x", lines[1].path)
    assert.are.equal("2.5", lines[1].count)
    assert.are.equal(3, lines[1].seconds)
    assert.are.equal("warn", lines[2].level)
    assert.are.equal("error", lines[3].level)
  end)

  it("never fails for a value", function()
    local lines = lines_of([[
      log.info("odd", { status = true, path = {}, count = print, message = "a\0b\n\255",
        [1] = "x", [print] = 1, code = require("json").null, number = 0/0, total = math.huge,
        size = math.mininteger })
      local many = {}
      for i = 1, 100 do many["field" .. i] = i end
      log.info("many", many)
      log.info("odd", "no table")
    ]])
    assert.are.equal(3, #lines)
    assert.are.equal("true", lines[1].status)
    assert.are.equal("table", lines[1].path)
    assert.are.equal("function", lines[1].count)
    assert.are.equal("a", lines[1].message)
    assert.are.equal(json.null, lines[1].code)
    assert.are.equal(math.mininteger, lines[1].size)
  end)

  it("writes every field that our own files give it", function()
    local names, calls = {}, 0
    local files = assert(io.popen("find lua -name '*.lua'"))
    for path in files:lines() do
      local file <close> = assert(io.open(path))
      for arguments in file:read("a"):gmatch("log%.%l+(%b())") do
        calls = calls + 1
        for name in (arguments:match("%b{}") or ""):gmatch("[{,]%s*([%l_]+) = ") do
          names[#names + 1] = ("[%q] = 1"):format(name)
        end
      end
    end
    files:close()
    assert.is_true(calls > 20 and #names > 50)
    local lines = lines_of("log.info('all', { " .. table.concat(names, ", ") .. " })")
    assert.is_nil(lines[1].dropped)
  end)

  it("leaves out what is not on the host's list", function()
    local lines = lines_of([[log.info("secret", { auth_token = "abc", status = 1 })]])
    assert.is_nil(lines[1].auth_token)
    assert.are.equal(1, lines[1].status)
    assert.are.same({ "auth_token" }, lines[1].dropped)
  end)

  it("raises for an event that is not a string", function()
    local log = require("log")
    assert.is_false(pcall(log.info))
    assert.is_false(pcall(log.info, {}))
  end)

  it("drops no field that a line of the program has", function()
    local pipe = assert(io.popen("grep -rhoE 'HS_[SI]\\(\"[a-z_]+\"' host --include=*.c | sort -u"))
    local names = {}
    for match in pipe:lines() do names[#names + 1] = match:match('"(.+)"') end
    pipe:close()
    assert.is_true(#names > 40)
    local code = {}
    for position, name in ipairs(names) do code[position] = ("log.info('one', { %s = 'x' })"):format(name) end
    local dropped = {}
    for _, line in ipairs(lines_of(table.concat(code, "\n"))) do
      table.move(line.dropped or {}, 1, #(line.dropped or {}), #dropped + 1, dropped)
    end
    assert.are.same({}, dropped)
  end)
end)
