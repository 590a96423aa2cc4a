-- voice/draft.lua: chosen callers get the draft of the rules (its try_for).
--
--   voice_draft.decide(input, settings_plan)   -> Decision with `draft`, or nil: the live rules decide
--
-- A draft that fails for such a call is switched off by what the call stores, and
-- the caller never notices: the live rules decide instead.

local decide = require("calls.rules.decide")
local drafts = require("models.drafts")
local log = require("log")
local rules = require("rules")

local voice_draft = {}

-- The ruleset of this VM, while the draft is the same: { id, tried, list }.
local kept

local function ruleset(row)
  if kept and kept.id == row.id then
    return kept
  elseif kept then
    kept.tried.close()
    kept = nil
  end
  local tried, message = rules.open(row.text)
  if not tried then
    return nil, message
  end
  kept = { id = row.id, tried = tried, list = tried.list() }
  return kept
end

---@param input CallInput whose lookups have been asked
---@param settings_plan (fun(input: CallInput): FlatPlan)?
---@param call_sid string
---@return Decision?
---@return { id: integer, reason: string }? failed the draft, to be switched off
function voice_draft.decide(input, settings_plan, call_sid)
  local row = drafts.for_caller(input.from)
  if not row then
    return nil
  end
  local with, message = ruleset(row)
  local decision
  if with then
    local ok, second, third, reads = with.tried.decide(input)
    local ruling = ok and { ok = true, index = second, plan = third, reads = reads, list = with.list }
      or { ok = false, message = second, code = third, reads = reads, list = with.list }
    decision = decide.ruled(input, ruling, settings_plan)
    message = decision.error
  end
  if not decision or decision.source == "fallback" then
    log.warn("draft_fails", { call_sid = call_sid, message = message })
    local reason = ("it fails for the call %s; the log has the reason"):format(call_sid)
    return nil, { id = row.id, reason = reason }
  end
  decision.draft = row.id
  return decision
end

return voice_draft
