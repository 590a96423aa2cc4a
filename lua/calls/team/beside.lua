-- beside.lua: the people, groups, hours and rotas that rules have beside them.
--
--   team_beside.read(source, data, country, t?)   -> Team

local literal_numbers = require("calls.source.literal_numbers")
local team = require("calls.team.team")

local team_beside = {}

---@param source string of the rules
---@param data (fun(name: string): string?)? files beside them
---@param configured string? the setting `country`
---@param t Tokens? of the source, if they have been read
---@return Team
function team_beside.read(source, data, configured, t)
  local numbers = literal_numbers.read(source, t)
  return team.read(data or function() end, literal_numbers.country(numbers, configured), numbers.files)
end

return team_beside
