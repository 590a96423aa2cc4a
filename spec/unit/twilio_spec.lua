dofile("spec/support/native.lua")
local config = require("config")
local twilio = require("twilio")

-- What needs keys and a server is in spec/native/bind_net_test.c and
-- rest_test.c; here is whatever the environment has.
local function not_configured(value, message, code)
  assert.is_nil(value)
  assert.is_truthy(message:find("twilio_", 1, true))
  assert.are.equal("not_configured", code)
end

describe("twilio", function()
  if not config.is_set("twilio_account_sid") then
    it("works without an account as far as it can", function()
      not_configured(twilio.access_token({ identity = "user_1" }))
      not_configured(twilio.request("GET", "Calls"))
      not_configured(twilio.list("Calls", nil, "calls"))
    end)
  end

  if not config.is_set("twilio_auth_token") then
    it("never calls a signature valid without a token", function()
      assert.has_error(function() twilio.valid_signature("https://example.com/", {}, "x") end)
    end)
  end

  it("raises for a programmer's mistakes", function()
    assert.has_error(function() twilio.request("PUT", "Calls") end)
    assert.has_error(function() twilio.request("get", "Calls") end)
    assert.has_error(function() twilio.request("GET") end)
    assert.has_error(function() twilio.request("GET", "Calls", { To = {} , From = print }) end)
    assert.has_error(function() twilio.request("GET", "Calls", { "To" }) end)
    assert.has_error(function() twilio.list("Calls") end)
    assert.has_error(function() twilio.list("Calls", nil, "calls", 0) end)
    assert.has_error(function() twilio.access_token({}) end)
  end)

  it("signs in the sandbox only", function()
    assert.are.equal(config.get("sandbox") and config.is_set("twilio_auth_token"),
      (pcall(twilio.sign, "https://example.com/", {})))
  end)
end)

describe("a long list of calls", function()
  local STUBS = { "twilio.calls", "twilio.recordings", "models.call_checks", "models.call_repairs", "log" }
  local MINUTE_MS = 60 * 1000
  local PAGES
  local before, asked, refuse, heard_to, warned

  -- Pages without a call, but for the address of the next one.
  local function page(key, number)
    asked[#asked + 1] = key .. " " .. number
    if refuse == #asked then
      return nil, "Too many requests", "twilio:20429", 429, 5
    end
    return {}, number < PAGES[key] and ("%s %d"):format(key, number + 1) or nil
  end

  local function forget()
    for _, name in ipairs { "asking", "record", "reconcile" } do
      package.loaded["twilio." .. name] = nil
    end
  end

  before_each(function()
    PAGES = { calls = 40, recordings = 40 }
    before, asked, refuse, heard_to, warned = {}, {}, nil, nil, {}
    for _, name in ipairs(STUBS) do
      before[name] = package.loaded[name]
    end
    package.loaded["twilio.calls"] = {
      MARGIN_MS = 0, text = tostring, first = function() return page("calls", 1) end,
      page = function(following, key) return page(key, math.tointeger(following:match("%d+"))) end,
    }
    package.loaded["twilio.recordings"] = { first = function() return page("recordings", 1) end }
    package.loaded["models.call_repairs"] = {}
    package.loaded["models.call_checks"] = {
      LONGEST_GAP_MS = MINUTE_MS, gather = function() return 0 end, due = function() return {} end,
      heard_to = function(at) return at - 1000 end, set_heard_to = function(at) heard_to = at end,
    }
    package.loaded["log"] = { warn = function(event) warned[#warned + 1] = event end }
    forget()
    require("recent").keep("reconciled by list", "")
  end)
  after_each(function()
    for _, name in ipairs(STUBS) do
      package.loaded[name] = before[name]
    end
    forget()
  end)

  -- One round of maintenance a second, until all is listed; the number of rounds that failed.
  local function reconciled(at)
    local reconcile, failed = require("twilio.upkeep.reconcile"), 0
    for second = 0, 600 do
      local more, done, _ = true, nil, nil
      while more == true do
        done, more = reconcile.step(at + second * 1000)
      end
      failed = failed + (done and 0 or 1)
      if heard_to then
        return failed
      end
    end
    error(("not listed to its end after %d requests"):format(#asked))
  end

  -- Every page once: those in the span, the newest calls as such, the recordings.
  local function expected()
    local pages = {}
    for _, part in ipairs { { "calls", PAGES.calls }, { "calls", 5 }, { "recordings", PAGES.recordings } } do
      for number = 1, part[2] do
        pages[#pages + 1] = part[1] .. " " .. number
      end
    end
    return pages
  end

  it("is read on where a minute's requests ended it", function()
    local at = 2000000 * MINUTE_MS
    assert.are.equal(0, reconciled(at))
    assert.are.same(expected(), asked)
    assert.are.equal(at, heard_to)
    assert.are.same({}, warned)
  end)

  it("is read up to a bound, and the log says that there is more", function()
    PAGES.recordings = 41
    reconciled(5000000 * MINUTE_MS)
    assert.are.equal("recordings 40", asked[#asked])
    assert.are.same({ "list_too_long" }, warned)
  end)

  it("is read on where Twilio said: too many", function()
    refuse = 30
    assert.are.equal(1, reconciled(3000000 * MINUTE_MS))
    local pages = expected()
    table.insert(pages, 30, pages[30])
    assert.are.same(pages, asked)
  end)
end)

describe("twilio.upkeep.pace", function()
  it("keeps a pause, and a minute's requests, however many calls come meanwhile", function()
    local pace, recent = require("twilio.upkeep.pace"), require("recent")
    local at = 4000000 * 60 * 1000
    for _ = 1, pace.A_MINUTE do
      assert.is_true(pace.may(at))
    end
    pace.refused(at, 429, 600)
    for i = 1, 20000 do
      recent.put("CA" .. i, "a plan")
    end
    assert.is_false(pace.may(at + 1000))
    assert.is_false(pace.may(at + 599 * 1000))
    assert.is_true(pace.may(at + 601 * 1000))
  end)
end)
