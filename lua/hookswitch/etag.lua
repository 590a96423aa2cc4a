-- hookswitch.etag: which state of a row a client has seen (RFC 9110, 8.8.3 and 13.1.1).
--
--   etag.stamp(row)        row.etag = '"…"', what ETag and If-Match take
--   etag.check(req, row)   fails with 412 and the row when If-Match names none of its states
--
-- A tag is made from all fields, so writers don't have to maintain a counter. Check it in the transaction of
-- the write.

local crypto = require("crypto")
local fail = require("hookswitch.fail")
local json = require("json")

local etag = {}

local SHOWN = 22 -- characters of base64url: 132 bits

---@param row table with all fields that an API client is shown
---@return string tag in its quotes
function etag.of(row)
  return '"' .. crypto.base64url(crypto.sha256(json.encode(row))):sub(1, SHOWN) .. '"'
end

--- Give a row its tag, before anything is added that belongs to another row or to the clock.
---@generic T
---@param row T
---@return T the same table
function etag.stamp(row)
  row.etag = nil
  row.etag = etag.of(row)
  return row
end

-- The strong tags of a header as a set; nil when it cannot be read: tags or nothing between commas. If-Match
-- compares strongly, so a weak tag fits nothing.
local function tags_of(header)
  local list, at, strong, readable = "," .. header, 1, {}, false
  while at <= #list do
    local weak, tag, behind = list:match('^,[ \t]*(W?/?)("[^"%c ]*")[ \t]*()', at)
    if tag then
      readable = true
      strong[tag] = weak == "" or strong[tag]
    else
      behind = list:match("^,[ \t]*()", at)
    end
    if not behind or weak == "W" or weak == "/" then
      return nil
    end
    at = behind
  end
  return readable and strong or nil
end

--- Does If-Match allow to change what has this tag?
---@param header string? If-Match
---@param tag string? nil when nothing exists yet
---@return boolean? fits nil: the header cannot be read
function etag.fits(header, tag)
  if not header then
    return true
  elseif header:find("^[ \t]*%*[ \t]*$") then
    return tag ~= nil
  end
  local tags = tags_of(header)
  if not tags then
    return nil
  end
  return tag ~= nil and tags[tag] or false
end

--- End the request when it is about another state of the row.
---@param req Request
---@param row table? stamped; nil: there is none
function etag.check(req, row)
  local fits = etag.fits(req:header("If-Match"), row and row.etag)
  if fits then
    return
  elseif fits == nil then
    fail(400, "bad_request", 'If-Match must be *, or tags in double quotes as ETag gave them: "a", "b".')
  end
  fail(412, "changed_meanwhile", row and "It has been changed since you read it. Compare, then try again."
    or "It doesn't exist, so it can't be in the state you expect.", nil, row and { ETag = row.etag },
    { current = row })
end

--- The same for a model, to call in the transaction of the write.
---@param req Request
---@return fun(row: table?)
function etag.checker(req)
  return function(row) etag.check(req, row) end
end

return etag
