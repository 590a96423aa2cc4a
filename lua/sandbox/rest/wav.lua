-- sandbox.rest.wav: the sound of the stand-in's recordings: soft tones, so that a player
-- has something to play.
--
--   wav.file(seconds, channels)   a whole WAV file: 8 kHz, 16 bit
--   wav.range(header, size)       first and last byte that a Range header asks for

local wav = {}

local RATE = 8000
local BYTES = 2
-- Each channel sounds in its own half of every second, at its own pitch.
local PITCHES = { 440, 330 }

local seconds_of = {} -- one second of sound, by channels

local function sample(channel, position)
  local half = RATE // 2
  local within = position - (channel - 1) * half
  if within < 0 or within >= half then
    return 0
  end
  local envelope = math.sin(math.pi * within / half)
  return math.floor(6000 * envelope * math.sin(2 * math.pi * PITCHES[channel] * within / RATE))
end

local function one_second(channels)
  if not seconds_of[channels] then
    local out = {}
    for position = 0, RATE - 1 do
      for channel = 1, channels do
        out[#out + 1] = string.pack("<i2", sample(channel, position))
      end
    end
    seconds_of[channels] = table.concat(out)
  end
  return seconds_of[channels]
end

---@param seconds integer
---@param channels integer 1 or 2
---@return string
function wav.file(seconds, channels)
  local frame = BYTES * channels
  local size = seconds * RATE * frame
  local format = string.pack("<I2I2I4I4I2I2", 1, channels, RATE, RATE * frame, frame, BYTES * 8)
  local head = string.pack("<c4I4c4c4s4c4I4", "RIFF", 36 + size, "WAVE", "fmt ", format, "data", size)
  return head .. one_second(channels):rep(seconds)
end

---@param header string? "bytes=0-99", "bytes=100-", "bytes=-100"
---@param size integer
---@return integer? first counted from 0; nil: the whole
---@return integer? last
---@return "unsatisfiable"? problem
function wav.range(header, size)
  local from, to = (header or ""):match("^bytes=(%d*)-(%d*)$")
  if not from or (from == "" and to == "") then
    return nil
  end
  local first, last = math.tointeger(tonumber(from)), math.tointeger(tonumber(to))
  if not first then
    first, last = math.max(0, size - (last or 0)), size - 1
  end
  last = math.min(last or size - 1, size - 1)
  if first > last then
    return nil, nil, "unsatisfiable"
  end
  return first, last
end

return wav
