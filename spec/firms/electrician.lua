-- An electrician: whoever has a job today reaches the van that comes, from a lookup; otherwise by the clock.
local OFFICE, FOREMAN = "+12065550142", "+12065550177"
local OPEN = hours { zone = "America/Los_Angeles", ["mon-fri"] = "07:00-16:00" }

local function job_of(call)
  local job = call.lookups.job
  if type(job) == "table" and type(job.van) == "string" then
    return job
  end
  return nil
end

local function or_foreman(plan)
  return plan:otherwise(ring(FOREMAN, { seconds = 15 }))
end

local is_open = function(call)
  return OPEN:open_at(call.at)
end

return {
  {
    "a job today",
    when = function(call) return job_of(call) ~= nil end,
    go = function(call)
      local job = job_of(call)
      local plan = or_foreman(ring(job.van, { seconds = 20 }))
      if job.urgent == true then
        plan = ring({ job.van, FOREMAN }, { seconds = 30 })
      end
      return plan:text("Your electrician is on the way.")
    end,
  },
  { "open", when = is_open, go = or_foreman(ring(OFFICE, { seconds = 20 })) },
  { "owner's browser", when = function(call) return call.line.online and not call.line.busy end,
    go = function(call) return ring(call.owner, { seconds = 20 }):otherwise(voicemail()) end },
  { "closed", go = voicemail("We work from seven to four.") },

  examples = {
    { lookups = { job = { van = "+12065550188" } }, expect = "ring +12065550188" },
    { lookups = { job = { van = "+12065550188", urgent = true } },
      expect = "ring +12065550188 +12065550177" },
    { lookups = { job = "none" }, at = "2026-03-09 07:00", expect = "ring +12065550142" },
    { lookups = {}, at = "2026-03-09 16:00", line = { online = true, busy = false }, expect = "ring user:1" },
    { lookups = {}, at = "2026-03-09 16:00", line = { online = false, busy = false }, expect = "voicemail" },
  },
}
