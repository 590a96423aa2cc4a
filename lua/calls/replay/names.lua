-- names.lua: what a rule file, and people.txt beside it, call the numbers in them.
--
--   names.of('local JOE, ANA = "+13035550142", "+13035550177"')   { ["+13035550142"] = "JOE", … }
--   names.of_people(team.people)                                   { ["+13035550142"] = "Joe Brown", … }
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

---@param people TeamPerson[]
---@return table<string, string> by number; one that several share is the first one's
function names.of_people(people)
  local known = {}
  for _, person in ipairs(people) do
    for _, phone in ipairs(person.phones) do
      known[phone.number] = known[phone.number] or person.name or person.id
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
