-- clock.lua: a clock that only moves while every task waits.
--
--   local clock = simulator_clock.new(tick)
--   local task = clock:spawn(function() clock:sleep(20) … end)
--   clock:wait(signal)  clock:signal(signal)     a task waits for another one
--   clock:cancel(task)
--   clock:run()                                  until no task is left to run
--
-- Tasks are coroutines; whichever is due next runs next, and those due at the same
-- time run in the order in which they went to sleep. So the phones of one <Dial>
-- ring together, and a call plays the same way every time.
--
-- tick(from, to) is called before that time passes. It may stop the clock earlier,
-- and do something then: it returns that second, and a function.

local simulator_clock = {}

local Clock = {}
Clock.__index = Clock

---@class SimulatorClock
---@field now number seconds since the call came in
---@field tick? fun(from: number, to: number): number?, fun()?

---@param tick? fun(from: number, to: number): number?, fun()?
---@return SimulatorClock
function simulator_clock.new(tick)
  return setmetatable({ now = 0, tick = tick, queue = {}, count = 0, running = nil }, Clock)
end

local function enqueue(self, task, at)
  self.count = self.count + 1
  local entry = { task = task, at = at, order = self.count }
  local place = #self.queue + 1
  while place > 1 and self.queue[place - 1].at > at do
    place = place - 1
  end
  table.insert(self.queue, place, entry)
end

---@param run fun()
---@param delay number? seconds
---@return table task
function Clock:spawn(run, delay)
  local task = { thread = coroutine.create(run) }
  enqueue(self, task, self.now + (delay or 0))
  return task
end

--- Never run the task again. The task that runs may cancel itself: it ends at its next sleep.
---@param task table?
function Clock.cancel(_, task)
  if task then
    task.cancelled = true
  end
end

---@param seconds number
function Clock:sleep(seconds)
  enqueue(self, self.running, self.now + math.max(0, seconds))
  coroutine.yield()
end

--- Sleep until someone signals.
---@param signal { waiting: table?, given: boolean? }
function Clock:wait(signal)
  if not signal.given then
    signal.waiting = self.running
    coroutine.yield()
  end
  signal.given = nil
end

---@param signal { waiting: table?, given: boolean? }
function Clock:signal(signal)
  signal.given = true
  if signal.waiting then
    enqueue(self, signal.waiting, self.now)
    signal.waiting = nil
  end
end

local function resume(self, task)
  self.running = task
  local ok, err = coroutine.resume(task.thread)
  self.running = nil
  if not ok then
    error(type(err) == "string" and debug.traceback(task.thread, err) or err, 0)
  end
end

local function pass(self, to)
  local reached, act
  if self.tick then
    reached, act = self.tick(self.now, to)
  end
  self.now = reached or to
  if act then
    act()
  end
end

function Clock:run()
  while #self.queue > 0 do
    local entry = self.queue[1]
    if entry.at > self.now and not entry.task.cancelled then
      pass(self, entry.at)
    else
      table.remove(self.queue, 1)
      if not entry.task.cancelled then
        resume(self, entry.task)
      end
    end
  end
end

return simulator_clock
