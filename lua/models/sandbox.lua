-- models.sandbox: what the sandbox's stand-in for Twilio remembers.
--
-- A resource is one JSON document by its SID. `name` is what it is looked up by:
-- the phone number of a number, the call of a recording, the parent of a call.

local db = require("db")
local json = require("json")

local sandbox = {}

local REQUESTS_KEPT = 1000

---@alias SandboxKind "number"|"application"|"call"|"recording"|"message"

local function resource(row)
  local data = row and json.decode(row.data)
  if data then
    for key, value in pairs(data) do
      if value == json.null then
        data[key] = nil
      end
    end
    data.id, data.sid, data.created_at, data.updated_at = row.id, row.sid, row.created_at, row.updated_at
  end
  return data
end

---@param kind SandboxKind
---@param sid string
---@return table?
function sandbox.get(kind, sid)
  return resource(db:one("SELECT * FROM sandbox_resources WHERE kind = ? AND sid = ?", kind, sid))
end

--- The newest resource of that name.
---@param kind SandboxKind
---@param name string
---@return table?
function sandbox.named(kind, name)
  return resource(db:one([[
    SELECT * FROM sandbox_resources WHERE kind = ? AND name = ? ORDER BY id DESC LIMIT 1]], kind, name))
end

--- Resources of a kind, the newest first, older than `before`.
---@param kind SandboxKind
---@param before integer? an id
---@param limit integer
---@return table[]
function sandbox.list(kind, before, limit)
  local rows = db:query([[
    SELECT * FROM sandbox_resources WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?]],
    kind, before or math.maxinteger, limit)
  for position, row in ipairs(rows) do
    rows[position] = resource(row)
  end
  return rows
end

---@param kind SandboxKind
---@return table<string, true> names that are taken
function sandbox.names(kind)
  local names = {}
  for _, row in ipairs(db:query("SELECT name FROM sandbox_resources WHERE kind = ?", kind)) do
    names[row.name] = true
  end
  return names
end

local PUT = [[
  INSERT INTO sandbox_resources (sid, kind, name, data, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (sid) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at]]

--- Store a resource, or its new state.
---@param kind SandboxKind
---@param name string
---@param data table with its sid
---@param at integer milliseconds
function sandbox.put(kind, name, data, at)
  db:exec(PUT, data.sid, kind, name, json.encode(data), at, at)
end

--- Read and write while nobody else writes.
---@generic T
---@param act fun(): T
---@return T
function sandbox.alone(act)
  return db:transaction(act)
end

---@param kind SandboxKind
---@param sid string
---@return boolean whether it was there
function sandbox.delete(kind, sid)
  return db:exec("DELETE FROM sandbox_resources WHERE kind = ? AND sid = ?", kind, sid) > 0
end

-- Faults ----------------------------------------------------------------------------

--- The next `times` requests that match get the fault.
---@param method string or "*"
---@param path string where * stands for anything
---@param times integer
---@param fault table
function sandbox.add_fault(method, path, times, fault)
  db:exec("INSERT INTO sandbox_faults (method, path, remaining, data) VALUES (?, ?, ?, ?)",
    method, path, times, json.encode(fault))
end

--- Faults still to come, in the order they were ordered.
---@return table[]
function sandbox.faults()
  local rows = db:query("SELECT * FROM sandbox_faults WHERE remaining > 0 ORDER BY id")
  for _, row in ipairs(rows) do
    row.fault, row.data = json.decode(row.data), nil
  end
  return rows
end

--- Use a fault up; false if another request has just used it for the last time.
---@param id integer
---@return boolean
function sandbox.take_fault(id)
  return db:exec("UPDATE sandbox_faults SET remaining = remaining - 1 WHERE id = ? AND remaining > 0", id) > 0
end

function sandbox.clear_faults()
  db:exec("DELETE FROM sandbox_faults")
end

-- Requests --------------------------------------------------------------------------

---@param request { method: string, target: string, body: string, content_type: string, status: integer }
---@param at integer milliseconds
function sandbox.log_request(request, at)
  local _, id = db:exec([[
    INSERT INTO sandbox_requests (at, method, target, body, content_type, status) VALUES (?, ?, ?, ?, ?, ?)]],
    at, request.method, request.target, request.body, request.content_type, request.status)
  if id % 100 == 0 then
    db:exec("DELETE FROM sandbox_requests WHERE id <= ?", id - REQUESTS_KEPT)
  end
end

--- The requests after `after`, oldest first.
---@param after integer an id
---@return table[]
function sandbox.requests(after)
  return db:query("SELECT * FROM sandbox_requests WHERE id > ? ORDER BY id LIMIT ?", after, REQUESTS_KEPT)
end

return sandbox
