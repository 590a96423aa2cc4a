-- api.audible: is there sound at an address?
--
--   audible.problem(url)   nil, or the problem, for the person who saved it
--
-- Twilio fetches a greeting when a caller is on the line, and plays nothing when
-- that fails. So it is fetched once here, briefly and from public addresses only, like any address that users
-- give. The result is only a warning: the file may be added later, or not be served to us.

local http = require("http")

local audible = {}

local SECONDS, BYTES = 3, 64 * 1024

-- What <Play> takes, by Twilio's documentation of the verb ("Supported Audio File Types").
local PLAYED = {
  ["audio/mpeg"] = true, ["audio/wav"] = true, ["audio/wave"] = true, ["audio/x-wav"] = true,
  ["audio/aiff"] = true, ["audio/x-aifc"] = true, ["audio/x-aiff"] = true, ["audio/x-gsm"] = true,
  ["audio/gsm"] = true, ["audio/ulaw"] = true,
}

-- The bytes of sound that a WAV file says it has; nil: it isn't one, or doesn't say.
local function wav_bytes(body)
  if #body < 12 or body:sub(1, 4) ~= "RIFF" or body:sub(9, 12) ~= "WAVE" then
    return nil
  end
  local at = 13
  while at + 7 <= #body do
    local size = string.unpack("<I4", body, at + 4)
    if body:sub(at, at + 3) == "data" then
      return size
    end
    at = at + 8 + size + size % 2
  end
end

local function fault(answer)
  local kind = (answer.headers["content-type"] or ""):match("^%s*([^;%s]*)"):lower()
  if answer.status ~= 200 and answer.status ~= 206 then
    return ("the server there answers with %d"):format(answer.status)
  elseif kind == "" then
    return "the server there does not say what kind of file it is (Content-Type)"
  elseif not PLAYED[kind] then
    return ("it is %s, which Twilio does not play: use MP3 (audio/mpeg) or WAV (audio/wav)"):format(kind)
  elseif answer.body == "" then
    return "the file is empty"
  elseif wav_bytes(answer.body) == 0 then
    return "the file has no sound in it"
  end
end

---@param url string
---@return string? sentence
function audible.problem(url)
  local answer, message, code = http.request {
    url = url, timeout = SECONDS, redirects = 3, max_bytes = BYTES,
    headers = { Range = ("bytes=0-%d"):format(BYTES // 2 - 1) },
  }
  if code == "too_large" then
    return nil -- a server without ranges; what it sends isn't an error page
  end
  local why = answer and fault(answer) or not answer and message
  return why and ("Callers may hear nothing of %s: %s."):format(url, (why:gsub("%.$", ""))) or nil
end

return audible
