-- luacheck: std luajit, globals init request done, read_globals wrk
-- wrk.lua: replays signed voice webhooks, each CallSid once.
--
-- wrk ... -s wrk.lua URL -- FOLDER FIRST: bodies.txt holds a body a line, cut at
-- its CallSid; calls.txt holds a CallSid and a signature per record of 62 bytes.
-- done() prints one line of JSON.
local RECORD = 62
local requests_heads, befores, afters = {}, {}, {}
local calls, count, next_call

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  local folder = args[1]
  next_call = tonumber(args[2])
  calls = read(folder .. "/calls.txt")
  count = #calls / RECORD
  for before, after in read(folder .. "/bodies.txt"):gmatch("([^\t\n]*)\t([^\n]*)\n") do
    local n = #befores + 1
    befores[n], afters[n] = before, after
    requests_heads[n] = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: bench.example.com\r\n"
      .. "User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\nX-Home-Region: us1\r\n"
      .. "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: "
      .. (#before + 34 + #after) .. "\r\nX-Twilio-Signature: "
  end
end

-- Record n belongs to body n modulo their number (both from 0). Past the last
-- record it starts again; the count of rows then tells.
function request()
  local at = next_call % count
  next_call = next_call + 1
  local body = at % #befores + 1
  local sid = calls:sub(at * RECORD + 1, at * RECORD + 34)
  local signature = calls:sub(at * RECORD + 35, at * RECORD + RECORD)
  return requests_heads[body] .. signature .. "\r\nI-Twilio-Idempotency-Token: " .. sid
    .. "\r\n\r\n" .. befores[body] .. sid .. afters[body]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(('{"requests":%d,"us":%d,"failed":%d,"status":%d,"p50_us":%d,"p99_us":%d}\n'):format(
    summary.requests, summary.duration, failed, errors.status,
    latency:percentile(50), latency:percentile(99)))
end
