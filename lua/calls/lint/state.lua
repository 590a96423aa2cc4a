-- state.lua: functions of a rule file that keep state in a variable outside themselves.
--
--   state.kept(t, functions)   -> { { line =, message = }, … }
--
-- `n = n + 1` in a rule would count calls in one worker of many and be gone after
-- the next save. `functions` are the lines on which those functions begin that a
-- decision can come to: what only runs while the file is loaded may keep what it likes.

local state = {}

--- The function that token i is in, as its token; 0 for the file itself.
local function function_of(t, i)
  local open = t.inside[i]
  while open > 0 and t.text[open] ~= "function" do open = t.inside[open] end
  return open
end

local function declare(found, t, i, scope)
  local name = t.text[i]
  found[name] = found[name] or {}
  table.insert(found[name], { at = i, scope = scope })
end

--- Every name in the list that begins at token i.
local function declare_list(found, t, i, scope)
  while t.kind[i] == "name" do
    declare(found, t, i, scope)
    i = i + 1
    if t.text[i] == "<" and t.text[i + 2] == ">" then i = i + 3 end
    if t.text[i] ~= "," then break end
    i = i + 1
  end
end

--- name -> where it is declared, and for which bracket or block.
local function declarations(t)
  local found = {}
  for i = 1, t.count do
    local text = t.kind[i] == "keyword" and t.text[i]
    if text == "local" and t.text[i + 1] == "function" then
      declare(found, t, i + 2, t.inside[i])
    elseif text == "local" then
      declare_list(found, t, i + 1, t.inside[i])
    elseif text == "for" then
      local block = i
      while block < t.count and t.text[block] ~= "do" do block = block + 1 end
      declare_list(found, t, i + 1, block)
    elseif text == "function" then
      local open = i + 1
      local is_method = false
      while open < t.count and t.text[open] ~= "(" do
        is_method, open = is_method or t.text[open] == ":", open + 1
      end
      declare_list(found, t, open + 1, i)
      if is_method then
        found.self = found.self or {}
        table.insert(found.self, { at = i, scope = i })
      end
    end
  end
  return found
end

local function is_within(t, i, scope)
  local open = t.inside[i]
  while open > scope do open = t.inside[open] end
  return open == scope
end

--- The function that the variable at token i belongs to; nil for a global.
local function home_of(t, found, i)
  local best
  for _, known in ipairs(found[t.text[i]] or {}) do
    if known.at < i and (known.scope == 0 or is_within(t, i, known.scope)) then best = known end
  end
  if not best then
    return nil
  end
  return t.text[best.scope] == "function" and best.scope or function_of(t, best.at)
end

--- The variable that is assigned at token i: "n", "t.last"; nil when none is.
local function assigned(t, i)
  local before = t.text[i - 1]
  if t.kind[i] ~= "name" or before == "." or before == ":" or before == "local" or before == "function" then
    return nil
  end
  local words, at = t.text[i], i + 1
  if t.text[at] == "." and t.kind[at + 1] == "name" then
    words, at = words .. "." .. t.text[at + 1], at + 2
  end
  -- a, b = 1, 2
  local last = at
  while t.text[last] == "," and t.kind[last + 1] == "name" and t.text[t.inside[i]] ~= "{"
    and t.text[t.inside[i]] ~= "(" do
    last = last + 2
    while t.text[last] == "." do last = last + 2 end
  end
  if t.text[last] ~= "=" or t.kind[last] ~= "op" or (t.text[t.inside[i]] == "{" and last == i + 1) then
    return nil
  end
  local start = i
  while t.text[start - 1] == "," and t.kind[start - 2] == "name" do
    start = start - 2
    while t.text[start - 1] == "." do start = start - 2 end
  end
  return t.text[start - 1] ~= "local" and t.text[start - 1] ~= "for" and words or nil
end

--- The function around token fn that a decision comes to as it is: what lies in it is made anew in each call.
--- Of several that begin on one line nobody can tell which it is; the outermost may be.
local function reached(t, fn, lines)
  while fn > 0 and not lines[t.line[fn]] do fn = function_of(t, fn) end
  while fn > 0 do
    local around = function_of(t, fn)
    if around == 0 or t.line[around] ~= t.line[fn] then
      return fn
    end
    fn = around
  end
end

---@param t Tokens
---@param functions integer[]
---@return { line: integer, message: string }[]
function state.kept(t, functions)
  local found, lines, list = declarations(t), {}, {}
  for _, line in ipairs(functions) do lines[line] = true end
  for i = 1, t.count do
    local fn = t.kind[i] == "name" and t.inside[i] > 0 and function_of(t, i) or 0
    local words = fn > 0 and assigned(t, i)
    local root = words and reached(t, fn, lines)
    local home = root and home_of(t, found, i)
    if root and not (home and home > 0 and (home == root or is_within(t, home, root))) then
      list[#list + 1] = { line = t.line[i],
        message = ('"%s" does not belong to this function and cannot be set: '
        .. "rules keep no state between calls"):format(words) }
    end
  end
  return list
end

return state
