-- calls.source.diff: what changed between two texts, as `diff -u` writes it.
--
--   diff.unified(old, new, old_name, new_name)  -> text, lines added, lines removed
--
-- Myers' algorithm on the lines between the common beginning and end. Texts that
-- have little in common are shown as one whole replaced by the other.

local diff = {}

local CONTEXT = 3 -- lines shown around a change
local EFFORT = 500 -- changed lines that are worth looking for the best match

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("([^\n]*\n?)") do
    if line ~= "" then
      lines[#lines + 1] = line
    end
  end
  return lines
end

-- How many lines the two have in common at the beginning, and then at the end.
local function common(old, new)
  local head, tail, most = 0, 0, math.min(#old, #new)
  while head < most and old[head + 1] == new[head + 1] do
    head = head + 1
  end
  while tail < most - head and old[#old - tail] == new[#new - tail] do
    tail = tail + 1
  end
  return head, tail
end

-- The furthest that `d` changes reach on each diagonal k = x - y, for d = 0, 1,
-- … until the end of both is reached; nil when that takes too many.
local function search(old, new, head, n, m)
  local reached, trace = { [1] = 0 }, {}
  for d = 0, math.min(n + m, EFFORT) do
    trace[d] = table.move(reached, -d - 1, d + 1, -d - 1, {})
    for k = -d, d, 2 do
      local down = k == -d or (k ~= d and reached[k - 1] < reached[k + 1])
      local x = down and reached[k + 1] or reached[k - 1] + 1
      while x < n and x - k < m and old[head + x + 1] == new[head + x - k + 1] do
        x = x + 1
      end
      reached[k] = x
      if x >= n and x - k >= m then
        return trace, d
      end
    end
  end
end

-- Walk the trace back from the end: which old lines go, and which new ones come.
local function walk_back(trace, d, head, n, m)
  local gone, come = {}, {}
  local x, y = n, m
  for step = d, 1, -1 do
    local reached, k = trace[step], x - y
    local down = k == -step or (k ~= step and reached[k - 1] < reached[k + 1])
    local from = down and k + 1 or k - 1
    x = reached[from]
    y = x - from
    if down then
      come[head + y + 1] = true
    else
      gone[head + x + 1] = true
    end
  end
  return gone, come
end

-- The lines as a list of { sign, line, place in old, place in new }.
local function edits(old, new)
  local head, tail = common(old, new)
  local n, m = #old - head - tail, #new - head - tail
  local gone, come = {}, {}
  local trace, d = search(old, new, head, n, m)
  if trace then
    gone, come = walk_back(trace, d, head, n, m)
  else
    for i = head + 1, head + n do gone[i] = true end
    for i = head + 1, head + m do come[i] = true end
  end
  local list, i, j = {}, 1, 1
  while i <= #old or j <= #new do
    if gone[i] then
      list[#list + 1] = { "-", old[i], i, j }
      i = i + 1
    elseif come[j] then
      list[#list + 1] = { "+", new[j], i, j }
      j = j + 1
    else
      list[#list + 1] = { " ", old[i], i, j }
      i, j = i + 1, j + 1
    end
  end
  return list
end

local function range(first, count)
  if count == 0 then
    return ("%d,0"):format(first - 1)
  end
  return count == 1 and tostring(first) or ("%d,%d"):format(first, count)
end

-- One @@ paragraph: the edits from `first` to `last`.
local function hunk(list, first, last, out)
  local old, new = 0, 0
  for i = first, last do
    old = old + (list[i][1] ~= "+" and 1 or 0)
    new = new + (list[i][1] ~= "-" and 1 or 0)
  end
  out[#out + 1] = ("@@ -%s +%s @@\n"):format(range(list[first][3], old), range(list[first][4], new))
  for i = first, last do
    local line = list[i][2]
    local whole = line:sub(-1) == "\n"
    out[#out + 1] = list[i][1] .. line .. (whole and "" or "\n\\ No newline at end of file\n")
  end
end

-- Call `take(first, last)` for each stretch of changes with what stands around.
local function each_stretch(list, take)
  local first, last
  for i, edit in ipairs(list) do
    if edit[1] ~= " " then
      if last and i - last > 2 * CONTEXT then
        take(math.max(1, first - CONTEXT), last + CONTEXT)
        first = nil
      end
      first, last = first or i, i
    end
  end
  if first then
    take(math.max(1, first - CONTEXT), math.min(#list, last + CONTEXT))
  end
end

---@param old string
---@param new string
---@param old_name string
---@param new_name string
---@return string text "" when they are the same
---@return integer added lines
---@return integer removed lines
function diff.unified(old, new, old_name, new_name)
  if old == new then
    return "", 0, 0
  end
  local list = edits(lines_of(old), lines_of(new))
  local out, added, removed = { ("--- %s\n+++ %s\n"):format(old_name, new_name) }, 0, 0
  for _, edit in ipairs(list) do
    added = added + (edit[1] == "+" and 1 or 0)
    removed = removed + (edit[1] == "-" and 1 or 0)
  end
  each_stretch(list, function(first, last) hunk(list, first, last, out) end)
  return table.concat(out), added, removed
end

return diff
