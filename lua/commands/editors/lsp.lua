-- commands.editors.lsp: the language server for a rule file and its data.
--
--   lsp.answer(text, folder, now, real)   -> messages to send, and the exit status once the editor has left
--
-- A file is checked as a save would check it, with what is in the editor in
-- place of what is on disk, once no message has come for a moment (text is nil).

local drafts = require("models.drafts")
local json = require("json")
local json_rpc = require("commands.editors.json_rpc")
local lsp_text = require("commands.editors.lsp_text")
local named_rules = require("commands.rules.named_rules")
local sources = require("sources")

local lsp = {}

local RULES = "forwarding.lua"
local ERROR, WARNING = 1, 2
local FULL = 1 -- documents are sent whole
local INVALID_REQUEST, INVALID, NOT_INITIALIZED = -32600, -32602, -32002

local open = {} -- documents of the Lua folder by name: { uri, text, version }
---@type { dirty: boolean, status: integer?, stage: "new"|"at work"|"shut down", shown: table<string, true> }
local state = { dirty = false, stage = "new", shown = {} }

-- "file:///srv/lua/vips.txt" -> the name of a file at the top of the folder, or nil. An editor may have come
-- there by links.
local function name_of(uri, folder, real)
  local path = type(uri) == "string" and uri:match("^file://[^/]*(/.*)$")
  path = path and path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  local place, name = (path or ""):match("^(.*/)([^/]+)$")
  local is_ours = name and name ~= "app.lua"
    and (name:find("%.lua$") or name:find("%.txt$") or name:find("%.csv$")) and real(place) == folder
  return is_ours and name or nil
end

-- ---- what is wrong ----

local function diagnostic(line, message, severity)
  local at = math.max((line or 1) - 1, 0)
  return {
    range = { start = { line = at, character = 0 }, ["end"] = { line = at, character = 1000 } },
    severity = severity, source = "hookswitch", message = message,
  }
end

local function add(found, name, line, message, severity)
  found[name] = found[name] or json.array {}
  found[name][#found[name] + 1] = diagnostic(line, message, severity)
end

-- Check the files with a rule file that is forwarding.lua or its draft. False: they could not be checked.
local function check(texts, rules_name, found)
  local report, message, _, place = sources.try(texts)
  if report then
    for _, warning in ipairs(report.warnings or {}) do
      add(found, rules_name, warning.line, warning.message, WARNING)
    end
    return true
  elseif not place then
    return false
  end
  local name = place.file == RULES and rules_name or place.file
  local problems = place.problems
  if #problems == 0 then
    problems = { { line = place.line, message = place.message or message } }
  end
  for _, problem in ipairs(problems) do
    local file, line, text = problem.file or name, problem.line, problem.message
    -- The team's phrases are read by a module of ours, which names their file and not a line.
    if text:find("^phrases%.lua: ") then file, line = "phrases.lua", 1 end
    -- What is wrong in a list that the rules read is told by the rules, with its place in the list.
    local list, place_in, what = text:match("^([%w_][%w_/-]*%.%l%l%l):(%d+): (.*)$")
    if list then file, line, text = list, math.tointeger(place_in), what end
    add(found, file == RULES and rules_name or file, line, named_rules.message(text, rules_name), ERROR)
  end
  return true
end

-- nil: the files could not be checked.
local function look()
  local texts, found = {}, {}
  for name, document in pairs(open) do
    if name ~= drafts.FILE then texts[name] = document.text end
  end
  local is_checked = check(texts, RULES, found)
  if open[drafts.FILE] then
    texts[RULES] = open[drafts.FILE].text
    is_checked = check(texts, drafts.FILE, found) and is_checked
  end
  return is_checked and found or nil
end

local function publish(uri, diagnostics, version)
  return json.encode { jsonrpc = "2.0", method = "textDocument/publishDiagnostics",
    params = { uri = uri, version = version, diagnostics = json.array(diagnostics) } }
end

local function uri_of(path)
  return "file://" .. path:gsub("[^%w/._~-]", function(mark) return ("%%%02X"):format(mark:byte()) end)
end

-- Diagnostics of every open file, and of those that had some before; a fault of a file that isn't open is
-- shown by its own path, so the editor can lead there.
local function publish_all(folder)
  local found, out, shown = look(), {}, {}
  if not found then
    state.dirty = true -- look again when nothing has come for a moment
    return out
  end
  local function show(name)
    local document = open[name] or { uri = uri_of(folder .. "/" .. name) }
    out[#out + 1] = publish(document.uri, found[name] or {}, document.version)
    shown[name] = found[name] and true or nil
  end
  for name in pairs(open) do show(name) end
  for name in pairs(found) do
    if not open[name] then show(name) end
  end
  for name in pairs(state.shown) do
    if not open[name] and not found[name] then show(name) end
  end
  state.shown = shown
  return out
end

-- ---- the protocol ----

--- exit always works, anything else only between initialize and shutdown.
local function in_order(methods)
  return setmetatable({}, { __index = function(_, name)
    local is_open = state.stage == "at work" or name == "exit"
    if not is_open and not (name == "initialize" and state.stage == "new") then
      return function()
        error(state.stage == "new" and { code = NOT_INITIALIZED, message = "initialize comes first" }
          or { code = INVALID_REQUEST, message = "the server has been shut down" })
      end
    end
    return methods[name]
  end })
end

local function methods_for(folder, real)
  local methods = {}
  local function name_in(params)
    if type(params.textDocument) ~= "table" then
      error({ code = INVALID, message = "it needs a textDocument" })
    end
    return name_of(params.textDocument.uri, folder, real)
  end

  methods["initialize"] = function()
    if state.stage ~= "new" then error({ code = INVALID_REQUEST, message = "initialize is sent once" }) end
    state.stage = "at work"
    return {
      capabilities = {
        positionEncoding = "utf-16",
        textDocumentSync = { openClose = true, change = FULL, save = { includeText = true } },
      },
      serverInfo = { name = "hookswitch" },
    }
  end

  methods["shutdown"] = function()
    state.stage = "shut down"
    return json.null
  end

  methods["exit"] = function() state.status = state.stage == "shut down" and 0 or 1 end

  local function put(params, text)
    local name, document = name_in(params), params.textDocument
    if name and type(text) == "string" then
      open[name], state.dirty = { uri = document.uri, text = text, version = document.version }, true
    end
  end

  methods["textDocument/didOpen"] = function(params)
    put(params, type(params.textDocument) == "table" and params.textDocument.text)
  end

  methods["textDocument/didChange"] = function(params)
    local name = name_in(params)
    local document = name and open[name]
    local text = lsp_text.changed(document and document.text, params.contentChanges)
    if name and not text then error({ code = INVALID, message = "this isn't a change of the document" }) end
    put(params, text)
  end

  methods["textDocument/didSave"] = function(params)
    local name = name_in(params)
    local document = name and open[name]
    if document and type(params.text) == "string" then document.text = params.text end
    state.dirty = true
  end

  methods["textDocument/didClose"] = function(params)
    local name = name_in(params)
    if name and open[name] then
      state.shown[name], open[name], state.dirty = true, nil, true
    end
  end

  return in_order(methods)
end

---@param text string? nil: nothing has come for a moment
---@param folder string the Lua folder, absolute and without links
---@param _ integer
---@param real fun(path: string): string? the path without links
---@return string[] messages
---@return integer? status
function lsp.answer(text, folder, _, real)
  if text then
    return { json_rpc.answer(text, methods_for(folder, real)) }, state.status
  elseif state.dirty and state.stage == "at work" then
    state.dirty = false
    return publish_all(folder)
  end
  return {}
end

return lsp
