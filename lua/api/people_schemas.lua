-- api/people_schemas.lua: what the API answers about users, what they changed, and callers: a part of
-- api/schemas.lua.

local schema = require("hookswitch.fields.schema")

local TEXT, WHOLE, BOOLEAN, TIME = schema.TEXT, schema.WHOLE, schema.BOOLEAN, schema.TIME
local nullable, one_of, described, ref = schema.nullable, schema.one_of, schema.described, schema.ref
local list, object, page, E164, ETAG = schema.list, schema.object, schema.page, schema.E164, schema.ETAG

local ROLE = one_of("agent", "editor", "admin")
local USER_FIELDS = {
  id = TEXT, name = TEXT, role = ROLE, is_active = BOOLEAN, created_at = TIME,
  logins = described(WHOLE, "Open at the moment."), etag = ETAG,
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

  Contact = object {
    id = WHOLE, user_id = TEXT, number = E164, name = TEXT, tags = list(TEXT), blocked = BOOLEAN,
    created_at = TIME, updated_at = TIME, etag = ETAG,
  },
  Callers = object { callers = list(object { number = E164, ["name?"] = TEXT }) },
  Caller = object {
    number = E164, ["contact?"] = ref("Contact"), ["missed_call?"] = ref("MissedCall"),
    notes = list(ref("Note")),
    texts = list(object { call_sid = TEXT, outcome = TEXT, ["text?"] = TEXT, at = TIME }),
  },
  Note = object {
    id = WHOLE, user_id = TEXT,
    about = described(TEXT, "The number, or the CallSid of a message without one."),
    text = TEXT, author = TEXT, ["author_name?"] = TEXT, created_at = TIME, updated_at = TIME, etag = ETAG,
  },
  Notes = object { notes = list(ref("Note")) },
  Forgotten = object {
    phone_number = E164, calls = WHOLE, recordings = described(WHOLE, "Deleted at Twilio."),
    rows = described(WHOLE, "Other rows deleted: contact, missed calls, alerts."),
    crossed_out = described(WHOLE, "Fields of other rows in which the number was replaced."),
    complete = described(BOOLEAN, "The number is in none of the database's files any more."),
  },
  Contacts = page("contacts", "Contact", "integer"),
  Blocklist = page("blocklist", "Contact", "integer"),
}
