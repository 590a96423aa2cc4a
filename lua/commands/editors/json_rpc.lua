-- commands.editors.json_rpc: requests of JSON-RPC 2.0, answered by name.
--
--   json_rpc.answer(text, methods)   -> JSON of the answer, or of those to a batch; nil for notifications
--
-- A method returns its result; one that raises { code =, message = } or anything
-- else answers with an error, and the client goes on.

local json = require("json")

local json_rpc = {}

local PARSE, REQUEST, UNKNOWN, INTERNAL = -32700, -32600, -32601, -32603

local function failure(id, code, message)
  return json.encode { jsonrpc = "2.0", id = id == nil and json.null or id,
    error = { code = code, message = message } }
end

-- An empty result is an object.
local function result(id, value)
  local text = value == json.null and "null" or next(value) == nil and "{}" or json.encode(value)
  return ('{"jsonrpc":"2.0","id":%s,"result":%s}'):format(json.encode(id), text)
end

local function answer_one(message, methods)
  if type(message) ~= "table" then
    return failure(nil, REQUEST, "not a request")
  elseif type(message.method) ~= "string" then
    local is_answer = message.result ~= nil or message.error ~= nil
    return not is_answer and failure(message.id, REQUEST, "not a request") or nil
  end
  local id = message.id
  if id == json.null then
    id = nil
  end
  local method = methods[message.method]
  if not method then
    return id ~= nil and failure(id, UNKNOWN, "unknown method " .. message.method) or nil
  end
  local params = type(message.params) == "table" and message.params or {}
  local ok, value = pcall(method, params)
  if id == nil then
    return nil
  elseif ok then
    return result(id, value == nil and json.null or value)
  end
  local known = type(value) == "table"
  return failure(id, known and value.code or INTERNAL, known and value.message or tostring(value))
end

---@param text string
---@param methods table<string, fun(params: table): table?> a notification gives nil
---@return string?
function json_rpc.answer(text, methods)
  local message = json.decode(text)
  if message == nil then
    return failure(nil, PARSE, "not valid JSON")
  elseif type(message) ~= "table" or #message == 0 then
    return answer_one(message, methods)
  end
  local answers = {}
  for _, each in ipairs(message) do answers[#answers + 1] = answer_one(each, methods) end
  return #answers > 0 and "[" .. table.concat(answers, ",") .. "]" or nil
end

return json_rpc
