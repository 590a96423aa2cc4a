---@meta
-- types/metrics.lua: counters of /metrics that routes keep.
local metrics = {}

---Add one: a call that was decided, or one that was answered without the rules since they failed.
---@param name "calls"|"fallbacks"
function metrics.count(name) end

return metrics
