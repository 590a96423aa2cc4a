-- absent.lua: names of other languages, and of Lua, that rules don't have, and why.
--
--   absent.message(name, known?, is_call?)   what to tell whoever wrote the name
--   absent.field(name, library)              the same of "string.foo", a field that a library doesn't have

local mistake = require("calls.mistake")

local absent = {}

local CLOCK = "rules have no clock: call.at is when the call came, and hours { … } knows the time of day"
local CHANCE = "rules have no randomness, so that past calls can be decided again"
local OUTSIDE = "rules see nothing but the call: what they need from outside comes through lookups.lua"
local OTHER_CODE = "a rule file is whole: put what it needs into it"
local META = "rules keep no state between calls, so tables have no metatables"
local NIL = "write nil"

local RING = "to ring a phone, use ring(…)"
local MESSAGE = "to take a message, use voicemail(…)"
local SAY = "to speak a text, use say(…)"
local HANGUP = "to end the call, use hangup()"
local MENU = "to ask for a key, use menu(…)"
local MEMBER = 'look it up with LIST[x] ~= nil, where LIST = { ["+1…"] = true, … }'
local LISTED = 'a list of numbers is contacts("vips.csv")[call.from], beside the rules'
local ENDS = 'compare its end: x:sub(-4) == "0142"'
local BEGINS = 'compare its beginning: x:sub(1, 5) == "+1303"'
local CALL = "write call.%s"
local HOURS = "ask opening hours with OFFICE:open_at(call.at)"
local PLANS = ": plans are made with ring, voicemail, say, play, menu, reject and hangup"
local TEXT = 'a text to a missed caller belongs to a plan: ring(…):text("Sorry we missed you")'
local LENGTH = "the length of a text is #x"
local IF = "write if … then … elseif … else … end"
local PLAN = "it belongs to a plan, with a colon: ring(…):otherwise(…)"

local WHY = {
  call_forward = RING, callforward = RING, forward_to = RING, forward_call = RING, forwardTo = RING,
  route = RING, route_to = RING, connect_to = RING, ring_phone = RING, ring_all = RING, ringAll = RING,
  ring_group = RING, dial_number = RING, dial_to = RING, transfer_to = RING, send_to = RING, sendTo = RING,
  send_to_voicemail = MESSAGE, to_voicemail = MESSAGE, leave_message = MESSAGE, take_message = MESSAGE,
  voice_mail = MESSAGE, voiceMail = MESSAGE,
  announce = SAY, speak_text = SAY, end_call = HANGUP, endCall = HANGUP, hang = HANGUP, hangUp = HANGUP,
  dial = RING, forward = RING, transfer = RING, phone_call = RING, redirect = RING, connect = RING,
  record = MESSAGE, message = MESSAGE, mailbox = MESSAGE, answering_machine = MESSAGE,
  gather = MENU, ivr = MENU, press = MENU, choose = MENU,
  speak = SAY, tell = SAY,
  block = "to reject a call, use reject()", decline = "to reject a call, use reject()",
  refuse = "to reject a call, use reject()", hang_up = HANGUP,
  contains = MEMBER, includes = MEMBER, has = MEMBER, indexOf = MEMBER, index_of = MEMBER, member = MEMBER,
  startswith = BEGINS, starts_with = BEGINS, startsWith = BEGINS, starts = BEGINS, begins = BEGINS,
  begins_with = BEGINS,
  endswith = ENDS, ends_with = ENDS, endsWith = ENDS,
  len = LENGTH, length = LENGTH, strlen = LENGTH, size = LENGTH, count = LENGTH,
  str = "to make a text write tostring(x)", int = "to make a number write tonumber(x)",
  parseInt = "to make a number write tonumber(x)", toString = "to make a text write tostring(x)",
  VLOOKUP = LISTED, XLOOKUP = LISTED, HLOOKUP = LISTED, LOOKUP = LISTED, MATCH = MEMBER, COUNTIF = MEMBER,
  NOW = CLOCK, TODAY = CLOCK, WEEKDAY = CALL:format("time.weekday"), HOUR = CALL:format("time.hour"),
  LEFT = BEGINS, RIGHT = ENDS, ISBLANK = NIL, LEN = LENGTH, CONCATENATE = "to join texts write x .. y",
  switch = IF, case = IF, try = "lookups that fail give nil, so ask if call.lookups.x then …",
  toLowerCase = "for small letters write x:lower()", trim = 'write x:match("^%s*(.-)%s*$")',
  caller = CALL:format("caller"), lookups = CALL:format("lookups"), line = CALL:format("line"),
  owner = CALL:format("owner"), tags = CALL:format("caller.tags"), from = CALL:format("from"),
  to = CALL:format("to"), forwarded_from = CALL:format("forwarded_from"),
  weekday = CALL:format("time.weekday"),
  hour = CALL:format("time.hour"), at = CALL:format("at"),
  open_at = HOURS, is_open = HOURS, open = HOURS, isOpen = HOURS, open_now = HOURS, is_open_at = HOURS,
  closed = HOURS, is_closed = HOURS, closed_at = HOURS, next_change = HOURS,
  people = 'someone of people.txt is person "joe"', persons = 'someone of people.txt is person "joe"',
  employee = 'someone of people.txt is person "joe"', groups = 'a group of groups.txt is group "crew"',
  team = 'a group of groups.txt is group "crew"', queue = 'a group of groups.txt is group "crew"',
  on_call = 'whoever is on call is oncall("nights", call.at)',
  onCall = 'whoever is on call is oncall("nights", call.at)',
  business_hours = 'write hours { zone = …, ["mon-fri"] = "08:00-17:00" }',
  opening_hours = 'write hours { zone = …, ["mon-fri"] = "08:00-17:00" }',
  schedule = 'write hours { … } for opening hours, rota { … } for turns',
  sms = TEXT, send_sms = TEXT, sendSms = TEXT, send_text = TEXT, text_back = TEXT, textback = TEXT,
  otherwise = PLAN, otherwize = PLAN, module = "the list of rules is returned: return { … }",
  ["math.random"] = CHANCE, ["math.randomseed"] = CHANCE,
  os = CLOCK, ["os.time"] = CLOCK, ["os.date"] = CLOCK, ["os.clock"] = CLOCK, time = CLOCK, date = CLOCK,
    now = CLOCK,
  io = OUTSIDE, http = OUTSIDE, db = OUTSIDE, json = OUTSIDE, log = OUTSIDE, config = OUTSIDE,
    debug = OUTSIDE,
  fetch = OUTSIDE, print = "nobody would read it: `hookswitch simulate` shows what a call does",
  console = "nobody would read it: `hookswitch simulate` shows what a call does",
  require = OTHER_CODE, load = OTHER_CODE, loadstring = OTHER_CODE, dofile = OTHER_CODE,
    loadfile = OTHER_CODE,
  package = OTHER_CODE, import = OTHER_CODE,
  setmetatable = META, getmetatable = META, rawset = META, rawget = META, _G = META, _ENV = META,
  coroutine = "the time limit of rules doesn't reach into coroutines",
    collectgarbage = "memory is the host's business",
  xpcall = "write pcall",
  null = NIL, None = NIL, undefined = NIL, NULL = NIL, Nil = NIL, NIL = NIL, none = NIL,
  True = "write true", TRUE = "write true", False = "write false", FALSE = "write false",
  elif = "write elseif", elsif = "write elseif", var = "write local", let = "write local",
    const = "write local",
  def = "write function", fn = "write function", func = "write function", AND = "write and", OR = "write or",
  NOT = "write not", yes = "write true", on = "write true", no = "write false", off = "write false",
  this = "the call is the function's parameter: function(call) … end",
  self = "the call is the function's parameter: function(call) … end",
  call = "only functions know the call: when = function(call) return … end",
}

local OUTCOMES = { busy = "busy", no_answer = "no_answer", noanswer = "no_answer", failed = "failed",
  declined = "declined", on_busy = "busy", on_no_answer = "no_answer", onBusy = "busy",
  onNoAnswer = "no_answer", no_reply = "no_answer", timeout = "no_answer" }

-- Words of plans, which people put behind a colon.
local FOLLOWS = {}
for word in ("ring voicemail say play reject hangup menu next and_then after fallback"):gmatch("[%a_]+") do
  FOLLOWS[word] = true
end

---@param name string
---@param known table<string, any>? what the file may use, for "did you mean"
---@param is_call boolean?
---@param may_be_plan boolean? false: it can't be meant as a plan
---@return string
function absent.message(name, known, is_call, may_be_plan)
  local why = WHY[name] or WHY[name:match("^[^.]+") or ""]
  local near = is_call and mistake.nearest(name, known or {}) or ""
  if near ~= "" and why and why:find("^write call%.") then why = nil end -- hour { … } means hours { … }
  local meant = why and ": " .. why or mistake.nearest(name, known or {})
  if meant == "" and is_call and may_be_plan ~= false then meant = PLANS end
  return ("%s isn't defined%s"):format(mistake.show(name), meant)
end

--- How what other languages call a method or field of a text is written here; nil for any other name.
---@param name string "startswith"
---@return string?
function absent.of_text(name)
  local why = WHY[name]
  local is_of_text = why == LENGTH or why == BEGINS or why == ENDS or name == "toLowerCase" or name == "trim"
  return is_of_text and why or nil
end

--- How a list is asked for a value; nil for a name that no language has for that.
---@param name string "includes"
---@return string?
function absent.of_list(name)
  return WHY[name] == MEMBER and MEMBER or nil
end

---@param name string "string.foo"
---@param library table<string, any> what the library has
---@return string
function absent.field(name, library)
  local field = name:match("[^.]+$")
  local why = WHY[name] or WHY[field]
  local meant = why and ": " .. why or mistake.nearest(field, library)
  return ("%s isn't defined%s"):format(mistake.show(name), meant)
end

--- A method that nothing here has.
---@param name string
---@param known table<string, any>
---@return string
function absent.method(name, known)
  local meant = mistake.nearest(name, known)
  if WHY[name] then meant = ": " .. WHY[name] end
  if OUTCOMES[name] then meant = (': write :on("%s", …)'):format(OUTCOMES[name]) end
  if meant == "" and FOLLOWS[name] then meant = ": what comes next is written :otherwise(…)" end
  return ("nothing here has a method :%s(…)%s"):format(name, meant)
end

return absent
