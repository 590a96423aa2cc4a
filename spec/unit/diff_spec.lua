-- The differences of two texts, judged by the program whose form they have.
local generator = dofile("spec/support/random.lua")
local diff = require("calls.source.diff")

local function file(text)
  local name = os.tmpname()
  local handle = assert(io.open(name, "w"))
  handle:write(text)
  handle:close()
  return name
end

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end

-- Lines by number: few of them, so that many are alike.
local function random_text(below, length)
  local lines = {}
  for i = 1, length do lines[i] = "line " .. below(6) end
  return table.concat(lines, "\n") .. (below(4) == 1 and "" or "\n")
end

describe("diff.unified", function()
  it("says nothing of texts that are the same", function()
    assert.same({ "", 0, 0 }, { diff.unified("a\nb\n", "a\nb\n", "x", "y") })
    assert.same({ "", 0, 0 }, { diff.unified("", "", "x", "y") })
  end)

  it("shows a change with three lines around it", function()
    local old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
    local text, added, removed = diff.unified(old, (old:gsub("5\n", "five\nand a half\n")), "before", "after")
    assert.equal("--- before\n+++ after\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n"
      .. "-5\n+five\n+and a half\n 6\n 7\n 8\n", text)
    assert.same({ 2, 1 }, { added, removed })
  end)

  it("counts from 0 where there is nothing", function()
    assert.equal("--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n", (diff.unified("", "x\n", "a", "b")))
    assert.equal("--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n", (diff.unified("x\n", "", "a", "b")))
  end)

  it("is what patch needs to make the one of the other", function()
    local below = generator(7)
    for _ = 1, 60 do
      local old, new = random_text(below, below(40)), random_text(below, below(40))
      local text = diff.unified(old, new, "a", "b")
      local from, patch = file(old), file(text)
      if text ~= "" then
        assert.equal(new, output(("patch -s -o - %s %s 2>&1"):format(from, patch)), text)
      end
      os.remove(from)
      os.remove(patch)
    end
  end)

  it("finds as few changes as there are", function()
    local below = generator(11)
    for _ = 1, 30 do
      local old, new = random_text(below, 30), random_text(below, 30)
      local from, to = file(old), file(new)
      local _, added, removed = diff.unified(old, new, "a", "b")
      local theirs = output(("diff -d %s %s"):format(from, to))
      assert.equal(select(2, ("\n" .. theirs):gsub("\n[<>] ", "")), added + removed)
      os.remove(from)
      os.remove(to)
    end
  end)

  it("replaces the whole of a text that has little in common", function()
    local old, new = {}, {}
    for i = 1, 2000 do old[i], new[i] = "old " .. i, "new " .. i end
    local _, added, removed = diff.unified(table.concat(old, "\n"), table.concat(new, "\n"), "a", "b")
    assert.same({ 2000, 2000 }, { added, removed })
  end)
end)
