-- words.lua: the words of a rule file that name what the files beside it hold.
--
--   team_words.of(read)   -> { person, group, open, greeting, oncall }

local clock = require("calls.hours.clock")
local mistake = require("calls.mistake")
local team = require("calls.team.team")

local team_words = {}

--- The words that name what a file beside the rules holds.
---@param read Team what the files say
---@return table<string, function>
function team_words.of(read)
  local function found(kind, word, name, example)
    if type(name) ~= "string" then
      mistake(("%s needs a name, such as %s, not %s"):format(word, example, mistake.show(name)))
    end
    local made, message = team.find(read, kind, name)
    return made or mistake(("%s: %s"):format(word, message))
  end
  local function when(word, at, example)
    if at == nil then mistake(("%s needs a time: %s"):format(word, example)) end
    return clock.seconds(at, word)
  end
  return {
    ---Someone of people.txt, for ring: their phones ring one after the other.
    ---@param name string
    person = function(name) return found("people", "person", name, 'person "joe"') end,
    ---A group of groups.txt, for ring.
    ---@param name string
    group = function(name) return found("groups", "group", name, 'group "crew"') end,
    ---Are these hours of hours.txt open at this moment?
    ---@param name string
    ---@param at integer seconds since 1970
    ---@return boolean
    open = function(name, at)
      local made = found("hours", "open", name, 'open("office", call.at)')
      return made:open_at(when("open", at, 'open("office", call.at)'))
    end,
    ---What callers hear while these hours are closed, for voicemail and say; nil: the number's own greeting.
    ---@param name string
    ---@return string?
    greeting = function(name)
      found("hours", "greeting", name, 'greeting "office"')
      return read.greetings[name]
    end,
    ---Whoever has the turn in a rota of oncall.txt at this moment, for ring.
    ---@param name string
    ---@param at integer seconds since 1970
    oncall = function(name, at)
      local made = found("oncall", "oncall", name, 'oncall("nights", call.at)')
      return made:at(when("oncall", at, 'oncall("nights", call.at)'))
    end,
  }
end

return team_words
