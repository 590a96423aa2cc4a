-- answering.lua: rules that decide in a plain interpreter, as the module `rules` does for a trial.
--
--   answering(source, data?, in_spite?)   -> { list, examples, calendar, functions, decide, close }
local rules = require("calls.rules.ruleset")

-- `call` as the rule VM shows it: what is read is noted.
local function view(record, path, reads, fields)
  return setmetatable({}, { __index = function(self, key)
    if path == "" and fields[key] then
      return fields[key](self)
    end
    local value = record[key]
    local by_word = debug.getinfo(2, "S").source:find("/calls/", 1, true)
    if value ~= nil or (type(key) == "string" and not by_word) then
      reads[#reads + 1] = ('%q:%s'):format(path .. key, value == nil and "null" or "1")
    end
    if type(value) == "table" and #value == 0 then
      return view(value, path .. key .. ".", reads, fields)
    end
    return value
  end })
end

-- As the host blames a rule: at its line, when no line of the file is known.
local function blamed(set, message)
  local rule = set.list[set.progress[1]]
  local line, text = message:match("^forwarding%.lua:(%d+): (.*)$")
  text = text or message:gsub("^%S+%.lua:%d+: ", "")
  if rule and not text:find('^rule "') then text = ('rule "%s": %s'):format(rule.name, text) end
  return ("forwarding.lua:%s: %s"):format(line or rule.line, text)
end

return function(source, data, in_spite)
  local options = { data = data, in_spite = in_spite }
  local set = in_spite and rules.load(source, "forwarding.lua", options)
    or rules.open(source, "forwarding.lua", options)
  return {
    list = function() return set.list end, examples = function() return set.examples end,
    functions = function() return set.functions end, calendar = function() return set.calendar end,
    close = function() end,
    decide = function(input, _, first)
      local reads = {}
      local ok, index, plan = pcall(set.decide, view(input, "", reads, set.fields), first)
      local text = "{" .. table.concat(reads, ",") .. "}"
      if ok then
        return true, index, plan, text
      end
      return nil, in_spite and blamed(set, index) or index, "error", text
    end,
  }
end
