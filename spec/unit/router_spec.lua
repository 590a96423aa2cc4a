-- What the router hands to the host, and what becomes of an answer's batch.
dofile("spec/support/native.lua")

local fail = require("hookswitch.fail")
local json = require("json")
local reply = require("hookswitch.reply")
local router = require("hookswitch.router")

local BATCH = { { "INSERT INTO notes (text) VALUES (?)", "kept" } }

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
  local req = { id = "r1" }

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

  it("that is stored stands, also when the route fails afterwards", function()
    with_stored(function() error("a bug") end)
    assert.is_nil(router.stored(1, req, nil, { 1 }))
    assert.equal(500, (router.stored(1, req, nil, nil, "busy for 700 ms", "busy")))
    with_stored(function() fail(409, "taken", "Somebody else was first.") end)
    assert.equal(409, (router.stored(1, req, nil, { 0 })))
  end)
end)
