-- commands.editors.mcp: what an assistant may do with the rules: look, try, and propose a draft.
--
--   mcp.answer(text, folder, now)   -> messages to send
--
-- No tool promotes a draft or writes what is live.

local tools = require("commands.editors.mcp_tools")
local json = require("json")
local json_rpc = require("commands.editors.json_rpc")
local mistake = require("calls.mistake")

local mcp = {}

local VERSIONS = { ["2024-11-05"] = true, ["2025-03-26"] = true, ["2025-06-18"] = true,
  ["2025-11-25"] = true }
local NEWEST = "2025-11-25"
local INVALID = -32602
local INSTRUCTIONS = "Hookswitch decides by lua/forwarding.lua who rings when someone calls. Check and "
  .. "simulate an edit, replay it over past calls, then propose it: a draft that a person promotes."

local function listed()
  local list = json.array {}
  for position, tool in ipairs(tools.LIST) do
    list[position] = { name = tool.name, description = tool.description, inputSchema = tool.schema,
      annotations = { readOnlyHint = tool.name ~= "propose" } }
  end
  return list
end

local IS = {
  string = function(value) return type(value) == "string" end,
  integer = function(value) return math.tointeger(value) ~= nil end,
  number = function(value) return type(value) == "number" end,
  boolean = function(value) return type(value) == "boolean" end,
  array = function(value) return type(value) == "table" and (#value > 0 or next(value) == nil) end,
  object = function(value) return type(value) == "table" and #value == 0 end,
}

--- What is wrong with the arguments of a tool, as its schema has them; nil if nothing is.
local function refused(tool, given)
  if given ~= nil and (type(given) ~= "table" or #given > 0) then
    return "arguments is an object"
  end
  local known = tool.schema.properties or {}
  for name, value in pairs(given or {}) do
    local wanted = known[name] and known[name].type
    if not known[name] then
      return ("%s has no argument %s: it takes %s"):format(tool.name, mistake.show(name),
        mistake.names(known))
    elseif IS[wanted] and value ~= json.null and not IS[wanted](value) then
      return ("%s: %s must be of type %s"):format(tool.name, name, wanted)
    end
  end
end

local function call(params, now)
  local tool = tools.BY_NAME[params.name]
  if not tool then
    error({ code = INVALID, message = "unknown tool " .. mistake.show(params.name) })
  end
  local wrong = refused(tool, params.arguments)
  local ok, text, value = false, wrong, nil
  if not wrong then ok, text, value = pcall(tool.run, params.arguments or {}, now) end
  if not ok then
    local known = type(text) == "table" and text.message
    text, value, ok = known or tostring(text), nil, false
  end
  local result = { content = json.array { { type = "text", text = text } }, isError = not ok }
  if ok and value then
    result.structuredContent = value
  end
  return result
end

---@param text string?
---@param _ string
---@param now integer milliseconds
---@return string[] messages
function mcp.answer(text, _, now)
  if not text or not text:find("%S") then
    return {}
  end
  local methods = {
    ["initialize"] = function(params)
      local wanted = params.protocolVersion
      return {
        protocolVersion = VERSIONS[wanted] and wanted or NEWEST,
        capabilities = { tools = { listChanged = false } },
        serverInfo = { name = "hookswitch", version = "0.1.0" }, instructions = INSTRUCTIONS,
      }
    end,
    ["ping"] = function() return {} end,
    ["tools/list"] = function() return { tools = listed() } end,
    ["tools/call"] = function(params) return call(params, now) end,
  }
  return { json_rpc.answer(text, methods) }
end

return mcp
