-- names.lua: what a rule file calls the numbers in it.
--
--   names.of('local JOE, ANA = "+13035550142", "+13035550177"')   { ["+13035550142"] = "JOE", … }
--   names.put("ring +13035550142 20 s", known)                    "ring JOE 20 s"

local names = {}

local NO_BREAK = "\u{A0}" -- keeps a name one word of a plan

local LIST = "([%a_][%w_%s,]*)=([%s\"',+%d]*[\"']%+%d+[\"'][%s\"',+%d]*)"

--- Names assigned to quoted numbers, one or several in a list, in order.
---@param source string of a rule file
---@return table<string, string> by number
function names.of(source)
  local known = {}
  for left, right in source:gmatch(LIST) do
    local words = {}
    for word in left:gsub("^local%s", ""):gmatch("[^,]+") do
      words[#words + 1] = word:match("^%s*([%a_][%w_]*)%s*$")
    end
    local position = 0
    for number in right:gmatch("[\"'](%+%d+)[\"']") do
      position = position + 1
      known[number] = known[number] or words[position]
    end
  end
  return known
end

---@param text string
---@param known fun(number: string): string?
---@return string
function names.put(text, known)
  return (text:gsub("%+%d+", function(number)
    local name = known(number)
    return name and name:gsub("%s+", NO_BREAK)
  end))
end

return names
