-- commands.override: "all calls to X until 15:00": add, list, end.

local audit = require("models.audit")
local config = require("config")
local destination = require("calls.plans.destination")
local json = require("json")
local numbers = require("models.numbers")
local override = require("calls.plans.override")
local overrides = require("models.overrides")
local result = require("commands.shared.result")
local time_input = require("calls.time_input")
local team_names = require("commands.shared.team_names")
local v = require("hookswitch.fields.validate")
local who = require("commands.shared.who")

local command = {}

local refused = result.refused

-- "joe is away until …, ana until …", or nil when nobody is.
local function absence(absent, zone)
  local list, told = {}, {}
  for _, one in ipairs(absent) do
    local back = not told[one.person] and time_input.shown(one.ends_at * 1000, zone)
    list[#list + 1] = back and ("%s is away until %s"):format(one.person, back) or nil
    told[one.person] = true
  end
  return #list > 0 and table.concat(list, ", ") or nil
end

-- Where calls go, with people and groups as their phones, and the names of accounts as their ids; who of them
-- isn't rung is put into `wanted`.
local function destination_of(text, wanted, zone)
  local problem
  local ids = text:gsub("[^,]+", function(part)
    local name = part:match("^%s*[uU][sS][eE][rR][%s:]+[\"']?([^\"']-)[\"']?%s*$")
    if not name then
      return part
    end
    local id, refusal = who.user(name)
    problem = problem or refusal
    return "user:" .. tostring(id)
  end)
  if problem then
    return nil, "is refused: " .. problem.error.message:gsub("%.$", "")
  end
  local span = { from = wanted.starts_at // 1000, to = wanted.ends_at // 1000 }
  local phones, unknown, absent = team_names.expanded(ids, span)
  if not phones then
    return nil, "is refused: " .. unknown
  end
  wanted.absent = absence(absent, zone)
  if phones == "" and wanted.absent then
    return nil, ("is refused: %s; to ring a phone anyway, write its number"):format(wanted.absent)
  end
  local to, message = destination.read(phones)
  return to and to.text, message
end

local FIELDS = {
  forward_to_number = { "to", destination_of },
  ring_timeout = { "seconds", v.integer { min = 5, max = 600 } },
  note = { "note", v.string { max = 200, line = true } },
}

-- The time zone in which "15:00" is read.
local function zone_of(number)
  return number and number.timezone or config.get("timezone")
end

-- Whose calls, and of which number; nil: all of them.
local function whose(options)
  local user_id, number, problem
  user_id, problem = who.asked(options)
  if problem then
    return nil, nil, problem
  end
  if options.number then
    number, problem = who.number(options.number, user_id)
    if not number then
      return nil, nil, problem
    end
    return number.user_id, number
  end
  user_id = user_id or who.only_user()
  if not user_id then
    return nil, nil, refused("usage", "whose calls? Add --user NAME, or --number for one number")
  end
  return user_id
end

local function moment_of(options, name, zone, now)
  local at, message = time_input.ahead(options[name], zone, now, name == "until")
  if not at then
    return nil, refused("usage", ("--%s: %s"):format(name, message))
  end
  return at
end

-- What was asked for, as the API takes it, or nil and the refusal.
local function wish(options, zone, now)
  local wanted = { note = "", ring_timeout = override.SECONDS, starts_at = now }
  local ends_at, problem = moment_of(options, "until", zone, now)
  wanted.ends_at = ends_at
  if wanted.ends_at and options.start then
    wanted.starts_at, problem = moment_of(options, "start", zone, now)
  end
  if problem then
    return nil, problem
  end
  for field, about in pairs(FIELDS) do
    local name, check = about[1], about[2]
    if options[name] then
      local value, message = check(options[name], wanted, zone)
      if value == nil then
        return nil, refused("usage", ("--%s %s"):format(name, message))
      end
      wanted[field] = value
    end
  end
  override.complete(wanted, now)
  return wanted
end

local NAMES = { ends_at = "--until", starts_at = "--start", forward_to_number = "--to" }

local function sentence(row, phone, zone, now)
  local what = phone and "Calls to " .. phone or ("All calls of user %s"):format(row.user_id)
  local from = row.starts_at > now and (" from %s"):format(time_input.shown(row.starts_at, zone)) or ""
  return ("%s go to %s%s until %s."):format(
    what, row.forward_to_number, from, time_input.shown(row.ends_at, zone))
end

local ACTIONS = {}

function ACTIONS.add(options, now)
  for _, name in ipairs { "to", "until" } do
    if not options[name] then
      return refused("usage", ("--%s is missing: override add --to +13035550142 --until 15:00"):format(name))
    end
  end
  local user_id, number, problem = whose(options)
  if not user_id then
    return problem
  end
  local zone = zone_of(number)
  local wanted, unreadable = wish(options, zone, now)
  if not wanted then
    return unreadable
  end
  local fields = override.problems(wanted, now, numbers.policy())
  if fields then
    local field, message = next(fields)
    return refused("invalid", ("%s: %s"):format(NAMES[field], message))
  end
  wanted.phone_number_id = number and number.id
  local row = audit.write(audit.operator(options, now), "override", "add", function()
    return overrides.create(function() return user_id end, wanted, now)
  end)
  local warnings = json.array { wanted.absent and "not rung: " .. wanted.absent }
  warnings[#warnings + 1] = override.warning(row.forward_to_number, config.get("sandbox"))
  local text = ("%s\nIt ends by itself; to end it sooner: `hookswitch override end %d`"):format(
    sentence(row, number and number.phone_number, zone, now), row.id)
  for _, warning in ipairs(warnings) do text = text .. "\nwarning: " .. warning end
  return result.done(text, { override = row, warnings = warnings })
end

function ACTIONS.list(options, now)
  local user_id, number, problem
  if options.user or options.number then
    user_id, number, problem = whose(options)
    if not user_id then
      return problem
    end
  end
  local rows, lines = json.array {}, {}
  for _, row in ipairs(overrides.all(now)) do
    local covers = not number or row.phone_number_id == nil or row.phone_number_id == number.id
    if covers and (not user_id or row.user_id == user_id) then
      row.in_force = row.starts_at <= now
      rows[#rows + 1] = row
      local note = row.note ~= "" and (" (%s)"):format(row.note) or ""
      local text = sentence(row, row.phone_number, row.timezone or zone_of(number), now)
      lines[#lines + 1] = ("%4d  %s%s"):format(row.id, text, note)
    end
  end
  return { ok = true, value = { overrides = rows },
    text = #lines > 0 and table.concat(lines, "\n") or "No active or upcoming overrides." }
end

ACTIONS["end"] = function(options, now)
  local id = math.tointeger(tonumber(options.id))
  for _, row in ipairs(overrides.all(now)) do
    local ended = row.id == id and audit.write(audit.operator(options, now), "override", "end", function()
      return overrides.finish(row.user_id, row.id, nil, now)
    end)
    if ended then
      return { ok = true, value = { ended = row.id },
        text = ("Override %d has ended. Calls follow the rules and settings again."):format(row.id) }
    end
  end
  return refused("override_not_found",
    ("no active or upcoming override %s; `hookswitch override list` shows them"):format(options.id))
end

---@param options { action: string, id: string?, to: string?, until: string?, start: string?, number: string?,
--- seconds: string?, note: string?, user: string?, me: string }
---@param now integer milliseconds
---@return CommandResult
function command.run(options, now)
  return ACTIONS[options.action](options, now)
end

return command
