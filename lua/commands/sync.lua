-- commands.sync: our numbers and Twilio's, compared in both directions.

local adopt = require("twilio.adopt")
local at_twilio = require("twilio.numbers")
local audit = require("models.audit")
local numbers = require("models.numbers")
local purchase = require("twilio.purchase")
local purchases = require("models.purchases")
local Report = require("commands.shared.report")
local result = require("commands.shared.result")
local users = require("models.users")

local sync = {}

-- A purchase that nobody works on any more: bought or not?
local function settle(report, row, what, at, dry_run)
  if dry_run then
    report:say("would_change", "purchase", what, "would be looked up")
    return
  end
  local number, message = purchase.resolve(row, at)
  if number then
    report:say("changed", "purchase", what, "was bought: it belongs to user " .. number.user_id)
  elseif number == false then
    report:say("changed", "purchase", what, "was not bought: closed")
  else
    report:say("failed", "purchase", what, message)
  end
end

-- A number that we have and the account has, too.
local function refresh(report, row, resource, at, dry_run)
  local name = type(resource.friendly_name) == "string" and resource.friendly_name or row.friendly_name
  local renamed = name ~= row.friendly_name
  if dry_run then
    report:say(renamed and "would_change" or "ok", "number", row.phone_number,
      renamed and ("would be named %q"):format(name) or "is here and at Twilio")
  elseif numbers.refresh(row, name, at_twilio.capabilities(resource), at) then
    report:say("changed", "number", row.phone_number, ("is named %q as at Twilio"):format(name))
  else
    report:say("ok", "number", row.phone_number, "is here and at Twilio")
  end
end

local function gone(report, row, options, at)
  if options["dry-run"] then
    report:say("would_change", "number", row.phone_number, "would be released: the account does not own it")
  else
    audit.write(audit.operator(options, at), "number", "release", function()
      return numbers.release(row.id, at)
    end, {})
    report:say("changed", "number", row.phone_number, "released: the account does not own it any more")
  end
end

local function unowned(report, resource, options, at)
  local phone = resource.phone_number
  if purchases.of_number(phone) then
    report:say("info", "number", phone, "is being bought right now")
  elseif not options.adopt then
    report:say("info", "number", phone, "is in the account, but belongs to no user here",
      "give it to a user with `hookswitch sync --adopt USER`")
  elseif options["dry-run"] then
    report:say("would_change", "number", phone, "would belong to user " .. options.adopt)
  else
    local row = adopt(options.adopt, resource, {}, at)
    audit.add(audit.operator(options, at), "number", "adopt", row, {})
    report:say("changed", "number", phone, "belongs to user " .. options.adopt .. " now")
  end
end

-- Twilio's list without any of ours is another account's, most likely.
local function is_another_account(ours, theirs)
  for phone in pairs(ours) do
    if theirs[phone] then
      return false
    end
  end
  return next(ours) ~= nil
end

---@param options table dry-run, adopt, force
---@param at integer milliseconds
---@return CommandResult
function sync.run(options, at)
  local report = Report.new()
  if options.adopt then
    local id, wrong = users.named(options.adopt)
    if not id then
      return result.refused("usage", "--adopt: " .. wrong)
    end
    options.adopt = id
  end
  for _, row in ipairs(purchases.left_behind(at)) do
    local what = row.phone_number or ("purchase %d"):format(row.id)
    report:try("purchase", what, settle, report, row, what, at, options["dry-run"])
  end
  -- Twilio's list takes a while. What is bought, renamed or released here meanwhile is not in it.
  local before = numbers.all()
  local list, message = at_twilio.list()
  if not list then
    report:say("failed", "Twilio", "", message)
    return report:result()
  end
  local ours, theirs = at_twilio.by_phone(before), at_twilio.by_phone(list)
  if is_another_account(ours, theirs) and not options.force then
    report:say("failed", "Twilio", "", "the account owns none of our numbers: is it the right one?",
      "check TWILIO_ACCOUNT_SID; if they were all released or are the sandbox's, "
        .. "run `hookswitch sync --force`")
    return report:result()
  end
  for _, row in ipairs(before) do
    local phone = row.phone_number
    if theirs[phone] then
      report:try("number", phone, refresh, report, row, theirs[phone], at, options["dry-run"])
    else
      report:try("number", phone, gone, report, row, options, at)
    end
  end
  local now = at_twilio.by_phone(numbers.all())
  for _, resource in ipairs(list) do
    local phone = resource.phone_number
    if type(phone) == "string" and not ours[phone] and not now[phone] then
      report:try("number", phone, unowned, report, resource, options, at)
    end
  end
  if #report.entries == 0 then
    report:say("info", "numbers", "", "none, neither here nor at Twilio")
  end
  return report:result()
end

return sync
