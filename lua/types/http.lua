---@meta
-- types/http.lua
local http = {}

---@class HttpRequest
---@field url string http or https, to a public address
---@field method? "GET"|"HEAD"|"POST"|"PUT"|"PATCH"|"DELETE"|"OPTIONS" GET when left out
---@field headers? table<string, string> at most 32
---@field body? string
---@field timeout? number seconds for the whole request, at most 30 (default 5)
---@field redirects? integer how many a GET or HEAD follows, at most 3; 0 when left out
---@field lookup_hosts? boolean it may go to the hosts of that setting, as lookups always may
---@field max_bytes? integer of the answer, at most 4 MiB; 1 MiB when left out

---@class HttpAnswer
---@field status integer 4xx and 5xx are answers, too
---@field headers table<string, string> names in lower case
---@field body string

---Send a request and wait for the answer. Not available while the application is
---being loaded, nor in a rule.
---@param request HttpRequest
---@return HttpAnswer? answer
---@return string? message
---@return "timeout"|"dns"|"connect"|"lost"|"tls"|"too_large"|"refused_address"|"malformed"|"memory"|nil code
---@nodiscard
function http.request(request) end

return http
