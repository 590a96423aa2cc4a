-- hookswitch.reply: what handlers return.
--
-- A reply is a plain table {status, content_type, body, headers, recording,
-- batch, note}; the router hands its parts to the host. With a batch, the reply
-- leaves when its statements are stored, in one transaction; no VM waits for
-- that. The route's `stored` is told when it went otherwise than usual.
--
-- A long body is answered in pieces: the host sends each as it comes, and asks
-- the route again with req.continued, perhaps in another VM, until there is no
-- more (host/server/answers/pieces.c).

local reply = {}

local JSON = "application/json; charset=utf-8"

---@class Reply
---@field [1] integer status
---@field [2] string? content type
---@field [3] string? body
---@field value any in place of the body: the router writes it as JSON
---@field [4] table<string, string>? headers
---@field [5] string? a recording that the host sends as the body: "RE….mp3"
---@field [6] table[]? statements to be stored first, as db:batch takes them
---@field [7] string? a note for the route's `stored`
---@field [8] string? where the body goes on: req.continued of the next piece

---@param value any anything json.encode takes
---@param status? integer default 200
---@param headers? table<string, string>
---@return Reply
function reply.json(value, status, headers)
  return { status or 200, JSON, nil, headers, value = value }
end

--- A row with its ETag.
---@param row table with `etag`, see hookswitch.etag
---@param status? integer default 200
---@param headers? table<string, string>
---@return Reply
function reply.row(row, status, headers)
  headers = headers or {}
  headers.ETag = row.etag
  return reply.json(row, status, headers)
end

---@param document string a whole TwiML document, from calls.twiml
---@param batch? table[]
---@param note? string
---@return Reply
function reply.twiml(document, batch, note)
  return { 200, "text/xml; charset=utf-8", document, nil, nil, batch, note }
end

---@param status? integer default 204
---@param batch? table[]
---@return Reply
function reply.empty(status, batch)
  return { status or 204, nil, "", nil, nil, batch }
end

---@param text string
---@param content_type string such as "text/csv; charset=utf-8"
---@param headers? table<string, string>
---@param status? integer default 200
---@return Reply
function reply.text(text, content_type, headers, status)
  return { status or 200, content_type, text, headers }
end

--- One piece of a long text.
---@param text string
---@param content_type string
---@param headers table<string, string>
---@param more string? where it goes on; nil: this is the last piece
---@return Reply
function reply.piece(text, content_type, headers, more)
  return { 200, content_type, text, headers, nil, nil, nil, more }
end

local AUDIO = { mp3 = "audio/mpeg", wav = "audio/wav" }

--- The sound of a recording. The host fetches it from Twilio while it sends it, the client's Range included.
---@param sid string RecordingSid
---@param format "mp3"|"wav"
---@param headers? table<string, string>
---@return Reply
function reply.recording(sid, format, headers)
  return { 200, AUDIO[format], "", headers, sid .. "." .. format }
end

return reply
