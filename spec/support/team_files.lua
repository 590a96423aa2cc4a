-- team_files.lua: a team's data files, for specs.
local ruleset = require("calls.rules.ruleset")

local DESK, ANA, SUE = "+13035550143", "+13035550177", "+13035550166"

local FILES = {
  ["people.txt"] = "# who we are\n[joe]\nname: Joe Brown\nphone: (303) 555-0142   # mobile\nphone: " .. DESK
    .. ", no confirm\n\n# since May\n[ana]\nuser: 42\nphone: " .. ANA .. "\n\n[sue]\nphone: " .. SUE .. "\n",
  ["groups.txt"] = "# all\ncrew: joe, ana   # and nobody else\n",
  ["hours.txt"] = "[office]\nzone: America/Denver\ngreeting: Closed. Press # to wait.\nmon-fri: 8am-5pm\n"
    .. "holidays: Colorado\nexcept: Veterans Day\n12-24: 08:00-12:00  # early\n",
  ["oncall.txt"] = "[nights]\nzone: America/Denver\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe, crew\n"
    .. "2026-12-24..2026-12-26: sue # swapped\n",
}

local function with(changes)
  return setmetatable(changes or {}, { __index = FILES })
end

--- A rule file that has them beside it, but for what `files` says otherwise.
local function loaded(source, files)
  return ruleset.load(source, "forwarding.lua", { data = function(name) return with(files)[name] end,
    country = "US" })
end

return { FILES = FILES, with = with, loaded = loaded }
