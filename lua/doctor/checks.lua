-- doctor.checks: everything that calls need, one check after the other.
--
--   checks.run(report, asked, at)   report:say(state, about, what, message, fix?)
--
-- Each check says what it found and, when something is wrong, what to do. What
-- was asked of other servers comes in `asked`: `refusals` and `health` (of a
-- running server, JSON), `public_*` (SERVER_URL, asked from here), `twilio_date`; `over_http` when
-- the console asks.

local account = require("doctor.account")
local calendars = require("models.calendars")
local config = require("config")
local health = require("models.health")
local hosts = require("doctor.hosts")
local http_date = require("hookswitch.http_date")
local json = require("json")
local lua_files = require("doctor.lua_files")
local numbers = require("models.numbers")
local repairs = require("models.call_repairs")
local twilio = require("twilio")
local tz = require("tz")

local checks = {}

local DAY_MS = 24 * 3600 * 1000
local SKEW_WARN_S, SKEW_FAIL_S = 30, 300

local CREDENTIALS = {
  { "twilio_account_sid", "TWILIO_ACCOUNT_SID" },
  { "twilio_auth_token", "TWILIO_AUTH_TOKEN" },
}

local function check_credentials(report)
  for _, setting in ipairs(CREDENTIALS) do
    if config.is_set(setting[1]) then
      report:say("ok", "credentials", setting[2], "is set")
    else
      report:say("failed", "credentials", setting[2], "is not set",
        ("copy it from the first page of Twilio's console into .env: %s=…"):format(setting[2]))
    end
  end
end

local PRIVATE = { "^127%.", "^10%.", "^192%.168%.", "^169%.254%.", "^172%.1[6-9]%.", "^172%.2%d%.",
  "^172%.3[01]%.", "^0%.", "^localhost$", "%.localhost$", "%.local$", "%.internal$", "^%[" }

--- Whether a host's name or address is one that nobody outside can reach.
---@param host string
---@return boolean
function checks.is_private(host)
  for _, pattern in ipairs(PRIVATE) do
    if host:lower():find(pattern) then
      return true
    end
  end
  return not host:find(".", 1, true)
end

-- SERVER_URL as Twilio sees it: its name, and who answers there.
local function check_address(report, url, options)
  local host = url:match("^https?://([^:/]+)") or url
  if config.get("sandbox") then
    report:say("info", "SERVER_URL", url, "belongs to the sandbox: nobody outside calls it")
    return
  elseif checks.is_private(host) then
    report:say("failed", "SERVER_URL", url, "is an address that Twilio cannot reach",
      "use the public name of this host, or of a tunnel to it")
    return
  end
  local https = url:sub(1, 8) == "https://"
  if https then
    report:say("ok", "SERVER_URL", url, "is https")
  else
    report:say("warn", "SERVER_URL", url, "is not https, which browsers need for calls",
      "put a proxy with a certificate in front, and write https://")
  end
  local answered = options.public_status or ""
  if answered == "405" and (options.public_body or ""):find("method_not_allowed", 1, true) then
    report:say("ok", "SERVER_URL", url, "reaches a Hookswitch")
  elseif answered ~= "" then
    report:say("failed", "SERVER_URL", url, ("something else answers there, with %s"):format(answered),
      "let the proxy pass /api/ on to " .. config.get("listen"))
  else
    local why = options.public_error or "no answer"
    report:say("warn", "SERVER_URL", url, "could not be reached from here: " .. why,
      "open it from another network; check DNS, the certificate and the firewall")
    report:doubt("SERVER_URL could not be reached")
  end
end

local function check_server_url(report, options)
  local url = config.get("server_url")
  if url then
    check_address(report, url, options)
  else
    report:say("failed", "SERVER_URL", "", "is not set: every webhook is refused",
      "put SERVER_URL=https://your.domain into .env")
  end
end

local REASONS = {
  bad_signature = "TWILIO_AUTH_TOKEN must be this account's main token, and SERVER_URL exactly what Twilio "
    .. "calls (scheme, host, port), whatever a proxy in front makes of it",
  auth_token_missing = "set TWILIO_AUTH_TOKEN",
  content_type = "the webhook addresses are for Twilio's form posts only",
}

local function check_refusals(report, options, at)
  local known = options.refusals and json.decode(options.refusals)
  if options.over_http then
    report:say("info", "server", config.get("listen"),
      "answers; `hookswitch doctor` on the host says which webhooks it refused")
    return
  elseif type(known) ~= "table" or type(known.last) ~= "table" then
    local message = "isn't running here, so nobody knows whether it refused webhooks"
    report:say("info", "server", config.get("listen"), message)
    if options.public_status ~= "405" then
      report:doubt("the server isn't running here")
    end
    return
  elseif #known.last == 0 then
    report:say("ok", "webhooks", "", "none refused since the server started")
    return
  end
  for _, refused in ipairs(known.last) do
    local age = (at - refused.at) // 1000
    local message = ("was refused %d s ago (%s), asked by %s"):format(age, refused.reason, refused.remote)
    local state = age < 24 * 3600 and "warn" or "info"
    report:say(state, "webhook", refused.path, message, REASONS[refused.reason])
  end
end

--- What to grant a role that has too few rights. A migration takes the rights of an owner.
---@param url string "postgresql://ROLE@…"
---@param message string
---@return string? fix
local function grants(url, message)
  local role = url:match("^%w+://([%w_]+)[:@]") or "ROLE"
  local member = ("GRANT OWNER TO %s, where OWNER is the role that owns the tables (\\dt in psql lists it)")
    :format(role)
  if message:find("must be owner", 1, true) then
    return member
  elseif message:find("permission denied", 1, true) or message:find("this role may not", 1, true) then
    return ("%s; if that is %s itself, GRANT ALL ON ALL TABLES IN SCHEMA public TO %s (public, or the schema "
      .. "that search_path names)"):format(member, role, role)
  end
end

-- Whether the checks that read the database can run.
local function check_database(report, options)
  local file = config.get("database")
  if options.no_database then
    report:say("failed", "database", file, options.no_database, grants(file, options.no_database))
    return false
  end
  -- Reading a large file takes seconds: not while a page waits.
  local notes, damage = "", nil
  if not options.over_http then
    notes, damage = health.check()
  end
  if damage then
    report:say("failed", "database", file, damage, "stop the server and run `hookswitch restore BACKUP`")
    return
  end
  for note in notes:gmatch("[^\n]+") do
    local information, mistake = note:match("^info: (.*)"), note:match("^error: (.*)")
    if mistake then
      report:say("failed", "database", file, mistake,
        grants(file, mistake) or "restore what was dropped from a backup")
      return false
    end
    report:say(information and "info" or "warn", "database", file, information or note)
  end
  local is_written, why = pcall(health.write_nothing)
  if not is_written then
    why = tostring(type(why) == "table" and why.message or why)
    report:say("failed", "database", file, "can't be written: " .. why, grants(file, why))
    return false
  end
  report:say("ok", "database", file, options.over_http and "is up to date and writable"
    or "is intact, up to date and writable")
end

local function check_zones(report)
  local zones = { [config.get("timezone")] = "setting timezone" }
  for _, row in ipairs(numbers.all()) do
    zones[row.timezone or "UTC"] = "number " .. row.phone_number
  end
  local all = true
  for zone, where in pairs(zones) do
    local ok, message = tz.exists(zone)
    if not ok then
      all = false
      report:say("failed", "time zone", zone, ("%s (%s)"):format(message, where),
        "install the package tzdata, or correct the name")
    end
  end
  if all then
    report:say("ok", "time zones", "", "all that are in use are known")
  end
end

local function check_clock(report, options, at)
  local theirs = options.twilio_date and http_date.read(options.twilio_date)
  if not theirs then
    report:say("info", "clock", "", "could not be compared with Twilio's")
    return
  end
  local skew = at // 1000 - theirs
  local state = math.abs(skew) >= SKEW_FAIL_S and "failed" or math.abs(skew) >= SKEW_WARN_S and "warn" or "ok"
  local message = skew == 0 and "agrees with Twilio's"
    or ("is %d s %s Twilio's"):format(math.abs(skew), skew < 0 and "behind" or "ahead of")
  report:say(state, "clock", "", message,
    state ~= "ok" and "set it with NTP: tokens are only valid for a while" or nil)
end

local BROWSER = {
  { "twilio_api_key", "TWILIO_API_KEY", "make an API key in Twilio's console, and put its SID into .env" },
  { "twilio_api_secret", "TWILIO_API_SECRET", "put the API key's secret into .env; it is shown only once" },
  { "twilio_app_sid", "TWILIO_APP_SID", "run `hookswitch setup`, which makes the TwiML App" },
}

local function check_browser(report)
  local missing = false
  for _, setting in ipairs(BROWSER) do
    if not config.is_set(setting[1]) then
      report:say("warn", "browser calling", setting[2], "is not set", setting[3])
      missing = true
    end
  end
  if missing then
    return
  end
  local token, message = twilio.access_token { identity = "user_doctor", ttl = 60 }
  if token then
    report:say("ok", "browser calling", "",
      "access tokens can be made; a browser needs WebRTC, a microphone and https")
  else
    report:say("failed", "browser calling", "", message, "correct the settings named")
  end
end

-- Calls that our own record did not have right until Twilio's was asked.
local function check_reports(report, at)
  local week = repairs.totals(at - 7 * DAY_MS)
  if week.calls == 0 then
    report:say("ok", "reports", "", "no call of the last 7 days had to be repaired from Twilio's record")
    return
  end
  local message = ("%d of %d calls in the last 7 days had to be repaired from Twilio's record, since %d "
    .. "reports never came or could not be stored"):format(week.calls, math.max(week.all, week.calls),
    week.reports)
  report:say("warn", "reports", "", message,
    "see call_repaired and not_stored in the log, /refusals, and the log of the proxy in front")
end

-- What someone may have forgotten.
local function check_habits(report, at)
  local used = health.called_since(at - 90 * DAY_MS)
  for _, row in ipairs(numbers.all()) do
    if row.is_active == 0 then
      report:say("info", "number", row.phone_number, "is switched off")
    elseif not used[row.id] and row.purchased_at < at - 90 * DAY_MS then
      report:say("info", "number", row.phone_number, "has had no call for 90 days")
    end
  end
  for _, rule in ipairs(health.stale_settings(at - 90 * DAY_MS)) do
    report:say("info", "forwarding", tostring(rule.id), ("%s of %s to %s has been off for 90 days"):format(
      rule.forwarding_type, rule.phone_number or "all numbers", rule.forward_to_number))
  end
end

-- The calendars of oncall.txt.
local function check_calendars(report, at)
  for _, row in ipairs(calendars.list()) do
    local is_read = row.months ~= "" and row.good_at == row.checked_at -- none: it never could be
    if is_read and not row.problem then
      report:say("ok", "calendar", row.name, "was read")
    elseif is_read then
      report:say("warn", "calendar", row.name, row.problem, "edit these events in the calendar")
    else
      report:say("warn", "calendar", row.name, ("can't be read for %d min: %s"):format(
        (at - row.good_at) // 60000, row.problem or ""),
        "its last turns stay; check its address in oncall.txt")
    end
  end
end

---@class DoctorReport
---@field say fun(self, state: string, about: string, what: string, message: string, fix: string?)
---@field doubt fun(self, why: string) why calls might not work although nothing is found broken

---@param report DoctorReport
---@param options table what was asked
---@param at integer milliseconds
function checks.run(report, options, at)
  -- A check that raises is a finding, and the others have their turn.
  local function try(what, check, ...)
    local ok, result = pcall(check, report, ...)
    if ok then
      return result
    end
    report:say("failed", "check", what, type(result) == "table" and result.message or tostring(result))
  end
  try("credentials", check_credentials)
  try("SERVER_URL", check_server_url, options)
  local has_database = try("database", check_database, options) ~= false
  try("account", account.run, has_database)
  try("webhooks", check_refusals, options, at)
  try("browser calls", check_browser)
  try("Lua files", lua_files.run, options)
  try("clock", check_clock, options, at)
  if not has_database then
    return -- what follows would only stumble over it
  end
  try("hosts", hosts.run)
  try("time zones", check_zones)
  try("reports", check_reports, at)
  try("calendars", check_calendars, at)
  try("settings", check_habits, at)
end

return checks
