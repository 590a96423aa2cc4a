-- commands.shared.who: whom a command is about: --user NAME and --number +1….
--
--   who.user(name)             -> user id, or nil and the refusal
--   who.number(phone, user_id) -> row, or nil and the refusal
--   who.numbers(phone)         -> rows: that number's or all; or nil and the refusal
--   who.asked(options)         -> the id of --user, or nil and the refusal if nobody has that name
--
-- A user is a local account by its name, or any user's id that owns a number.

local numbers = require("models.numbers")
local result = require("commands.shared.result")
local users = require("models.users")

local who = {}

---@param name string
---@return string? user_id
---@return CommandResult? refusal
function who.user(name)
  local normal = users.normal(name)
  local account = normal and users.by_name(normal)
  if account then
    return account.id
  end
  local known = {}
  for _, row in ipairs(numbers.all()) do
    if row.user_id == name then
      return name
    end
    known[row.user_id] = true
  end
  local list = {}
  for id in pairs(known) do
    list[#list + 1] = id
  end
  table.sort(list)
  local some = #list > 0 and #list <= 20
  local hint = some and ("; numbers are owned by: %s"):format(table.concat(list, ", ")) or ""
  return nil, result.refused("unknown_user",
    ("no account is named %s, and no user with that id owns a number%s"):format(name, hint))
end

---@param options { user: string? }
---@return string? user_id nil: all users, unless it is refused
---@return CommandResult? refusal
function who.asked(options)
  if options.user then
    return who.user(options.user)
  end
end

---@param phone string
---@param user_id string? whose it must be
---@return table? row
---@return CommandResult? refusal
function who.number(phone, user_id)
  local row = numbers.by_phone(phone)
  if not row or (user_id and row.user_id ~= user_id) then
    return nil, result.refused("number_not_found", ("%s isn't one of %s numbers."):format(phone,
      user_id and ("user %s's"):format(user_id) or "our"))
  end
  return row
end

--- The one user who owns numbers, when there is only one.
---@return string? user_id
function who.only_user()
  local found
  for _, row in ipairs(numbers.all()) do
    if found and row.user_id ~= found then
      return nil
    end
    found = row.user_id
  end
  return found
end

--- The number that an option names; without one, all.
---@param phone string?
---@return table[]? rows
---@return CommandResult? refusal
function who.numbers(phone)
  if not phone then
    return numbers.all()
  end
  local row, refusal = who.number(phone)
  return row and { row }, refusal
end

return who
