-- What rules must pass before they decide calls.
dofile("spec/support/native.lua")
local answering = dofile("spec/support/answering.lua")
local trial = require("calls.proof.trial")

local VOICEMAIL = { start = 1, steps = { { kind = "voicemail" } } }
local OPTIONS = { zone = "UTC", ring_limit = 60 }

local function rules_with(examples)
  return {
    examples = function() return examples end,
    calendar = function() return {} end,
    list = function() return { { name = "one", line = 2, plan = VOICEMAIL } } end,
    decide = function() return true, 1, nil, "{}" end,
  }
end

local NAMES = "local p, f, g, CLOSED, OFFICE, " .. ("x"):rep(99) .. " "

describe("trial.run", function()
  it("counts what was tried", function()
    local both = { { expect = "voicemail" }, { expect = "voicemail" } }
    local report, fault = trial.run(rules_with(both), OPTIONS)
    assert.is_nil(fault)
    assert.equal(1, report.rules)
    assert.equal(2, report.examples)
  end)

  it("tells which example does not hold", function()
    local one_of_two = { { expect = "voicemail" }, { expect = "reject" } }
    local report, fault = trial.run(rules_with(one_of_two), OPTIONS)
    assert.equal(1, report.examples)
    assert.equal("example", fault.code)
    assert.truthy(fault.message:find('^example 2: .*expected "reject"$'))
  end)

  -- Lua leaves a field out whose value is nil, and a rule without `when` holds for every call.
  for _, case in ipairs {
    { "CLOSED" }, { "OFFICE.opne" }, { "f()" }, { "OFFICE:open_at(0) and nil" }, { "({})[1]" }, { "nil" },
    { "f(\n)", "f(…" }, { ("x"):rep(99), ("x"):rep(60) .. "…" },
  } do
    it("refuses a when that came out nil: " .. case[1], function()
      local rules = rules_with {}
      rules.list = function()
        return { { name = "one", line = 9, plan = VOICEMAIL, always = true }, { name = "rest", line = 9 } }
      end
      local source = ('%sreturn {\n  { "one",\n    when = %s, go = p },\n  { "rest", go = p },\n}\n'):format(
        NAMES, case[1])
      local report, fault = trial.run(rules, setmetatable({ source = source }, { __index = OPTIONS }))
      assert.equal("meaning", fault.code)
      local told = ('lua:3: rule "one": its when, %s, is nil, so it would'):format(case[2] or case[1])
      assert.truthy(report.problems:find(told, 1, true), report.problems)
      assert.is_nil(report.problems:find('"rest"', 1, true), report.problems)
    end)
  end

  it("knows which of two rules of a name lost its when", function()
    local list = {
      { name = "one", line = 2, plan = VOICEMAIL },
      { name = "one", line = 3, plan = VOICEMAIL, always = true },
    }
    for source, refused in pairs {
      ['return {\n  { "one", when = f, go = p },\n  { "one", go = p },\n}'] = false,
      ['return {\n  { "one", when = f, go = p },\n  { "one", when = g, go = p },\n}'] = true,
      ['local function r(when) return { "one", when = when, go = p } end\nreturn { r(f), r() }'] = false,
      ['local function r(o) return { "one", when = o.x, go = p } end\nreturn { r(f), r() }'] = false,
      ['local function r(o) if o then return { "one", when = f.o } end end\nreturn { r(f), r() }'] = true,
      ['local a, b = { "one", when = f, go = p }, { "one", go = p }\nreturn { a, b }'] = false,
    } do
      local rules = rules_with {}
      rules.list = function() return list end
      local report = trial.run(rules, setmetatable({ source = NAMES .. source }, { __index = OPTIONS }))
      assert.equal(refused, report.problems:find("is nil", 1, true) ~= nil, report.problems)
    end
  end)
end)

describe("rules that few calls reach", function()
  local ZONES = { "America/Denver", "America/New_York", "Europe/Berlin", "Asia/Tokyo", "Australia/Sydney" }

  -- Of many numbers each, called or calling, at an hour of one of several zones.
  local function file(field, unreached)
    local out = {}
    for i, zone in ipairs(ZONES) do
      out[i] = ('local H%d = hours { zone = %q, ["mon-fri"] = "08:00-12:00" }'):format(i, zone)
    end
    out[#out + 1] = "return {"
    for i = 1, 40 do
      local number = ("+1303555%04d"):format(100 + i)
      out[#out + 1] = ('{ "r%d", when = function(call) return call.%s == %q and H%d:open_at(call.at) end, '
        .. "go = reject() },"):format(i, field, number, i % #ZONES + 1)
    end
    return table.concat(out, "\n") .. "\n" .. (unreached or "") .. "\n}"
  end

  local function warnings(source)
    return trial.run(answering(source), { zone = "UTC", ring_limit = 60, source = source, at = 1795425300 })
      .warnings
  end

  it("get no warning when a call can reach them", function()
    for _, field in ipairs { "from", "to", "forwarded_from" } do
      assert.equal("", warnings(file(field)), field)
    end
  end)

  it("are told when no call can reach them", function()
    local never = '{ "never", when = function(call) return call.line.busy and not call.line.online end, '
      .. "go = reject() },"
    assert.is_truthy(warnings("return { " .. never .. " }"):find('rule "never" decided none of', 1, true))
    assert.is_truthy(warnings(file("from", never)):find('rule "never" decided none of', 1, true))
  end)
end)
