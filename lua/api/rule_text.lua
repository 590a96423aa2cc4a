-- api/rule_text.lua: the text of a rule file in a request, to save or only to try.

local fail = require("hookswitch.fail")
local rules = require("rules")
local sources = require("sources")
local v = require("hookswitch.fields.validate")

local ESCAPE = 6 -- bytes JSON may need for one: \u0041
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

--- Editors may put a byte order mark at the start; Lua refuses it.
---@param text string
---@return string
function rule_text.without_mark(text)
  return (text:gsub("^\xEF\xBB\xBF", ""))
end

--- Rules made from a text, to be closed by the caller; refused with the line of the problem.
---@param text string|table<string, string> the rule file, or all files of the team
---@return table
function rule_text.open(text)
  local tried, message, _, place = rules.open(type(text) == "string" and rule_text.without_mark(text) or text)
  if not tried then
    fail(422, "refused", "The rules are not accepted: " .. message, { source = message }, nil, place)
  end
  return tried
end

return rule_text
