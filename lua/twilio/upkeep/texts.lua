-- twilio.upkeep.texts: sending the texts that are due.
--
--   texts.step(at)   one of them; the number done, and whether there may be more
--   texts.report(call_sid, params, at)   what stores Twilio's word on what became of one

local alerts = require("models.alerts")
local config = require("config")
local contacts = require("models.contacts")
local db = require("db")
local messages = require("twilio.messages")
local missed = require("models.missed")
local numbers = require("models.numbers")
local text_back = require("calls.steps.text_back")
local texts = require("models.texts")
local webhooks = require("twilio.webhooks")

local sending = {}

local MINUTE_MS = 60 * 1000

-- What the decision is made from.
local function about(due, at)
  local number = numbers.by_phone(due.to)
  local owned = numbers.owned()
  local contact = due.user_id and contacts.find(due.user_id, due.from)
  return {
    from = due.from, number = number and numbers.shown(number),
    blocked = contact and contact.blocked or false,
    policy = { own_numbers = owned.numbers, countries = owned.countries },
    past = texts.past(due, config.get("text_pause_minutes") * MINUTE_MS, at),
    age_ms = at - due.at, daily_cap = config.get("text_daily_cap"),
  }
end

local function send(due, at)
  local sid, message, code = messages.send(due.to, due.from, due.text, webhooks.message(due.call_sid))
  if sid then
    texts.finish(due, "sent", { message_sid = sid })
    return
  end
  local refused = messages.PHONE_REFUSES[code]
  texts.finish(due, refused and "refused" or "failed", { reason = code, message = message })
  if not refused and code ~= "not_configured" then
    db:batch { alerts.raise(due.user_id, "text_failed", due.to, message, at) }
  end
end

-- Take the text that has been due longest, or leave it with a reason. In one
-- transaction: whoever else sends texts at this moment sees what was taken.
local function take(at)
  local due = texts.next(at)
  local reason = due and text_back.refusal(about(due, at))
  if reason then
    texts.finish(due, "skipped", { reason = reason })
    return nil
  end
  return due and texts.claim(due) and due or nil
end

-- Those that say where a text is. The others only say that it is on its way.
local ENDS = { sent = "sent", delivered = "delivered", undelivered = "undelivered", failed = "undelivered" }

--- What stores a report on a text.
---@param call_sid string
---@param params table<string, string> MessageSid, MessageStatus, ErrorCode
---@param at integer milliseconds
---@return table[]? batch nil: it says nothing that is kept
function sending.report(call_sid, params, at)
  local outcome = ENDS[params.MessageStatus]
  if not outcome then
    return nil
  end
  local news = { message_sid = params.MessageSid }
  if outcome == "undelivered" then
    news.message, news.reason = messages.undelivered(params.ErrorCode)
    outcome = messages.PHONE_REFUSES[news.reason] and "refused" or outcome
  end
  return texts.report(call_sid, outcome, news, at)
end

--- Send the text that has been due longest, or leave it with a reason.
---@param at integer milliseconds
---@return integer done
---@return boolean more
function sending.step(at)
  if missed.settle() then
    return 0, true -- a talk may be among what is not worked in yet
  elseif not texts.next(at) then
    return 0, false
  end
  local due = db:transaction(function() return take(at) end)
  if due then
    send(due, at)
  end
  return 1, true
end

return sending
