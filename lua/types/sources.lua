---@meta
-- types/sources.lua
local sources = {}

---Why the newest files are not the ones that answer.
---@class RulesRefusal
---@field file string
---@field line integer
---@field message string
---@field path? string the way to a dead end
---@field problems? { file: string, line: integer, message: string }[] all that is wrong, at most 20
---@field at? integer milliseconds

---What answers now, in every worker.
---@return { version: integer, live_at: integer, hash: string, defaults: boolean, overtaken: boolean, error: RulesRefusal?, instead: string? } # overtaken: another host's files take the place of those on disk; instead: what answers while files are refused
---@nodiscard
function sources.live() end

---The most bytes that a file of the folder may have.
sources.MAX_BYTES = 1048576

---The files of this VM's version.
---@return { name: string, bytes: integer }[]
---@nodiscard
function sources.files() end

---@param name string path below the Lua folder
---@return string? text as this VM's version has it
---@nodiscard
function sources.text(name) end

---@param name string one of the team's files, at the top of the folder
---@return string? text on disk, in UTF-8 as when it is loaded
---@return string? message
---@return string? code "missing", "read_only", "too_large", "io"
---@nodiscard
function sources.saved(name) end

---@param name string one of the team's files, at the top of the folder
---@return string stamp another one for every file that is put there, "" where there is none
---@nodiscard
function sources.stamp(name) end

---@return boolean
---@nodiscard
function sources.writable() end

---@class SourcesTried
---@field rules { index: integer, name: string, line: integer }[]
---@field accounts string? JSON list of AccountLine: what each rule decides
---@field warnings { line: integer, message: string }[]
---@field examples integer
---@field calls integer that the proof made up
---@field plans integer that it followed
---@field hash string
---@field changed integer real calls that go elsewhere
---@field change string the same in words
---@field gate string? JSON of it

---@class SourcesTurn
---@field close fun(turn: SourcesTurn) ends it; nothing if it has ended

---Wait for one's turn to read, try and save files: `local turn <close> = sources.turn()`.
---@return SourcesTurn? turn nil: others' saves have taken too long
---@return string? message
---@return string? code "busy"
---@nodiscard
function sources.turn() end

---Could the folder go live with these texts in place of its own?
---@param texts table<string, string>
---@param user_id string? who reads the message; it says nothing that data_scope keeps from that user. nil: the operator
---@param is_public boolean? everybody reads the message
---@return SourcesTried?
---@return string? message "forwarding.lua:12: what is wrong"
---@return string? code "syntax", "error", "example", "proof", "gate", "time", "memory", …; "not_checked": the files could not be tried, such as while they are being written
---@return RulesRefusal? place nil: not checked
---@nodiscard
function sources.try(texts, user_id, is_public) end

---Put them on disk, each as a whole.
---@param texts table<string, string>
---@param seen? table<string, string> SHA-256, in hex, that files on disk must have; "" for one that isn't there
---@return true?
---@return string? message
---@return string? code "conflict", "read_only", "full", "io"
function sources.save(texts, seen) end

---Remove the draft, forwarding.next.lua.
---@param seen? string SHA-256, in hex, that it must have; "" when it isn't there
---@return true?
---@return string? message
---@return string? code "conflict", "read_only"
function sources.discard(seen) end

---Is the draft on disk the one with this hash? If not, wait a tenth of a second and look again.
---@param hash string SHA-256, in hex; "" for none
---@return boolean
function sources.await_draft(hash) end

---Wait until the files with a hash, or a forwarding.lua, are live, three seconds at most.
---@param hash string of all files, as a report gives it; or SHA-256 of the text of forwarding.lua, in hex
---@return boolean
function sources.await(hash) end

return sources
