---@meta
-- types/lines.lua
local lines = {}

---Telephone legs that are being dialled or talk, of all calls of this process.
---A leg counts for its user until its last report, the end of its dial or call,
---or `until_ms`. Times are milliseconds. models/lines.lua uses it.
---@param user string
---@param call string the parent's CallSid
---@param step integer of the plan; 0: a call from the browser
---@param phone string
---@param until_ms integer
---@param now integer
---@param most integer the user's limit
---@return "reserved"|"full"|"unknown" answer unknown: the user's legs of before are to be entered first
---@nodiscard
function lines.reserve(user, call, step, phone, until_ms, now, most) end

---Enter a leg that the log or a report shows, whatever the limit; one that is known already changes nothing.
---@param user string
---@param call string
---@param step integer
---@param phone string
---@param until_ms integer
---@param now integer
---@param child string its CallSid, or "" while none is known
function lines.enter(user, call, step, phone, until_ms, now, child) end

---How often something of another host was missed so far: asked before the log is read.
---@return integer misses
---@nodiscard
function lines.misses() end

---The user's legs of before are entered, unless something was missed meanwhile.
---@param user string
---@param misses integer
function lines.entered(user, misses) end

---Twilio has reported a leg of a call.
---@param call string the parent's CallSid
---@param child string
---@param phone string
---@param final boolean the leg has ended
function lines.report(call, child, phone, final) end

---A dial, or without a step the whole call, has ended.
---@param call string
---@param step integer?
function lines.ended(call, step) end

---@param user string
---@param now integer
---@return integer # legs that count
---@nodiscard
function lines.count(user, now) end

---Calls of a user with legs that count, to be compared with the log; none before a second has passed.
---@param user string
---@param now integer
---@return { [1]: string, [2]: boolean }[] calls CallSid, and whether nothing of it was reserved here
---@nodiscard
function lines.review(user, now) end

return lines
