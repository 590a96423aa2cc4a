-- Rule files of small firms (spec/firms) with two to five mistakes each, of syntax and of meaning: every one
-- is named with its line, and nothing is told that one of them alone wouldn't be told of.
dofile("spec/support/native.lua")
local answering = dofile("spec/support/answering.lua")
local problems = require("calls.rules.problems")
local random = dofile("spec/support/random.lua")
local trial = require("calls.proof.trial")

local ROUNDS = 4

-- What is in a file, and what someone writes instead.
local MISTAKES = {
  { "~=", "!=" }, { " == ", " = " }, { ",\n", "\n" }, { " end,", "," }, { "local ", "Local " },
  { "function(call)", "funtion(call)" }, { "function(call)", "function(call" }, { "seconds =", "seconds:" },
  { "seconds =", "seconds" }, { "return ", "retrun " }, { " then", "" }, { " and ", " && " },
  { " = ring(", " = ring" }, { "return {", "return" }, { "})", "}" }, { "voicemail(\"", "voicemail(" },
  { "seconds =", "secnds =" }, { "voicemail(", "voicemial(" }, { "call.from", "call.form" },
  { ":otherwise", ".otherwise" }, { "confirm = false", "confirm = no" }, { "zone = \"", "zone = \"X" },
  { "\"08:", "\"8h" }, { "open_at(", "is_open(" }, { "call.at", "call.att" },
}

local FIRMS = {}
for name in io.popen("ls spec/firms/*.lua"):lines() do FIRMS[#FIRMS + 1] = name end

local function beside(name)
  local file = io.open("spec/firms/" .. name)
  return file and file:read("a")
end

local function told(source)
  local list = {}
  for text in problems.refused("forwarding.lua", source, { data = beside }):gmatch("[^\n]+") do
    list[text] = tonumber(text:match("^forwarding%.lua:(%d+): "))
  end
  return list
end

local function with(source, mistakes)
  table.sort(mistakes, function(a, b) return a.from > b.from end)
  for _, each in ipairs(mistakes) do
    source = source:sub(1, each.from - 1) .. each.text .. source:sub(each.last + 1)
  end
  return source
end

--- Everywhere that a mistake fits in, outside of comments.
local function places(source)
  local list = {}
  for _, mistake in ipairs(MISTAKES) do
    local from, last = source:find(mistake[1], 1, true)
    while from do
      local head = source:sub(1, from - 1)
      if not head:match("[^\n]*$"):find("--", 1, true) then
        local _, line = head:gsub("\n", "")
        list[#list + 1] = { from = from, last = last, text = mistake[2], line = line + 1 }
      end
      from, last = source:find(mistake[1], last + 1, true)
    end
  end
  return list
end

--- Some of them, on lines of their own, of which alone something is told.
local function some(source, below)
  local list, chosen, wanted = places(source), {}, 1 + below(4)
  while #chosen < wanted and #list > 0 do
    local each = table.remove(list, below(#list))
    local alone = true
    for _, other in ipairs(chosen) do alone = alone and math.abs(other.line - each.line) > 1 end
    if alone then
      each.told = told(with(source, { each }))
      if next(each.told) then chosen[#chosen + 1] = each end
    end
  end
  return chosen
end

describe("several mistakes in one file", function()
  local tried, missed, wrong = 0, {}, {}

  for _, name in ipairs(FIRMS) do
    it("are named, each with its line: " .. name, function()
      local source = io.open(name):read("a")
      for round = 1, ROUNDS do
        local chosen = some(source, random(round * 1000 + #source))
        local all = told(with(source, chosen))
        local text = problems.refused("forwarding.lua", with(source, chosen), { data = beside })
        for _, each in ipairs(chosen) do text = text .. ("\n  %d: %q"):format(each.line, each.text) end
        for _, each in ipairs(chosen) do
          local named = false
          for message, line in pairs(all) do
            named = named or line == each.line or each.told[message] ~= nil
          end
          tried = tried + 1
          if not named then missed[#missed + 1] = ("%s:%d:\n%s"):format(name, each.line, text) end
        end
        for message, line in pairs(all) do
          local follows = true
          for _, each in ipairs(chosen) do
            if line == each.line or each.told[message] then follows = false end
          end
          if follows then wrong[#wrong + 1] = name .. " " .. message .. "\n" .. text end
        end
      end
    end)
  end

  -- Brackets can be missing so that nobody could tell where.
  it("with at most one in a hundred missed, or told wrongly", function()
    assert.is_true(tried > 300, tostring(tried))
    for _, list in ipairs { missed, wrong } do
      assert.is_true(#list <= tried / 100, ("%d of %d:\n"):format(#list, tried) .. table.concat(list, "\n"))
    end
  end)
end)

describe("the slips of each firm (spec/support/firm_slips.lua), all in one file", function()
  it("are told in one run", function()
    local tried, hidden = 0, {}
    for name, slips in pairs(dofile("spec/support/firm_slips.lua")) do
      local source, wanted = io.open("spec/firms/" .. name .. ".lua"):read("a"), {}
      for _, slip in ipairs(slips) do
        local from, last = source:find(slip[1], 1, true)
        if from then
          source, wanted[#wanted + 1] = source:sub(1, from - 1) .. slip[2] .. source:sub(last + 1), slip
        end
      end
      local text = problems.refused("forwarding.lua", source, { data = beside })
      for _, slip in ipairs(wanted) do
        tried = tried + 1
        if not text:find(slip[3], 1, true) then hidden[#hidden + 1] = name .. ": " .. slip[3] end
      end
    end
    assert.is_true(tried > 100, tostring(tried))
    local missing = ("%d of %d:\n"):format(#hidden, tried) .. table.concat(hidden, "\n")
    assert.equal(0, #hidden, missing)
  end)
end)

-- Rules with a mistake that shows only when they decide a call.
local AT_RUN = {
  { 'when = function(call) return call.line.busy end, go = function() return "Joe" end',
    "go must return a plan" },
  { 'when = function(call) return call.caller.name:find("x") end, go = reject()', "call.caller.name is nil" },
  { "when = function(call) return call.from < 3 end, go = reject()", "< and > can't compare" },
  { "when = function(call) return call.caller.anonymous end, go = function() return ring { } end",
    "ring: the list is empty" },
}

describe("a mistake that shows while the file loads and one that shows in a call", function()
  local function all(source)
    local text, rest = problems.refused("forwarding.lua", source, { data = beside })
    local rules = { open = function(other) return answering(other, beside, true) end }
    local options = { source = rest, text = beside, at = 1795425300 }
    return text, rest and trial.in_spite(rules, options, text, source) or text
  end

  local function with_odd(source, rule)
    return (source:gsub("\nreturn {\n", function(text) return text .. '{ "odd", ' .. rule .. " },\n" end))
  end

  -- One of three slips of each firm.
  it("are told in one run, and nothing that follows from the first", function()
    local tried, wrong = 0, {}
    for name, slips in pairs(dofile("spec/support/firm_slips.lua")) do
      local source, slip = io.open("spec/firms/" .. name .. ".lua"):read("a"), slips[1 + #name % 3]
      local rule = AT_RUN[1 + #source % #AT_RUN]
      local from, last = source:find(slip[1], 1, true)
      local one = source:sub(1, from - 1) .. slip[2] .. source:sub(last + 1)
      local two, alone, proved = with_odd(one, rule[1]), all(one)
      local _, both = all(two)
      if alone ~= "" and two ~= one then
        tried = tried + 1
        local named = both:find('rule "odd": ' .. rule[2], 1, true) and both:find(slip[3], 1, true)
        if alone ~= proved or not named then
          wrong[#wrong + 1] = ("%s: %s\n%s\n%s\nwith %s:\n%s"):format(name, slip[2], alone, proved, rule[1],
            both)
        end
      end
    end
    assert.is_true(tried > 20, tostring(tried))
    assert.equal("", table.concat(wrong, "\n\n"))
  end)
end)

describe("a contacts file with many mistakes", function()
  it("has a line for each", function()
    local refusal = problems.refused("forwarding.lua",
      'local VIPS = contacts("vips.txt")\nreturn { { "a", go = voicemail(VIPS) } }',
      { data = function(name) return name == "vips.txt" and ("Grace\n"):rep(25) or nil end })
    local position = 0
    for line in refusal:gmatch("[^\n]+") do
      position = position + 1
      assert.is_truthy(line:find(position > 20 and "and %d+ more$"
        or ("^forwarding%%.lua:1: vips%%.txt:%d: .*isn't a phone number"):format(position)), line)
    end
    assert.equal(21, position)
  end)
end)
