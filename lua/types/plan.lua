---@meta
-- The words of lua/forwarding.lua, for editors. What they do: lua/calls/rules/words.lua.

---What happens to a call. Never changes: `on` and `otherwise` return a new plan.
---@class Plan
local Plan = {}

---What follows when a ring ends like this. `declined`: someone (or a mobile's
---voicemail) picked up but didn't press 1.
---@param outcome "busy"|"no_answer"|"failed"|"declined"
---@param plan Plan
---@return Plan
---@nodiscard
function Plan:on(outcome, plan) end

---What follows in every other case; goes to the end of a chain.
---@param plan Plan
---@return Plan
---@nodiscard
function Plan:otherwise(plan) end

---The text the caller gets, from the called number, when the call has
---ended and nobody talked to them. Once a call, not to hidden numbers, nor to one
---that has just been texted (setting text_pause_minutes).
---@param message string at most 480 characters
---@return Plan
---@nodiscard
function Plan:text(message) end

---A browser of this user, to be rung.
---@class UserTarget
---@field user string

---@alias Target string|UserTarget|Owner|Person a phone "+13035550142" or "(303) 555-0142", user "42", call.owner, or person "joe"

---@class RingOptions
---@field seconds? integer 5 to 600 (default 20)
---@field confirm? boolean ask whoever picks up to press 1, so that no mobile's voicemail takes the call (default true)
---@field caller_id? string the number phones show instead of the caller's: one of yours, or "called"
---@field order? "random"|"round_robin"|"longest_idle" one after the other: shuffled, in turn, or longest without talking first

---Ring a phone, a user's browsers, or up to ten together; the first to answer gets the call.
---@param whom Target|Target[]
---@param options? RingOptions
---@return Plan
---@nodiscard
function ring(whom, options) end

---A user's browsers, by the user's id.
---@param id string|integer
---@return UserTarget
---@nodiscard
function user(id) end

---How a text is spoken. A voice of another language isn't used: give both, or the language alone.
---@class SpeechOptions
---@field voice? string "Polly.Lupe"
---@field language? string "es-MX"; what we say beside the text comes from phrases.lua

---Take a message; a call ends with it.
---@param greeting? string a text, or the https address of a recording; else the number's own greeting
---@param options? SpeechOptions
---@return Plan
---@nodiscard
function voicemail(greeting, options) end

---Say something. Goes on with :otherwise(…), or else the call ends.
---@param text string with SSML, inside <speak>…</speak>, with a voice of Polly or Google
---@param options? SpeechOptions
---@return Plan
---@nodiscard
function say(text, options) end

---Play a recording. Goes on with :otherwise(…), or else the call ends.
---@param url string
---@return Plan
---@nodiscard
function play(url) end

---Reject the call without answering, which costs nothing.
---@param reason? "busy"|"rejected"
---@return Plan
---@nodiscard
function reject(reason) end

---End the call.
---@return Plan
---@nodiscard
function hangup() end

---@class MenuOptions: SpeechOptions
---@field seconds? integer to press a key: 1 to 60 (default 5)
---@field tries? integer how often the text is said: 1 to 5 (default 2)

---Let the caller choose by pressing keys; no choice, or a wrong one, leads to :otherwise(…), or else to voicemail.
---@param text string
---@param choices table<string|integer, Plan>
---@param options? MenuOptions
---@return Plan
---@nodiscard
function menu(text, choices, options) end

---Raw verbs, for anything without a word of its own: `twiml { twiml.say { "Hello" }, twiml.pause { length = 1 } }`.
---@class TwimlWord
---@overload fun(verbs: table[]): Plan
---@field [string] fun(verb: table): table one function for every verb and noun of TwiML
twiml = {}

---Opening hours, as hours { … } makes them.
---@class Hours
local Hours = {}

---Is it open at this moment?
---@param at integer seconds since 1970, such as call.at
---@return boolean
---@nodiscard
function Hours:open_at(at) end

---When it opens or closes next, or nil.
---@param at integer
---@return integer?
---@nodiscard
function Hours:next_change(at) end

---@class HoursSpec
---@field zone string IANA name: "America/Denver"
---@field closed? string[] dates: "12-25", "2026-07-03", "4th thu nov", "last mon may", "easter-2", "12-24..01-02"
---@field [string] string|string[] days or a date, and their ranges: ["mon-fri"] = "08:00-12:00, 1pm-5pm"; "24h", "closed"

---Opening hours by the wall clock of a place.
---@param spec HoursSpec
---@return Hours
---@nodiscard
function hours(spec) end

---Who is on call, as rota { … } makes it.
---@class Rota
local Rota = {}

---Whoever is on call at this moment, for ring: the rota's own entry.
---@param at integer seconds since 1970, such as call.at
---@return Target|Target[]
---@nodiscard
function Rota:at(at) end

---When someone else takes over, or nil: never.
---@param at integer
---@return integer?
---@nodiscard
function Rota:next_change(at) end

---@class RotaSpec
---@field zone string IANA name: "America/Denver"
---@field every "week"|"day"|{ days: integer } how long a turn is
---@field from string when the first has a turn, by the clocks of the zone: "2026-01-05 08:00"
---@field [integer] Target|Target[] those who take turns, in order
---@field [string] Target|Target[] whoever has swapped, from that day's hand-over to the next: ["2026-12-24"] = SUE

---Who is on call, in turns that are handed over by the wall clock of a place.
---@param spec RotaSpec
---@return Rota
---@nodiscard
function rota(spec) end

---A phone number as callers have it: phone("(303) 555-0142") is "+13035550142". A number without a plus is one of the
---file's country: that set as `country`, else that of the file's first number with a plus, else US.
---@param text string
---@return string
---@nodiscard
function phone(text) end

---Phone numbers from a .txt or .csv file beside the rules: list["+13035550188"] is the name, or true. A line is a number
---and a name; or the file is a table as phones and spreadsheets export it.
---@param file string
---@return table<string, string|true>
---@nodiscard
function contacts(file) end

---Someone of people.txt. Their phones ring one after the other, the browsers of their user together with the first. Whether a
---phone is asked to press 1 stands in its line, unless ring's `confirm` says it for all; a `pin` is asked for instead. While
---they are `away` they aren't rung, and the call goes on as if they hadn't answered.
---@class Person
---@field name string

---Someone of people.txt, for ring: ring(person "joe").
---@param id string
---@return Person
---@nodiscard
function person(id) end

---A group of groups.txt, for ring: ring(group "crew", { order = "round_robin" }). Without an order, the first phones of all ring
---together, then the second ones.
---@param id string
---@return Person[]
---@nodiscard
function group(id) end

---Are these hours of hours.txt open at this moment?
---@param id string
---@param at integer seconds since 1970, such as call.at
---@return boolean
---@nodiscard
function open(id, at) end

---What callers hear while these hours of hours.txt are closed, for voicemail and say; nil when there is none.
---@param id string
---@return string?
---@nodiscard
function greeting(id) end

---Whoever is on call by a rota of oncall.txt at this moment, by turns or by a calendar, for ring: ring(oncall("nights", call.at)).
---@param id string
---@param at integer seconds since 1970, such as call.at
---@return Person|Person[]
---@nodiscard
function oncall(id, at) end
