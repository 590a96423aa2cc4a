-- urls.lua: the addresses that Twilio is told to call next.
--
--   urls.step(ctx, "after", { leg = "fwd", n = 2, rule = 7 })
--   urls.status(ctx)      urls.recording(ctx)
--
-- The query carries the state of a call, covered by Twilio's signature: `step`,
-- then leg, n, rule, try, pin, rec and v in this order, and the plan of a call that
-- began while the database was down (voice/carried_plan.lua). base_url is SERVER_URL;
-- without one the URL is relative, which Twilio resolves against ours.

local urls = {}

local ORDER = { "leg", "n", "rule", "try", "pin" }

local function escaped(value)
  if math.type(value) == "integer" then
    return value
  end
  return (tostring(value):gsub("[^%w_.~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

---@param ctx CallContext
---@param step string
---@param fields { leg: string?, n: integer?, rule: integer?, try: integer?, pin: integer? }
---@return string
function urls.step(ctx, step, fields)
  local out = (ctx.base_url or "") .. "/api/twilio/twiml?step=" .. step
  for i = 1, #ORDER do
    local value = fields[ORDER[i]]
    if value ~= nil then out = out .. "&" .. ORDER[i] .. "=" .. escaped(value) end
  end
  if ctx.rec then out = out .. "&rec=" .. escaped(ctx.rec) end
  if ctx.v then out = out .. "&v=" .. escaped(ctx.v) end
  if ctx.carried then out = out .. "&plan=" .. ctx.carried end
  return out
end

---@param ctx CallContext
---@return string
function urls.status(ctx)
  local out = (ctx.base_url or "") .. "/api/twilio/status-callback"
  return ctx.carried and out .. "?plan=" .. ctx.carried or out
end

---@param ctx CallContext
---@return string
function urls.recording(ctx)
  return (ctx.base_url or "") .. "/api/twilio/recording-callback"
end

return urls
