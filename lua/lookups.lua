-- lookups.lua: what rules may know from outside: a job board, a CRM, a table.
--
-- Each function runs before the rules, and a rule finds its answer in
-- call.lookups under the same name. If one fails or is late, its answer is nil
-- and the call goes on; all of them share lookup_time_ms (app.conf). The answer
-- is stored with the call, so that a replay decides the same.
--
-- `call` has from, to, at, number, owner, caller and online. You can require
-- http, json, crypto, log, tz, config and db, which lookups can only read
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

  -- When this caller last called:
  -- last_call = function(call)
  --   return db:one('SELECT started_at, end_reason FROM twilio_call_logs WHERE "from" = ?'
  --     .. " AND parent_call_sid IS NULL ORDER BY started_at DESC LIMIT 1", call.from)
  -- end,
}
