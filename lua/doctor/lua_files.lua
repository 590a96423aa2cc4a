-- doctor.lua_files: whether the Lua files on disk pass a save's checks, and what a
-- running server answers with when they don't.

local config = require("config")
local json = require("json")
local rules = require("rules")
local sources = require("sources")

local lua_files = {}

local FIX_RULES = "correct that file; `hookswitch check` says what a save would"

---@param report DoctorReport
---@param options table what was asked
function lua_files.run(report, options)
  local health = options.health and json.decode(options.health)
  local served = options.over_http and sources.live() or type(health) == "table" and health.rules or {}
  local refused, not_checked
  if options.over_http then
    refused = rules.error()
  else
    local report_of, message, _, place = sources.try({})
    if not report_of and not place then not_checked = message else refused = message end
  end
  if refused then
    report:say("failed", "rules", "", refused, FIX_RULES)
  elseif not_checked then
    report:say("warn", "rules", "", not_checked)
  elseif not served.error or served.error == json.null then
    report:say("ok", "rules", "", "pass every check")
  end
  if served.error and served.error ~= json.null then
    local message = "has refused the Lua files. " .. tostring(served.instead)
    report:say("warn", "server", config.get("listen"), message, FIX_RULES)
  end
end

return lua_files
