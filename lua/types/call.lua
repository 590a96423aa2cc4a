---@meta
-- `call`, as `when` and `go` of a rule see it. It can only be read, and what is
-- read is stored with the call, to show why it went where it went.

---What the clocks and the calendar of a place show.
---@class ClockTime
---@field weekday "mon"|"tue"|"wed"|"thu"|"fri"|"sat"|"sun"
---@field date string "2026-11-26"
---@field year integer
---@field month integer 1 to 12
---@field day integer
---@field hour integer 0 to 23
---@field minute integer
---@field clock string "09:30"
---@field zone string IANA name

---@class Call
---@field from string the caller's number; "anonymous" and the like when hidden
---@field to string the number that was called
---@field forwarded_from? string the number that forwarded the call here, when the carrier says
---@field at integer when: seconds since 1970
---@field time ClockTime when, by the clocks of the called number's zone
---@field number CalledNumber
---@field forwarding Forwarding the console's active settings of this number
---@field owner Owner
---@field caller CallerRecord
---@field line LineState
---@field override? Override
---@field lookups table<string, any> results of lua/lookups.lua; nil for one that failed or was late
local Call = {}

---When, by the clocks of another place.
---@param zone string IANA name: "Europe/Berlin"
---@return ClockTime
---@nodiscard
function Call:time_in(zone) end

---@class CalledNumber
---@field id integer
---@field phone_number string
---@field friendly_name string
---@field country string
---@field timezone? string
---@field recording "off"|"on"|"ask"

---@class Forwarding
---@field always? ForwardingSetting
---@field busy? ForwardingSetting
---@field no_answer? ForwardingSetting

---@class ForwardingSetting
---@field id integer
---@field forward_to_number string
---@field ring_timeout integer
---@field ends_at? integer milliseconds since 1970

---The user the number belongs to; ring(call.owner) rings that user's browsers.
---@class Owner
---@field id string

---@class CallerRecord
---@field kind "phone"|"anonymous"|"sip"|"client"|"other"
---@field anonymous boolean
---@field name? string from the contacts, else from the network
---@field tags string[] from the contacts
---@field blocked boolean
---@field stir? string the network's verdict on the caller id
---@field prior_calls integer how often this caller has rung this owner before, up to 10000

---@class LineState
---@field busy boolean the owner is talking
---@field online boolean a browser of the owner is registered

---@class Override
---@field forward_to_number string
---@field ends_at integer
