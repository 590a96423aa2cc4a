-- party.lua: one side of a simulated call, following its document.
--
--   local party = simulator_party.new(call, { who = "caller", params = …, answers = … })
--   party:run(url, params, method)   -> how it ended: "end", "hangup", "rejected", "gone", "error", "loop"
--
-- The caller follows the voice webhook's document, a callee the one at a noun's
-- `url`. The verbs are in verbs.lua and dial.lua; each returns the next request, or
-- how the call ended, or nothing if the document goes on.

local reader = require("calls.twiml.reader")

local simulator_party = {}

local DOCUMENTS = 100 -- more than that is a loop

---@class SimulatorParty
---@field call SimulatorCall
---@field who "caller"|"callee"
---@field target string? the callee's phone or browser
---@field params table<string, string> of every webhook of this side
---@field verbs table<string, fun(party: SimulatorParty, node: XmlNode): table?, string?>
---@field url string? of the current document
---@field next_digits fun(party: SimulatorParty): table?

local Party = {}
Party.__index = Party

---@param call SimulatorCall
---@param fields table
---@return SimulatorParty
function simulator_party.new(call, fields)
  fields.call = call
  return setmetatable(fields, Party)
end

--- Make an address in the document at `base` absolute.
---@param base string?
---@param url string
---@return string
function simulator_party.resolve(base, url)
  local origin, path = (base or ""):match("^(%a[%w+.-]*://[^/?#]*)([^?#]*)")
  if url:find("^%a[%w+.-]*:") or not origin then
    return url
  elseif url:sub(1, 2) == "//" then
    return origin:match("^[^/]*") .. url
  elseif url:sub(1, 1) == "/" then
    return origin .. url
  elseif url == "" or url:sub(1, 1) == "?" or url:sub(1, 1) == "#" then
    return (url:sub(1, 1) == "?" and origin .. path or base:match("^[^#]*")) .. url
  end
  return origin .. (path:match("^(.*/)") or "/") .. url
end

Party.resolve = simulator_party.resolve

---@param kind string
---@param text string what happens, in words
---@param more table? further fields
function Party:event(kind, text, more)
  self.call:event(self.who, kind, text, more, self.target)
end

--- Wait; a prompt is cut short at `deadline`, when someone presses a key.
---@param seconds number
---@param deadline number?
function Party:listen(seconds, deadline)
  local clock = self.call.clock
  clock:sleep(deadline and math.min(seconds, deadline - clock.now) or seconds)
end

--- Pick the call up, as every verb does but <Reject> and <Dial answerOnBridge>.
function Party:answer()
  if self.who == "caller" then
    self.call:answer()
  end
end

--- A webhook's form: what each of them has, and `more`.
---@param more table<string, string>?
---@return table<string, string>
function Party:form(more)
  local form = {}
  for name, value in pairs(self.params) do
    form[name] = value
  end
  form.CallStatus = self.who == "caller" and self.call.status or "in-progress"
  for name, value in pairs(more or {}) do
    form[name] = value
  end
  return form
end

--- The request a verb leads to; without an address, to the same document again.
---@param node XmlNode
---@param more table<string, string>
---@return { url: string, params: table<string, string>, method: string }
function Party:action(node, more)
  local url = node.attributes.action
  return {
    url = simulator_party.resolve(self.url, url and url ~= "" and url or ""),
    params = self:form(more), method = node.attributes.method,
  }
end

-- One document, or nil and what Twilio would log.
local function load(self, url, params, method)
  local call = self.call
  local text, message, code = call:fetch(url, params, method, self.who)
  if not text then
    return nil, message, code or "11200"
  end
  local root
  root, message = reader.parse(text)
  if root and root.name ~= "Response" then
    root, message = nil, ("the document is a <%s>, not a <Response>"):format(root.name)
  end
  return root, message, "12100"
end

--- The document at an address, or the fallback's if that fails. Twilio asks the call's fallback, whichever
--- document failed. `variant.fallback` says which fields of the failed request it repeats.
---@return XmlNode? root
function Party:fetch(url, params, method)
  local call = self.call
  local root, message, code = load(self, url, params, method)
  if root then
    self.url = url
    return root
  end
  call:event("call", "error", ("error %s: %s"):format(code, message), { code = code, url = url })
  local fallback = call.options.fallback_url
  fallback = fallback and simulator_party.resolve(call.options.url, fallback)
  if not fallback or url == fallback or self.who ~= "caller" then
    return nil
  end
  params = self:form(call.variant.fallback == "whole" and params or {})
  params.ErrorCode, params.ErrorUrl = code, url
  return self:fetch(fallback, params)
end

local function follow(self, root)
  for _, node in ipairs(reader.elements(root)) do
    local verb = self.verbs[node.name]
    if verb then
      local following, ended = verb(self, node)
      if following or ended then
        return following, ended
      end
    else
      local text = ("meets <%s>, which is not simulated"):format(node.name)
      self:event("unsupported", text, { verb = node.name })
    end
  end
  return nil, "end"
end

--- Follow documents until the party is done.
---@param url string
---@param params table<string, string>
---@param method string?
---@return string how
function Party:run(url, params, method)
  for _ = 1, DOCUMENTS do
    local root = self:fetch(simulator_party.resolve(self.url, url), params, method)
    if not root then
      if self.who == "caller" then
        self:answer()
        self:event("say", "hears: We're sorry, an application error has occurred. Goodbye.")
        self:listen(4)
      end
      return "error"
    end
    local following, ended = follow(self, root)
    if ended then
      return ended
    end
    url, params, method = following.url, following.params, following.method
  end
  self:event("error", "the documents lead in a circle", { code = "loop" })
  return "loop"
end

return simulator_party
