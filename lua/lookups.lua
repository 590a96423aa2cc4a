-- lookups.lua: what rules may know from outside: a job board, a CRM, a table.
--
-- Each function is asked before the rules run, and a rule finds its answer in
-- call.lookups under the same name. One that fails or is late gives nil there,
-- and the call goes on: together they have lookup_time_ms (app.conf), each its
-- share. The answer is stored with the call, so that a replay decides alike.
--
-- `call` has from, to, at, number, owner, caller and online. There is require
-- for http, json, crypto, log, tz, config, and db, of which lookups may only read
-- (db:query, db:one). Hosts in a private network must be named in lookup_hosts.

-- local db = require("db")
-- local http = require("http")
-- local json = require("json")

return {
  -- The crew on today's job at the caller's address, from the job board:
  -- job = function(call)
  --   local url = "https://jobs.example.com/today?phone=" .. call.from:sub(2)
  --   local answer, message = http.request { url = url }
  --   if not answer then error(message) end
  --   return answer.status == 200 and json.decode(answer.body) or nil
  -- end,

  -- When this caller was last here:
  -- last_call = function(call)
  --   return db:one('SELECT started_at, end_reason FROM twilio_call_logs WHERE "from" = ?'
  --     .. " AND parent_call_sid IS NULL ORDER BY started_at DESC LIMIT 1", call.from)
  -- end,
}
