-- routes/replay.lua: the calls of the last days, decided once more, a batch at a time.
--
-- A batch ends after `limit` calls or some seconds; the client goes on at `next`.

local config = require("config")
local cursor = require("hookswitch.cursor")
local fail = require("hookswitch.fail")
local instant = require("hookswitch.instant")
local json = require("json")
local limits = require("hookswitch.limits")
local Replay = require("calls.replay.replay")
local numbers = require("models.numbers")
local reply = require("hookswitch.reply")
local rule_text = require("api.rule_text")
local rules = require("rules")
local stored = require("models.replay")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local PAGE = 250
local SECONDS = 2 -- a batch keeps a worker no longer
local PATIENCE = 3 -- calls in a row for which the rules ran out of time

local QUESTION = v.object {
  since = v.moment(),
  ["until"] = v.moment { optional = true },
  source = rule_text.field { optional = true },
  phone_number_id = v.integer { min = 1, optional = true },
  limit = v.integer { min = 1, max = 5000, default = 5000 },
  cursor = v.string { max = 100, optional = true },
}

local function span_of(req)
  local body = req.body
  local zone = config.get("timezone")
  local from = instant.moment(body.since, req.at, zone)
  local to = body["until"] and instant.moment(body["until"], req.at, zone, true) or req.at
  if from >= to then
    local field, code = "since", "in_past"
    if body["until"] then field, code = "until", "after_since" end
    fail.invalid { [field] = wrong(code) }
  end
  if body.phone_number_id and not numbers.get(req.user.id, body.phone_number_id) then
    fail(404, "number_not_found", "You have no phone number with that id.")
  end
  return { from = from, to = to, phone_number_id = body.phone_number_id }
end

-- The rules to decide with, which the caller closes.
local function ruleset(source)
  if not source then
    return setmetatable({ decide = rules.decide, list = rules.list }, { __close = function() end })
  end
  return rule_text.open(source)
end

local function count(found, result, entry)
  if result == "same" then
    found.same = found.same + 1
  elseif result == "changed" then
    found.changed[#found.changed + 1] = entry
  else
    found.not_replayable = found.not_replayable + 1
  end
end

-- Decide up to `limit` calls; returns the last one when there may be more.
local function go_through(found, again, req, span)
  local left, ends = req.body.limit, os.time() + SECONDS
  local after = req.body.cursor and cursor.read(req.body.cursor)
  while left > 0 do
    local wanted = math.min(left, PAGE)
    local rows = stored.page(req.user.id, span, after, wanted)
    for _, row in ipairs(rows) do
      count(found, again:call(row))
      after = { at = row.started_at, id = row.id }
      local over = os.time() > ends
      if again.slow >= PATIENCE or over and again.slow > 0 then
        fail(422, "refused", "The rules take too long.", { source = again.first_error })
      elseif over then
        return after
      end
    end
    left = left - #rows
    if #rows < wanted then
      return nil
    end
  end
  return after
end

---@param req Request
local function replay(req)
  local span = span_of(req)
  local tried <close> = ruleset(req.body.source)
  local again = Replay.new {
    decide = tried.decide, list = tried.list(), history = stored.history(req.at),
    zone = config.get("timezone"),
  }
  local found = {
    total = stored.total(req.user.id, span), same = 0, changed = json.array {}, not_replayable = 0,
    from = span.from, to = span.to,
  }
  local last = go_through(found, again, req, span)
  found.replayed = found.same + #found.changed
  found.failed, found.first_error = again.failed, again.first_error
  found.next = last and cursor.write(last.at, last.id) or json.null
  return reply.json(found)
end

return {
  prefix = "/api/twilio",
  tag = "Live rules",
  auth = "user",
  role = "editor",
  { "POST", "/replay", replay, body = QUESTION, body_bytes = rule_text.BODY_BYTES, limit = limits.replay,
    heavy = true,
    summary = "Decide past calls again, with the live rules or others: which would have gone elsewhere?",
    responses = { [200] = "Replay" } },
}
