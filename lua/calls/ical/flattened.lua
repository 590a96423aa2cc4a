-- flattened.lua: the times of events that overlap, one after the other.
--
--   flattened(list, from, to)   -> Turn[]
--
-- The one that began last counts; of two that begin together, the one that ends first, or else the later one
-- in the file.

---@param list { from: integer, till: integer, who: string, order: integer }[] order: of the event in the file
---@param from integer
---@param to integer
---@return Turn[]
return function(list, from, to)
  table.sort(list, function(a, b)
    if a.from ~= b.from then
      return a.from < b.from
    elseif a.till ~= b.till then
      return a.till > b.till
    end
    return a.order < b.order
  end)
  local out, stack, now = {}, {}, from
  local function until_moment(moment)
    while #stack > 0 and now < moment do
      local top = stack[#stack]
      local till = math.min(top.till, moment)
      local last = out[#out]
      if till > now then
        if last and last.who == top.who and last.till == now then
          last.till = till
        else
          out[#out + 1] = { from = now, till = till, who = top.who }
        end
        now = till
      end
      if top.till <= now then stack[#stack] = nil end
    end
    now = math.max(now, moment)
  end
  for _, each in ipairs(list) do
    until_moment(math.max(each.from, from))
    stack[#stack + 1] = each
  end
  until_moment(to)
  return out
end
