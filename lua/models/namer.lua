-- models.namer: names to show instead of numbers, from the rule file and from a user's contacts.

local contacts = require("models.contacts")
local names = require("calls.replay.names")

---@param source string of the rule file
---@return fun(words: string, user_id: string?): string
return function(source)
  local known = names.of(source)
  return function(words, user_id)
    return names.put(words, function(number)
      if known[number] then
        return known[number]
      end
      local contact = user_id and contacts.find(user_id, number)
      return contact and contact.name and contact.name ~= "" and contact.name or nil
    end)
  end
end
