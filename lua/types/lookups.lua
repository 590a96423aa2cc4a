---@meta
-- types/lookups.lua: the native module that asks lua/lookups.lua.
local lookups = {}

---What a lookup is told of a call.
---@class LookupCall
---@field from string the caller's number; "anonymous" and the like when hidden
---@field to string the number that was called
---@field forwarded_from? string the number that forwarded the call here, when the carrier says
---@field at integer when: seconds since 1970
---@field number CalledNumber
---@field owner Owner
---@field caller { kind: string, anonymous: boolean, name: string?, tags: string[], blocked: boolean, stir: string? }
---@field online boolean a browser of the owner is registered

---@class LookupRun
---@field name string
---@field ms integer how long it took
---@field json? string the answer
---@field error? string why not

---@return { name: string, line: integer }[] # those that the file defines, in its order
---@nodiscard
function lookups.list() end

---Ask them all; together they have lookup_time_ms.
---@param call LookupCall
---@return LookupRun[]
function lookups.run(call) end

return lookups
