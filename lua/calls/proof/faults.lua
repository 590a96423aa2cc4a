-- faults.lua: what the proof finds wrong, as a fault.
--
--   faults.dead_end(rule, found, call)   a plan comes to no end
--   faults.failure(message, call, t)     the rules couldn't decide a call

local blame = require("calls.source.blame")
local failures = require("calls.rules.failures")

local faults = {}

local FILE = "forwarding.lua"

local function rule_words(rule)
  return ('rule "%s" (%s:%d)'):format(rule.name, FILE, rule.line)
end

---@param rule RuleEntry
---@param found { message: string, path: string }
---@param call string in words
---@return ProofFault
function faults.dead_end(rule, found, call)
  local way = found.path ~= "" and " → " .. found.path or ""
  return {
    key = ("%d %s"):format(rule.line, found.message),
    line = rule.line, message = ('rule "%s": %s'):format(rule.name, found.message),
    path = ("%s, %s%s"):format(rule_words(rule), call, way),
  }
end

--- The rules couldn't decide: "forwarding.lua:12: rule "x": attempt to index …".
---@param message string
---@param call string in words
---@param t Tokens
---@return ProofFault
function faults.failure(message, call, t)
  local line, text = message:match("^" .. FILE .. ":(%d+): (.*)$")
  local rule = message:match('rule "(.-)": ')
  line = math.tointeger(line)
  text = failures.words(text or message, t, line)
  if line and text:find("isn't a phone number", 1, true) then
    line = blame.line(t, line, (text:gsub('^rule ".-": ', "")))
  end
  local who = rule and ('rule "%s" (%s:%s)'):format(rule, FILE, line or "?") or "the rules"
  return {
    key = ("%s %s"):format(line, text),
    line = line, message = ("%s (%s)"):format(text, call),
    path = ("%s, %s → the rules fail, and the console's settings decide"):format(who, call),
  }
end

return faults
