-- models.namer: names to show instead of numbers: of the rule file, of people.txt, of a user's contacts.
--
-- The console names people.txt's numbers itself, beside the number: whoever rings in a browser and on a phone
-- would be there twice.

local config = require("config")
local contacts = require("models.contacts")
local literal_numbers = require("calls.source.literal_numbers")
local names = require("calls.replay.names")
local sources = require("sources")
local team = require("calls.team.team")

local function people_beside(source)
  local country = literal_numbers.country(literal_numbers.read(source), config.get("country"))
  local function people(name)
    return name == team.FILES.people and sources.saved(name) or nil
  end
  return names.of_people(team.read(people, country).people)
end

---@param source string of the rule file
---@param for_operator boolean? name those of people.txt, too
---@return fun(words: string, user_id: string?): string
return function(source, for_operator)
  local known, people = names.of(source), nil
  return function(words, user_id)
    return names.put(words, function(number)
      people = people or for_operator and people_beside(source) or {}
      if known[number] or people[number] then
        return known[number] or people[number]
      end
      local contact = user_id and contacts.find(user_id, number)
      return contact and contact.name and contact.name ~= "" and contact.name or nil
    end)
  end
end
