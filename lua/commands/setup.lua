-- commands.setup: what Twilio has to know of this server.
--
-- The TwiML App is found by TWILIO_APP_SID, or by its name; only when there is
-- neither, one is created. Of the numbers, those in our database are pointed
-- here. What is written is read back.

local applications = require("twilio.applications")
local at_twilio = require("twilio.numbers")
local config = require("config")
local numbers = require("models.numbers")
local Report = require("commands.shared.report")
local webhooks = require("twilio.webhooks")

local setup = {}

local NAME = "Hookswitch"

local function shown(differences)
  local parts = {}
  for position, difference in ipairs(differences) do
    parts[position] = ("%s = %s"):format(difference.name, difference.wanted)
  end
  return table.concat(parts, ", ")
end

local function find_application()
  local sid = config.get("twilio_app_sid")
  if not sid then
    return applications.find(NAME)
  end
  local found, message, code = applications.get(sid)
  if found == false then
    return nil, ("TWILIO_APP_SID is %s, which the account does not have."):format(sid), "missing"
  end
  return found, message, code
end

local function create_application(report, dry_run)
  if dry_run then
    report:say("would_change", "application", NAME, "would be created")
    return nil
  end
  local made, message = applications.create(NAME, webhooks.application())
  if not made then
    report:say("failed", "application", NAME, message)
    return nil
  end
  report:say("changed", "application", made.sid, "created")
  return made.sid
end

-- Bring a resource to what is wanted: `update` writes and gives it back; `say` reports on it.
local function bring(say, resource, wanted, options, update)
  local differences = webhooks.differences(resource, wanted)
  if #differences == 0 then
    say("ok", "points here already")
    return
  elseif options["dry-run"] then
    say("would_change", shown(differences))
    return
  end
  local written, message = update(wanted)
  if not written then
    say("failed", message)
    return
  end
  local left = webhooks.differences(written, wanted)
  if #left > 0 then
    say("failed", "Twilio didn't accept " .. shown(left))
  else
    say("changed", shown(differences))
  end
end

local function set_application(report, options)
  local found, message = find_application()
  if found == nil then
    report:say("failed", "application", NAME, message)
    return nil
  elseif not found then
    return create_application(report, options["dry-run"])
  end
  local function say(status, said) report:say(status, "application", found.sid, said) end
  bring(say, found, webhooks.application(), options, function(wanted)
    return applications.update(found.sid, wanted)
  end)
  return found.sid
end

-- What makes a number ignore its own webhooks.
local function trapped(resource)
  for _, field in ipairs { "voice_application_sid", "trunk_sid" } do
    if type(resource[field]) == "string" and resource[field] ~= "" then
      return field, resource[field]
    end
  end
end

local function set_number(report, row, resource, options)
  local function say(status, message, hint) report:say(status, "number", row.phone_number, message, hint) end
  local wanted = webhooks.number()
  local trap, sid = trapped(resource)
  if trap and not options["take-over"] then
    local message = ("has the %s %s, so Twilio ignores its webhooks"):format(trap, sid)
    say("failed", message,
      "run `hookswitch setup --take-over`, or remove it in Twilio's console")
    return
  elseif trap then
    wanted.VoiceApplicationSid, wanted.TrunkSid = "", ""
  end
  bring(say, resource, wanted, options, function(params)
    return at_twilio.update(resource.sid, params)
  end)
end

local function set_numbers(report, options)
  local list, message = at_twilio.list()
  if not list then
    report:say("failed", "numbers", "", message)
    return
  end
  local by_phone = at_twilio.by_phone(list)
  for _, row in ipairs(numbers.all()) do
    local resource = by_phone[row.phone_number]
    if resource then
      report:try("number", row.phone_number, set_number, report, row, resource, options)
    else
      report:say("failed", "number", row.phone_number, "is not in the Twilio account (any more)",
        "run `hookswitch sync`")
    end
  end
end

local function closing(report, sid)
  local lines = {}
  if sid and config.get("twilio_app_sid") ~= sid then
    lines[#lines + 1] = "\nPut this into .env and restart the server:\n\n  TWILIO_APP_SID=" .. sid
  end
  if sid and not (config.is_set("twilio_api_key") and config.is_set("twilio_api_secret")) then
    lines[#lines + 1] = "\nFor calls in the browser, make an API key in Twilio's console (Account > API keys"
      .. "\n& tokens) and put it into .env as TWILIO_API_KEY and TWILIO_API_SECRET."
  end
  if report.ok then
    lines[#lines + 1] = "\n`hookswitch doctor` checks the rest."
  end
  return table.concat(lines, "\n")
end

---@param options table dry-run, take-over
---@return CommandResult
function setup.run(options)
  local report = Report.new()
  local base = webhooks.base()
  if not base then
    report:say("failed", "SERVER_URL", "", "is not set", "put SERVER_URL=https://your.domain into .env")
    return report:result()
  elseif base:sub(1, 8) ~= "https://" then
    report:say("warn", "SERVER_URL", base, "is not https: anyone on the way can read your calls")
  end
  local sid = report:try("application", NAME, set_application, report, options)
  report:try("numbers", "", set_numbers, report, options)
  return report:result({ application_sid = sid }, closing(report, sid))
end

return setup
