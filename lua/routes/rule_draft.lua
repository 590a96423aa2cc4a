-- routes/rule_draft.lua: the draft of the rule file: see how it decides the calls that come in, edit it, make
-- it live in one step.

local config = require("config")
local etag = require("hookswitch.etag")
local draft_state = require("api.draft_state")
local drafts = require("models.drafts")
local fail = require("hookswitch.fail")
local limits = require("hookswitch.limits")
local reply = require("hookswitch.reply")
local rule_text = require("api.rule_text")
local saving = require("api.rule_saving")
local sources = require("sources")
local v = require("hookswitch.fields.validate")

local FILE, ZONE = "forwarding.lua", config.get("timezone")
local HASH = v.string { max = 64, pattern = "^%x*$", hint = "must be the hash that GET /rules/draft gave" }
local EDIT = v.object { source = rule_text.field(), hash = HASH }
local PROMOTE = v.object {
  hash = HASH, accept = v.boolean { default = false }, shown = saving.SHOWN,
  note = v.string { max = 500, line = true, optional = true },
}

local function state(req)
  local row = draft_state.of(req.user.id, ZONE)
  row.etag = '"' .. row.hash .. '"'
  return row
end

---@param req Request
local function show(req)
  draft_state.await()
  return reply.row(state(req))
end

local function has_changed()
  fail(409, "conflict", "The draft has changed since you looked at it. Load it again.")
end

-- The text of a file that has the hash of the request; nil, false when there is no such file.
local function matching(req, name)
  local saved = sources.saved(name)
  local is_same = (saved and saving.hash_of(saved) or "") == req.body.hash:lower()
  return is_same and saved or nil, is_same
end

local function must_match(req)
  local saved, is_same = matching(req, drafts.FILE)
  if not is_same then
    has_changed()
  end
  return saved
end

-- `wanted` is what could not be done, for this reason.
local function failed(req, wanted, problem, code)
  if code == "conflict" then
    etag.check(req, state(req))
    has_changed()
  end
  saving.refuse_store("The draft could not be " .. wanted, problem, code)
end

---@param req Request
local function save(req)
  saving.must_be_editable()
  draft_state.await()
  local turn <close> = saving.turn()
  etag.check(req, state(req))
  must_match(req)
  local text = rule_text.without_mark(req.body.source)
  local report, message, code, place = draft_state.try(text)
  if not report and not place then
    saving.try_again(code, message)
  elseif not report then -- the draft before it goes on
    local all = saving.with_all(place)
    fail(422, "refused", "The draft is not accepted: " .. message, { source = message }, nil, all)
  end
  -- Trying takes a while: someone else may have saved or discarded it by now. The folder may be slow, so it
  -- is written before the transaction, which other writers wait for.
  local seen = { [drafts.FILE] = req.body.hash:lower() }
  local saved, problem
  saved, problem, code = sources.save({ [drafts.FILE] = text }, seen)
  turn:close()
  local id
  if saved then
    id, problem, code = draft_state.enter({ text = text, author = req.user.id }, report, req.at, function()
      return sources.saved(drafts.FILE) == text, "another was saved or discarded meanwhile", "conflict"
    end)
  end
  if not id then
    failed(req, "saved", problem, code)
  end
  local row = state(req)
  if row.hash ~= saving.hash_of(text) then has_changed() end -- by another, right after this
  return reply.row(row)
end

---@param req Request
local function discard(req)
  saving.must_be_editable()
  draft_state.await()
  local row = state(req)
  etag.check(req, row)
  local seen = req:header("If-Match") and row.hash or nil
  local removed, problem, code = draft_state.finish("discarded", req.at, seen)
  if not removed then
    failed(req, "discarded", problem, code)
  end
  return reply.row(state(req))
end

---@param req Request
local function promote(req)
  draft_state.await()
  local text, is_draft = matching(req, drafts.FILE)
  local promoted = not is_draft and matching(req, FILE)
  if promoted then -- by someone else, or by this request when it came before
    local report, message, place = saving.tried({}, req.user.id)
    if not report then saving.refuse(message, saving.with_all(place)) end
    return saving.live_state(promoted, report)
  end
  if not is_draft then has_changed() end
  if not text then
    fail(404, "no_draft", "There is no draft.")
  end
  local answer = saving.put(req, { [FILE] = text }, nil, req.body, true)
  local removed, problem, code = draft_state.finish("promoted", req.at, req.body.hash:lower())
  if not removed and code == "unknown" then
    fail.unconfirmed()
  elseif not removed and code ~= "conflict" then -- not one that was saved meanwhile
    fail(409, "draft_left", "The draft is live, but its file stays: " .. problem .. ". Remove it yourself.")
  end
  return answer
end

return {
  prefix = "/api/twilio",
  tag = "Rules",
  auth = "user",
  role = "editor",
  { "GET", "/rules/draft", show, row = "RuleDraft", heavy = true,
    summary = "The draft, and how it decides the calls since it was saved",
    responses = { [200] = "RuleDraft" } },
  { "PUT", "/rules/draft", save, body = EDIT, body_bytes = rule_text.BODY_BYTES, limit = limits.rules,
    heavy = true, row = "RuleDraft",
    summary = "Save a draft, when it passes every check; it is never live",
    responses = { [200] = "RuleDraft" } },
  { "DELETE", "/rules/draft", discard, row = "RuleDraft", limit = limits.rules,
    heavy = true, summary = "Discard the draft", responses = { [200] = "RuleDraft" } },
  { "POST", "/rules/draft/promote", promote, body = PROMOTE, limit = limits.rules, heavy = true,
    summary = "Make the draft live", responses = { [200] = "RuleFile" } },
}
