-- random.lua: the same numbers every time: generator(seed) gives below, and below(n) is from 1 to n.
return function(seed)
  return function(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % n + 1
  end
end
