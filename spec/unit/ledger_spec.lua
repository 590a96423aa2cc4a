local ledger = require("calls.ledger")

local function calls(...)
  local list = {}
  for _, at in ipairs { ... } do
    list[#list + 1] = { at = at, call_sid = "CA" .. at }
  end
  return list
end

local function talked(at)
  return { at = at, closed_at = at, closed_by = "talked", call_sid = "CA" .. at }
end

-- "1-3 talked 4; 5-5 open"
local function shown(episodes)
  local words = {}
  for i, e in ipairs(episodes) do
    local how = e.ending and ("%s %d"):format(e.ending.closed_by, e.ending.closed_at) or "open"
    words[i] = ("%d-%d (%d) %s"):format(e.first_at, e.last_at, e.calls, how)
  end
  return table.concat(words, "; ")
end

describe("ledger.episodes", function()
  for name, case in pairs {
    ["makes one of calls that nobody came back to"] = { calls(1, 2, 3), {}, "1-3 (3) open" },
    ["ends with the first talk after"] = { calls(1, 2), { talked(5), talked(9) }, "1-2 (2) talked 5" },
    ["begins anew after a talk"] = { calls(1, 2, 7), { talked(5) }, "1-2 (2) talked 5; 7-7 (1) open" },
    ["counts a talk at the very moment"] = { calls(5), { talked(5) }, "5-5 (1) talked 5" },
    ["does not count talks before"] = { calls(5), { talked(1), talked(4) }, "5-5 (1) open" },
    ["takes the endings in any order"] = {
      calls(1, 5), { talked(9), talked(3) }, "1-1 (1) talked 3; 5-5 (1) talked 9" },
    ["says when it was put aside"] = {
      calls(1, 2), { { at = 2, closed_at = 8, closed_by = "dismissed" } }, "1-2 (2) dismissed 8" },
    ["has nothing without calls"] = { {}, { talked(1) }, "" },
  } do
    it(name, function()
      assert.equal(case[3], shown(ledger.episodes(case[1], case[2])))
    end)
  end
end)

describe("ledger.match", function()
  local function ids(episodes, rows)
    local unused, words = ledger.match(episodes, rows), {}
    for i, e in ipairs(episodes) do words[i] = tostring(e.id) end
    for _, row in ipairs(unused) do words[#words + 1] = "-" .. row.id end
    return table.concat(words, " ")
  end

  it("keeps the row of an episode that grew", function()
    assert.equal("7", ids({ { first_at = 1, last_at = 5 } }, { { id = 7, first_at = 1, last_at = 3 } }))
  end)

  it("gives the row to the first part when a talk turns up in between", function()
    local parts = { { first_at = 1, last_at = 2 }, { first_at = 5, last_at = 6 } }
    assert.equal("7 nil", ids(parts, { { id = 7, first_at = 1, last_at = 6 } }))
  end)

  it("gives up rows that show nothing any more", function()
    assert.equal("-7", ids({}, { { id = 7, first_at = 1, last_at = 6 } }))
    assert.equal("7 -8", ids({ { first_at = 1, last_at = 9 } },
      { { id = 7, first_at = 1, last_at = 2 }, { id = 8, first_at = 5, last_at = 6 } }))
  end)
end)

describe("ledger.is_open", function()
  local function missed(fields)
    local call = { direction = "inbound", from = "+14155550123", ended_at = 1 }
    for key, value in pairs(fields) do call[key] = value ~= "none" and value or nil end
    return ledger.is_open(call)
  end

  it("is what reached nobody, with or without a message", function()
    assert.is_true(missed {})
    assert.is_true(missed { end_reason = "voicemail" })
    assert.is_true(missed { end_reason = "abandoned" })
    assert.is_true(missed { end_reason = "hangup" })
    assert.is_true(missed { end_reason = "abandoned", ended_at = "none" })
  end)

  it("is not what was answered, turned away, goes on, goes out, or shows no number", function()
    for _, reason in ipairs { "answered", "forwarded", "blocked", "rejected" } do
      assert.is_false(missed { end_reason = reason })
    end
    assert.is_false(missed { ended_at = "none" })
    assert.is_false(missed { direction = "outbound" })
    for _, from in ipairs { "anonymous", "", "+266696687", "client:user_7", "sip:a@b.example" } do
      assert.is_false(missed { from = from })
    end
  end)
end)
