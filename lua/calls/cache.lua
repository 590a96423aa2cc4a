-- cache.lua: values made once per text and looked up by it.
--
--   local plans = Cache.new(1000)
--   local plan = plans:get(text, make)    make(text) is called the first time

---@class Cache
---@field limit integer texts kept before it starts over
---@field count integer
---@field values table<string, any>
---@field last_text string? asked last; equal texts often come one after the other, and cost less to compare
--- than to look up
---@field last_value any
local Cache = {}
Cache.__index = Cache

---@param limit integer
---@return Cache
function Cache.new(limit)
  return setmetatable({ limit = limit, count = 0, values = {} }, Cache)
end

---@param text string
---@param make fun(text: string): any not nil
---@return any
function Cache:get(text, make)
  if text == self.last_text then
    return self.last_value
  end
  local value = self.values[text]
  if value ~= nil then
    self.last_text, self.last_value = text, value
    return value
  end
  if self.count >= self.limit then
    self.count, self.values = 0, {}
  end
  value = make(text)
  self.values[text], self.count = value, self.count + 1
  self.last_text, self.last_value = text, value
  return value
end

return Cache
