-- What the router hands to the host, and what becomes of an answer's batch.
dofile("spec/support/native.lua")

local fail = require("hookswitch.fail")
local json = require("json")
local reply = require("hookswitch.reply")
local router = require("hookswitch.router")

local BATCH = { { "INSERT INTO notes (text) VALUES (?)", "kept" } }

-- A request that has changed something by the time it fails, or not.
local function failing(has_changed)
  return { id = "r1", has_changed = function() return has_changed end }
end

-- A route file of these routes, as the only one.
local function load_routes(routes)
  routes.prefix, routes.auth = "/spec", "none"
  package.loaded["spec.routes"] = routes
  router.load { "spec.routes" }
end

-- The first route's `stored` is this function, or there is none.
local function with_stored(stored)
  load_routes { { "POST", "/", function() return reply.empty(204, BATCH) end, stored = stored } }
end

describe("an answer's batch", function()
  local req = failing(false)

  it("goes to the host with the answer and a note", function()
    load_routes { { "POST", "/", function() return reply.twiml("<Response/>", BATCH, "first") end } }
    local status, kind, body, headers, recording, batch, note = router.dispatch(1, req)
    assert.same({ 200, "text/xml; charset=utf-8", "<Response/>" }, { status, kind, body })
    assert.is_nil(headers or recording)
    assert.same({ BATCH, "first" }, { batch, note })
  end)

  it("is not there when the answer rests on nothing", function()
    load_routes { { "GET", "/", function() return reply.json({}) end } }
    assert.is_nil((select(6, router.dispatch(1, req))))
  end)

  it("that was stored leaves the answer as it is, if the route has no other", function()
    with_stored(nil)
    assert.is_nil(router.stored(1, req, nil, { 1 }))
    with_stored(function() end)
    assert.is_nil(router.stored(1, req, nil, { 0 }))
  end)

  it("is told to the route, which may give another answer", function()
    local heard
    with_stored(function(...)
      heard = { ... }
      return reply.twiml("<Response><Hangup/></Response>")
    end)
    local status, _, body = router.stored(1, req, "first", { 0, 2 })
    assert.same({ 200, "<Response><Hangup/></Response>" }, { status, body })
    assert.same({ req, "first", { 0, 2 } }, heard)
  end)

  it("that could not be stored is answered 503, unless the route knows better", function()
    with_stored(nil)
    local status, _, body, headers = router.stored(1, req, nil, nil, "the disk is full", "full")
    assert.equal(503, status)
    assert.equal("2", headers["Retry-After"])
    assert.same({ "store_unavailable", "Not stored (full): the disk is full", "r1" }, {
      json.decode(body).error.code, json.decode(body).error.message, json.decode(body).error.request_id,
    })
    with_stored(function() return nil end)
    assert.is_nil(router.stored(1, req, nil, nil, "the disk is full", "full"))
  end)

  it("that may be stored is not called lost, nor is the client asked to repeat it", function()
    with_stored(nil)
    local status, _, body, headers = router.stored(1, req, nil, nil, "not committed within 700 ms", "unknown")
    local said = json.decode(body).error
    assert.same({ 503, "outcome_unknown" }, { status, said.code })
    assert.is_nil(said.message:find("[Nn]ot stored"))
    assert.is_nil((headers or {})["Retry-After"])
  end)

  it("that is stored stands, also when the route fails afterwards", function()
    with_stored(function() error("a bug") end)
    assert.is_nil(router.stored(1, req, nil, { 1 }))
    assert.equal(500, (router.stored(1, req, nil, nil, "busy for 700 ms", "busy")))
    with_stored(function() fail(409, "taken", "Someone else was first.") end)
    assert.equal(409, (router.stored(1, req, nil, { 0 })))
  end)
end)

describe("a route file whose loading is cut off", function()
  local names = { "spec.one", "spec.two", "spec.three" }
  local req = { id = "r1" }

  after_each(function()
    for _, name in ipairs(names) do
      package.loaded[name], package.preload[name] = nil, nil
    end
  end)

  local function offer(name, answer, broken)
    package.loaded[name] = nil
    package.preload[name] = function()
      if broken() then error("cut off", 0) end
      return { prefix = "/" .. answer, auth = "none",
        { "GET", "/", function() return reply.text(answer, "text/plain") end },
        { "PUT", "/", function() return reply.text(answer .. " put", "text/plain") end } }
    end
  end

  it("is loaded again, and every number means the route that it meant", function()
    for cut = 2, 3 do
      local left = 2
      for index, name in ipairs(names) do
        offer(name, "n" .. index, function()
          left = index == cut and left - 1 or left
          return index == cut and left >= 0
        end)
      end
      router.begin(names)
      for _ = 1, 2 do
        assert.is_false(pcall(router.dispatch, 6, req))
      end
      for index, wanted in ipairs { "n1", "n1 put", "n2", "n2 put", "n3", "n3 put" } do
        assert.equal(wanted, (select(3, router.dispatch(index, req))))
      end
      assert.equal(6, #router.all())
    end
  end)

  it("counts for nothing when an entry in its middle is refused", function()
    local entry = { "GET", "no slash", function() end }
    package.loaded["spec.one"] = { prefix = "/n1", auth = "none",
      { "GET", "/", function() return reply.empty() end } }
    package.loaded["spec.two"] = { prefix = "/n2", auth = "none",
      { "GET", "/", function() return reply.text("n2", "text/plain") end }, entry }
    router.begin { "spec.one", "spec.two" }
    assert.is_false(pcall(router.dispatch, 3, req))
    entry[2] = "/mended"
    entry[3] = function() return reply.text("mended", "text/plain") end
    assert.equal("mended", (select(3, router.dispatch(3, req))))
    assert.equal("n2", (select(3, router.dispatch(2, req))))
  end)
end)

describe("a handler that runs out of memory", function()
  it("is answered 503, not as a bug", function()
    -- Lua itself raises it so; no handler of errors runs then.
    load_routes { { "GET", "/", function() error("not enough memory", 0) end } }
    local status, _, body, headers = router.dispatch(1, failing(false))
    assert.same({ 503, "2" }, { status, headers["Retry-After"] })
    assert.equal("out_of_memory", json.decode(body).error.code)
  end)
end)

describe("a handler that fails after it changed something", function()
  for what, raised in pairs { memory = "not enough memory", bug = "a slip",
    ["the database"] = { code = "busy" } } do
    it("says to look first, and doesn't ask the client to come again: " .. what, function()
      load_routes { { "POST", "/", function() error(raised, 0) end } }
      local status, _, body, headers = router.dispatch(1, failing(true))
      assert.same({ 503, "outcome_unknown" }, { status, json.decode(body).error.code })
      assert.is_nil(headers)
    end)
  end

  it("doesn't say so of a read, which brought something up to date", function()
    for _, code in ipairs { "busy", "unknown" } do
      load_routes { { "GET", "/", function() error({ code = code }, 0) end } }
      local req = failing(true)
      req.method = "GET"
      local status, _, body, headers = router.dispatch(1, req)
      assert.same({ 503, "store_unavailable", "2" },
        { status, json.decode(body).error.code, headers["Retry-After"] })
    end
  end)
end)
