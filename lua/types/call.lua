---@meta
-- `call`, as `when` and `go` of a rule see it. It can only be read, and what is
-- read is stored with the call, to show why it went where it went.

---@class Call
---@field from string the caller's number; "anonymous" and the like when hidden
---@field to string the number that was called
---@field forwarded_from? string the number that forwarded the call here, when the carrier says
---@field at integer when: seconds since 1970
---@field number CalledNumber
---@field forwarding Forwarding the console's active settings of this number
---@field owner Owner
---@field caller CallerRecord
---@field line LineState
---@field override? Override
---@field lookups table<string, any> results of lua/lookups.lua; nil for one that failed or was late

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
