-- What a VM loads before it answers its first webhook: each pair pays for it in memory, a save in time.

dofile("spec/support/native.lua")

local MINE = { "^calls%.", "^hookswitch%.", "^models%.", "^routes%.", "^voice%." }
local FOR_OTHERS = {
  "calls.rules.problems", "calls.rules.ruleset", "calls.lint.meant", "calls.syntax.syntax",
  "calls.replay.replay", "models.gate", "models.call_log", "models.call_sources", "models.recording_sources",
}

local function forget_modules()
  for name in pairs(package.loaded) do
    for _, pattern in ipairs(MINE) do
      if name:find(pattern) then package.loaded[name] = nil end
    end
  end
end

describe("a VM that answers webhooks", function()
  forget_modules()
  require("hookswitch.router")
  require("routes.voice")

  for _, name in ipairs(FOR_OTHERS) do
    it("doesn't load " .. name, function()
      assert.is_nil(package.loaded[name])
    end)
  end

  it("loads what decides them", function()
    assert.is_truthy(package.loaded["voice.start"] and package.loaded["calls.rules.decide"])
  end)
end)
