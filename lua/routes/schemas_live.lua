-- routes/schemas_live.lua: what the API answers about live rules; see schemas.lua.

local json = require("json")
local schema = require("routes.schema")

local TEXT, WHOLE, BOOLEAN, TIME = schema.TEXT, schema.WHOLE, schema.BOOLEAN, schema.TIME
local nullable, ref, list, object = schema.nullable, schema.ref, schema.list, schema.object
local extended, page = schema.extended, schema.page

local REFUSAL_FIELDS = { file = TEXT, line = WHOLE, message = TEXT, ["path?"] = TEXT }

local VERSION_FIELDS = {
  id = WHOLE, hash = TEXT, live_at = TIME, first_live_at = TIME, result = TEXT, live = BOOLEAN,
  changed = list(TEXT), added = WHOLE, removed = WHOLE,
}

local REPLAY_SIDE = object {
  words = TEXT, source = TEXT, ["rule?"] = TEXT, ["line?"] = WHOLE, ["error?"] = TEXT,
}

return {
  RuleFile = object {
    version = WHOLE, live_at = TIME, file = TEXT, source = TEXT, hash = TEXT, ["live_source?"] = TEXT,
    rules = list(ref("RuleName")), files = list(object { name = TEXT, bytes = WHOLE }),
    error = { anyOf = json.array {
      object(extended(REFUSAL_FIELDS, { at = TIME })), { type = "null" },
    } },
    lookups = list(object { name = TEXT, line = WHOLE }), editable = BOOLEAN,
  },
  RuleName = object { index = WHOLE, name = TEXT, line = WHOLE },
  RuleCheck = object {
    ok = BOOLEAN, ["rules?"] = list(ref("RuleName")), ["examples?"] = WHOLE,
    ["proof?"] = object { calls = WHOLE, plans = WHOLE }, ["error?"] = object(REFUSAL_FIELDS),
  },
  RuleVersion = object(VERSION_FIELDS),
  RuleVersions = page("versions", "RuleVersion", "integer"),
  RuleVersionWithSources = object(extended(VERSION_FIELDS, {
    sources = { type = "object", additionalProperties = TEXT },
  })),
  RuleDiff = object { id = WHOLE, against = nullable("integer"), diff = TEXT },

  Coverage = object {
    from = TIME, to = TIME, step_minutes = WHOLE, online = BOOLEAN, next = nullable("integer"),
    numbers = list(object {
      phone_number_id = WHOLE, phone_number = schema.E164, friendly_name = TEXT, zone = TEXT,
      classes = list(object {
        class = schema.one_of("unknown", "known", "anonymous", "blocked"),
        caller = object { from = TEXT, ["name?"] = TEXT },
        spans = list(object {
          from = TIME, to = TIME, words = TEXT, ["rule?"] = TEXT, ["line?"] = WHOLE, source = TEXT,
          reaches = schema.one_of("person", "voicemail", "none"), gap = BOOLEAN, ["error?"] = TEXT,
        }),
      }),
      dst = list(object { at = TIME, from_offset = WHOLE, to_offset = WHOLE }),
    }),
  },

  Replay = object {
    from = TIME, to = TIME, total = WHOLE, replayed = WHOLE, same = WHOLE, not_replayable = WHOLE,
    failed = WHOLE, ["first_error?"] = TEXT, next = nullable("string"),
    changed = list(object {
      call_sid = TEXT, at = TIME, from = TEXT, to = TEXT, before = REPLAY_SIDE, after = REPLAY_SIDE,
      outcome = TEXT,
      ["odds?"] = object { target = TEXT, answered = WHOLE, rung = WHOLE, hour = WHOLE },
    }),
  },
}
