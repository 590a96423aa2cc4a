-- routes/voice.lua: POST /api/twilio/twiml, the one address of every step of a call.

local webhook = require("voice.webhook")

return {
  prefix = "/api/twilio",
  tag = "Webhooks",
  auth = "twilio",
  { "POST", "/twiml", webhook.answer, stored = webhook.stored, rescue = webhook.rescue,
    summary = "Twilio asks what to do with a call",
    responses = { [200] = { ["text/xml"] = { type = "string" } } } },
}
