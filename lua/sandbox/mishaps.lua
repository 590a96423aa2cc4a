-- sandbox.mishaps: what goes wrong with single requests of a played call.
--
--   local ahead = mishaps.of { { request = "leg completed", does = "lose" } }
--   ahead:meet("leg completed")   -> "lose"
--   mishaps.report(kind, params)  mishaps.document(url)   what a request is called
--
-- Reports: "call completed", "leg initiated", "leg ringing", "leg in-progress",
-- "leg busy" …, "recording completed", "transcription completed". Documents:
-- "document first", "document after", "document menu", "document consent",
-- "document vm_done", "document screen", "document screened", "document
-- fallback". A * stands for anything: "leg *".
--
-- A lost report never arrives; a delayed one arrives when the call is over; a
-- repeated one arrives twice. Twilio does not retry a report that got a 5xx, so to us
-- that is a lost one. A lost document is never requested; a delayed one is, but its
-- answer comes too late: in both cases the fallback is requested next.

local glob = require("sandbox.glob")

local mishaps = {}

mishaps.DOES = { "lose", "delay", "repeat" }

---@class SandboxMishap
---@field request string which: the name of a request, where * stands for anything
---@field does "lose"|"delay"|"repeat"
---@field nth integer? only the n-th request of that name; all when left out

local Mishaps = {}
Mishaps.__index = Mishaps

---@param list SandboxMishap[]?
---@return table
function mishaps.of(list)
  local self = setmetatable({}, Mishaps)
  for position, mishap in ipairs(list or {}) do
    self[position] = { request = mishap.request, does = mishap.does, nth = mishap.nth, seen = 0 }
  end
  return self
end

--- What happens to the next request of that name; the first mishap that matches counts.
---@param name string
---@return "lose"|"delay"|"repeat"|nil
function Mishaps:meet(name)
  local found
  for _, mishap in ipairs(self) do
    if glob.matches(mishap.request, name) then
      mishap.seen = mishap.seen + 1
      if not found and (not mishap.nth or mishap.nth == mishap.seen) then
        found = mishap.does
      end
    end
  end
  return found
end

--- The name of a report.
---@param kind "status"|"recording"|"transcription"
---@param params table<string, string>
---@return string
function mishaps.report(kind, params)
  if kind == "status" then
    return (params.ParentCallSid and "leg " or "call ") .. tostring(params.CallStatus)
  end
  return kind .. " " .. tostring(params.RecordingStatus or params.TranscriptionStatus)
end

--- The name of a document, by the step in its address.
---@param url string
---@return string
function mishaps.document(url)
  return "document " .. (url:match("[?&]step=([%w_]+)") or "first")
end

return mishaps
