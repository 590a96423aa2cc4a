---@meta
-- types/db.lua
local db = {}

---@class DbError raised by query, one, exec and transaction
---@field code "busy"|"unknown"|"full"|"readonly"|"io"|"constraint"|"sql"
---@field message string

---@alias DbValue string|number|boolean|nil bound to a `?`; true and false are 1 and 0

---Rows in order. A NULL is an absent field.
---@param sql string one statement
---@param ... DbValue
---@return table[] rows
---@nodiscard
function db:query(sql, ...) end

---The first row, or nil.
---@param sql string
---@param ... DbValue
---@return table? row
function db:one(sql, ...) end

---@param sql string
---@param ... DbValue
---@return integer changes rows changed
---@return integer last_id of the row inserted last
function db:exec(sql, ...) end

---Write all or nothing, in the next group commit: what the outside does (a lock, a full disk) is returned, not
---raised. While a webhook is answered, this and every other write raises: it stores the batch of its reply.
---If the batch's field `unless_new` is n, the statements behind the n-th are left out when that one inserted a row, which
---PostgreSQL tells of an INSERT with ON CONFLICT DO NOTHING only; what the near file delivers later runs whole.
---@param statements { [1]: string, [integer]: DbValue }[]
---@param wait_ms? integer 700
---@return integer[]? changes of each statement
---@return string? message
---@return "busy"|"unknown"|"full"|"readonly"|"io"|"constraint"|nil code
function db:batch(statements, wait_ms) end

---Run fn in a transaction; rolled back when it raises. Nests by savepoint.
---@generic T
---@param fn fun(): T
---@return T # what fn returned
function db:transaction(fn) end

---Stands still as long as what was read of settings, or of presence, is current.
---@param kind "settings"|"presence"|nil nil: settings
---@return integer
---@nodiscard
function db:generation(kind) end

--- When the database stopped answering, while calls are answered from the near file (docs/operations.md).
---@return integer? # milliseconds since 1970; nil while it answers, or without a near file
function db:down_since() end

---This process among the hosts of a database on PostgreSQL; nil for one in a file.
---@return string?
---@nodiscard
function db:host() end

---Remove what was deleted from the files too: WAL, free pages and all. A large file may be
---rewritten, for which writers wait.
---@param texts string[] what no row holds any more; none: only the WAL is emptied
---@return boolean? gone false if something may still hold one of them
---@return string? message what that is, in a sentence
---@return string? code
function db:scrub(texts) end

---Read all of the database and see whether it is whole: takes seconds when it is large.
---@return string? notes what an administrator should know, a line each; "info: ..." asks for nothing, "error: ..." must be fixed
---@return string? message what is wrong with it
---@return string? code
---@nodiscard
function db:check() end

return db
