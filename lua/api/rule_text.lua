-- api/rule_text.lua: the text of a rule file in a request, saved or only tried.

local fail = require("hookswitch.fail")
local rules = require("rules")
local sources = require("sources")
local v = require("hookswitch.validate")

local ESCAPE = 6 -- bytes that JSON may take for one: \u0041
local BESIDES = 65536 -- for the other fields of a request

local rule_text = {
  BODY_BYTES = ESCAPE * sources.MAX_BYTES + BESIDES,
}

---@param options? { optional: boolean? }
---@return Validator
function rule_text.field(options)
  return v.string {
    max = sources.MAX_BYTES, bytes = true, optional = options and options.optional,
    description = ("A rule file: at most %d bytes of UTF-8."):format(sources.MAX_BYTES),
  }
end

--- Editors may begin a file with a byte order mark, Lua may not.
---@param text string
---@return string
function rule_text.without_mark(text)
  return (text:gsub("^\xEF\xBB\xBF", ""))
end

--- A text as rules to decide with, which the caller closes; refused with its line.
---@param text string
---@return table
function rule_text.open(text)
  local tried, message, _, place = rules.open(rule_text.without_mark(text))
  if not tried then
    fail(422, "refused", "The rules are not accepted: " .. message, { source = message }, nil, place)
  end
  return tried
end

return rule_text
