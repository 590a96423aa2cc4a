-- luacheck: std ngx_lua
-- webhook.lua: the peer on nginx with its Lua module: LuaJIT, SQLite over FFI.
--
-- Written as a careful nginx program would be: a connection and prepared
-- statements per worker process, one transaction a call, WAL and FULL.
local ffi = require("ffi")

ffi.cdef([[
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open_v2(const char *, sqlite3 **, int, const char *);
int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
int sqlite3_prepare_v3(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);
int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, void *);
int sqlite3_bind_int64(sqlite3_stmt *, int, int64_t);
int sqlite3_step(sqlite3_stmt *);
int sqlite3_reset(sqlite3_stmt *);
int64_t sqlite3_column_int64(sqlite3_stmt *, int);
const char *sqlite3_column_text(sqlite3_stmt *, int);
int sqlite3_column_bytes(sqlite3_stmt *, int);
const char *sqlite3_errmsg(sqlite3 *);
]])
local sqlite = ffi.load("libsqlite3.so.0")
local ROW, DONE, READWRITE, PERSISTENT = 100, 101, 2, 1

local webhook = {}
local settings, db, number_stmt, rule_stmt, call_stmt, decision_stmt, begin_stmt, commit_stmt
local plan, inputs, reads, twiml
local held = {}

local function check(rc, ok)
  if rc ~= (ok or 0) then
    error("sqlite: " .. ffi.string(sqlite.sqlite3_errmsg(db)), 2)
  end
end

local function prepare(sql)
  local cell = ffi.new("sqlite3_stmt *[1]")
  check(sqlite.sqlite3_prepare_v3(db, sql, #sql, PERSISTENT, cell, nil))
  return cell[0]
end

local function run(stmt)
  local rc = sqlite.sqlite3_step(stmt)
  sqlite.sqlite3_reset(stmt)
  check(rc, DONE)
end

local function text(stmt, at, value)
  sqlite.sqlite3_bind_text(stmt, at, value, #value, nil)
end

local function column(stmt, at)
  return ffi.string(sqlite.sqlite3_column_text(stmt, at), sqlite.sqlite3_column_bytes(stmt, at))
end

local XML = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function xml_escape(value)
  return (value:gsub('[&<>"]', XML))
end

local function json_escape(value)
  return (value:gsub('[%c"\\]', function(c)
    return ("\\u%04x"):format(c:byte())
  end))
end

-- Cut a text of the workload at its places; returns a function that fills it.
local function template(name, escape)
  local file = assert(io.open(settings.workload .. "/" .. name, "rb"))
  local rest = file:read("*a"):gsub("%s+$", "")
  file:close()
  local parts = {}
  while true do
    local before, place, after = rest:match("^(.-){{(%a+)}}(.*)$")
    if not before then
      break
    end
    parts[#parts + 1] = before
    parts[#parts + 1] = place
    rest = after
  end
  parts[#parts + 1] = rest
  return function(call)
    local out = {}
    for i = 1, #parts do
      out[i] = i % 2 == 1 and parts[i] or escape(call[parts[i]])
    end
    return table.concat(out)
  end
end

function webhook.open(with)
  settings = with
  plan, inputs = template("plan.json", json_escape), template("inputs.json", json_escape)
  reads, twiml = template("reads.json", json_escape), template("twiml.xml", xml_escape)
  local cell = ffi.new("sqlite3 *[1]")
  local rc = sqlite.sqlite3_open_v2(settings.database, cell, READWRITE, nil)
  db = cell[0]
  check(rc)
  local pragmas = [[PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
    PRAGMA foreign_keys=ON]]
  check(sqlite.sqlite3_exec(db, pragmas, nil, nil, nil))
  number_stmt = prepare([[SELECT id, user_id, is_active, timezone, voicemail_greeting, recording
    FROM user_phone_numbers WHERE phone_number = ? AND released_at IS NULL]])
  rule_stmt = prepare([[SELECT id, forwarding_type, forward_to_number, ring_timeout
    FROM call_forwarding WHERE phone_number_id = ? AND is_active = 1]])
  call_stmt = prepare([[INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id, direction,
    "from", "to", status, status_rank, sequence_number, started_at, rule_version, updated_at)
    VALUES (?, ?, ?, 'inbound', ?, ?, ?, 1, 0, ?, 1, ?)
    ON CONFLICT (call_sid) DO UPDATE SET updated_at = excluded.updated_at]])
  decision_stmt = prepare([[INSERT INTO call_decisions (call_sid, decided_at, source, rule, rule_line,
    rule_version, plan, inputs, reads) VALUES (?, ?, 'settings', 'always', NULL, 1, ?, ?, ?)
    ON CONFLICT (call_sid) DO NOTHING]])
  begin_stmt, commit_stmt = prepare("BEGIN IMMEDIATE"), prepare("COMMIT")
end

local function signed(params, header)
  local names, count = {}, 0
  for name in pairs(params) do
    count = count + 1
    names[count] = name
  end
  table.sort(names)
  local parts = { settings.url }
  for i = 1, count do
    local value = params[names[i]]
    if type(value) == "table" then -- a repeated name: Twilio's voice requests have none
      return false
    end
    parts[2 * i] = names[i]
    parts[2 * i + 1] = value == true and "" or value
  end
  local expected = ngx.encode_base64(ngx.hmac_sha1(settings.token, table.concat(parts)))
  return type(header) == "string" and expected == header
end

local function read_number(to)
  text(number_stmt, 1, to)
  local id, user
  if sqlite.sqlite3_step(number_stmt) == ROW then
    id, user = sqlite.sqlite3_column_int64(number_stmt, 0), column(number_stmt, 1)
  end
  sqlite.sqlite3_reset(number_stmt)
  if not id then
    return nil
  end
  sqlite.sqlite3_bind_int64(rule_stmt, 1, id)
  local found
  while sqlite.sqlite3_step(rule_stmt) == ROW do
    found = column(rule_stmt, 2)
  end
  sqlite.sqlite3_reset(rule_stmt)
  return found and id, user
end

local function write(call, id, user)
  local at = ngx.now() * 1000
  run(begin_stmt)
  text(call_stmt, 1, call.CallSid)
  text(call_stmt, 2, user)
  sqlite.sqlite3_bind_int64(call_stmt, 3, id)
  text(call_stmt, 4, call.From)
  text(call_stmt, 5, call.To)
  text(call_stmt, 6, call.CallStatus)
  sqlite.sqlite3_bind_int64(call_stmt, 7, at)
  sqlite.sqlite3_bind_int64(call_stmt, 8, at)
  run(call_stmt)
  -- Held from outside: SQLite keeps the pointers until the step is done.
  held.plan, held.inputs, held.reads = plan(call), inputs(call), reads(call)
  text(decision_stmt, 1, call.CallSid)
  sqlite.sqlite3_bind_int64(decision_stmt, 2, at)
  text(decision_stmt, 3, held.plan)
  text(decision_stmt, 4, held.inputs)
  text(decision_stmt, 5, held.reads)
  run(decision_stmt)
  run(commit_stmt)
end

function webhook.serve()
  ngx.req.read_body()
  local call = ngx.req.get_post_args()
  if not call or not signed(call, ngx.var.http_x_twilio_signature) then
    return ngx.exit(403)
  end
  local id, user = read_number(call.To)
  if not id then
    return ngx.exit(500)
  end
  local ok, message = pcall(write, call, id, user)
  if not ok then
    sqlite.sqlite3_exec(db, "ROLLBACK", nil, nil, nil)
    ngx.log(ngx.ERR, message)
    return ngx.exit(500)
  end
  local body = twiml(call)
  ngx.header["Content-Type"] = "text/xml"
  ngx.header["Content-Length"] = #body
  ngx.print(body)
end

return webhook
