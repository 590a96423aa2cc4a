-- routes/batch.lua: several reads in one request. A page that opens asks for
-- everything on it at once.

local json = require("json")
local limits = require("hookswitch.limits")
local router = require("hookswitch.router")
local v = require("hookswitch.fields.validate")

local MOST = 16
local HINT = "must be a JSON list of 1 to " .. MOST .. ' reads, such as [["/api/twilio/stats",{"by":"day"}]]'

local function query_of(given)
  local query = {}
  for name, value in pairs(given == nil and {} or given) do
    if type(name) ~= "string" or type(value) ~= "string" then
      return nil
    end
    query[name] = value
  end
  return query
end

-- What is asked: { path, query } of each.
local function reads_of(text)
  local list, reads = json.decode(text, true), {}
  if type(list) ~= "table" or #list == 0 or #list > MOST then
    return nil, HINT
  end
  for position, entry in ipairs(list) do
    local path, given = type(entry) == "table" and entry[1], type(entry) == "table" and entry[2]
    local query = (given == nil or type(given) == "table") and query_of(given)
    if type(path) ~= "string" or not query then
      return nil, HINT
    end
    reads[position] = { path = path, query = query }
  end
  return reads
end

local QUESTION = v.object {
  gets = v.string { min = 1, max = 8000, read = reads_of, description = HINT },
}

-- One of the reads, as if it had come alone with the headers of all.
local function alone(req, read)
  return setmetatable({
    method = "GET", target = read.path, path = {}, query = read.query, raw = "",
    header = function(_, name) return req:header(name) end,
  }, { __index = req })
end

---@param req Request
local function answer(req)
  local out = {}
  for position, read in ipairs(req.query.gets) do
    local status, body = router.read(alone(req, read))
    out[position] = ('{"status":%d,"body":%s}'):format(status, body)
  end
  return { 200, "application/json; charset=utf-8", '{"answers":[' .. table.concat(out, ",") .. "]}" }
end

return {
  prefix = "/api/twilio",
  tag = "Reading",
  auth = "user",
  role = "agent",
  { "GET", "/batch", answer, query = QUESTION, limit = limits.batch,
    summary = "Several reads at once, each with its own status; reads with a limit of their own are excluded",
    responses = { [200] = "Batch" } },
}
