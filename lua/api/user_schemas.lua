-- api/user_schemas.lua: what the API answers about users and what they changed: a part of api/schemas.lua.

local schema = require("hookswitch.schema")

local TEXT, WHOLE, BOOLEAN, TIME = schema.TEXT, schema.WHOLE, schema.BOOLEAN, schema.TIME
local nullable, one_of, described, ref = schema.nullable, schema.one_of, schema.described, schema.ref
local list, object = schema.list, schema.object

local ROLE = one_of("agent", "editor", "admin")
local USER_FIELDS = {
  id = TEXT, name = TEXT, role = ROLE, is_active = BOOLEAN, created_at = TIME,
  logins = described(WHOLE, "Open at the moment."), etag = schema.ETAG,
}

return {
  Login = object { token = TEXT, expiresIn = WHOLE, user = object { id = TEXT, name = TEXT } },
  Me = object {
    user = object { id = TEXT, name = nullable("string") }, local_account = BOOLEAN, role = ROLE,
    manages_users = described(BOOLEAN, "May ask for /api/users and /api/audit."),
    expires_at = nullable("integer"), data_scope = one_of("user", "team"),
    event_id = TEXT, -- Last-Event-ID for an event stream that misses nothing from here on
  },

  User = object(USER_FIELDS),
  Users = object { users = list(ref("User")), data_scope = one_of("user", "team") },
  Invitation = object(schema.extended(USER_FIELDS, { password = described(TEXT, "Shown once.") })),

  Audit = object {
    entries = list(object {
      id = WHOLE, at = TIME, author = TEXT, ["author_name?"] = TEXT, ["user_id?"] = TEXT,
      author_kind = one_of("user", "os", "server"), kind = TEXT, action = TEXT,
      about = described(TEXT, "A number, a name or an id."),
      detail = { type = "object", description = "The fields that were written." },
    }), next = nullable("string"),
  },
}
