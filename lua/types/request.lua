---@meta
-- types/request.lua: what a handler is given. Made by the host for each request.

---@class RequestUser
---@field id string
---@field login string? of a local account
---@field role "agent"|"editor"|"admin"
---@field role_assumed boolean neither an account nor the token names a role

---@class Request
---@field id string of this request, also in the log and in X-Request-Id
---@field method string "GET", "POST", …
---@field target string path and query as they were sent
---@field path table<string, any> the parameters of the path, checked when the route declares them
---@field query Params|table the checked table when the route declares one
---@field params Params the form, on routes with auth "twilio"
---@field body any the checked JSON, when the route declares one
---@field raw string the body as it was sent, on all other routes
---@field content_type string?
---@field user RequestUser on routes with auth "user"
---@field remote string address of the client, as a trusted proxy says it
---@field at integer milliseconds since 1970
---@field continued string? where the answer goes on, when its first pieces are sent (reply.piece)
local Request = {}

---A header of the request.
---@param name string in any case
---@return string?
---@nodiscard
function Request:header(name) end

---Whether it has changed something (written, saved a file, asked Twilio) that stays if it fails from now on.
---@return boolean
---@nodiscard
function Request:has_changed() end

---A form as it was sent: `params.From` is the first value of that name, or nil;
---`pairs` goes in the order of sending. Only during the request.
---@class Params
---@field [string] string?
local Params = {}

---Every value of a name, in the order of sending.
---@param name string
---@return string[]
---@nodiscard
function Params:all(name) end

return { Request = Request, Params = Params }
