-- changes.lua: which times go elsewhere with other rules.
--
--   changes.marked(before, after)   -> the spans of `after`, cut where calls begin or cease to go elsewhere;
--                                      those that do have a `before`
--
-- Both are spans of the same time with their plans, as coverage.of gives them with the option `plans`.

local compare = require("calls.plans.compare")
local json = require("json")

local changes = {}

local function goes_elsewhere(old, new)
  if old.words ~= new.words or old.gap ~= new.gap then
    return true
  end
  return old.plan ~= new.plan and not (old.plan and new.plan and compare.plans(old.plan, new.plan))
end

-- Without its time and its plan.
local function way_of(span)
  return {
    words = span.words, rule = span.rule, line = span.line, source = span.source, reaches = span.reaches,
    gap = span.gap, error = span.error,
  }
end

---@param before CoverageSpan[]
---@param after CoverageSpan[]
---@return CoverageSpan[]
function changes.marked(before, after)
  local marked, position = json.array {}, 1
  for _, span in ipairs(after) do
    local at, last = span.from, nil
    while at < span.to do
      local old = before[position]
      local to = math.min(old.to, span.to)
      local was = goes_elsewhere(old, span) and way_of(old) or nil
      if last and not was and not last.before then
        last.to = to
      else
        last = way_of(span)
        last.from, last.to, last.before = at, to, was
        marked[#marked + 1] = last
      end
      position = old.to == to and position + 1 or position
      at = to
    end
  end
  return marked
end

return changes
