-- routes/schemas_live.lua: what the API answers about live rules; see schemas.lua.

local json = require("json")
local schema = require("hookswitch.schema")

local TEXT, WHOLE, NUMBER, BOOLEAN = schema.TEXT, schema.WHOLE, schema.NUMBER, schema.BOOLEAN
local TIME, ANYTHING = schema.TIME, schema.ANYTHING
local nullable, one_of, described, ref = schema.nullable, schema.one_of, schema.described, schema.ref
local list, object, extended, page = schema.list, schema.object, schema.extended, schema.page

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
    version = WHOLE, live_at = TIME, file = TEXT, source = TEXT, hash = TEXT,
    etag = schema.ETAG, ["live_source?"] = TEXT,
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

  Simulation = object {
    from = TEXT, to = TEXT, at = TIME,
    number = { anyOf = json.array {
      object { id = WHOLE, phone_number = TEXT, friendly_name = TEXT, timezone = TEXT }, { type = "null" },
    } },
    decision = object {
      source = TEXT, ["rule?"] = TEXT, ["line?"] = WHOLE, ["file?"] = TEXT, ["version?"] = WHOLE,
      ["error?"] = TEXT, ["code?"] = TEXT,
    },
    plan = ANYTHING, plan_words = described(TEXT, "The way when nobody answers."),
    timeline = list(object {
      at = described(NUMBER, "Seconds since the call came in."), who = one_of("caller", "callee", "call"),
      ["target?"] = TEXT, kind = TEXT, text = TEXT,
    }),
    documents = list(object { at = NUMBER, who = one_of("caller", "callee"), url = TEXT, twiml = TEXT }),
    legs = list(object { target = TEXT, status = TEXT, connected = BOOLEAN }),
    not_rung = list(object { target = TEXT, code = TEXT, ["message?"] = TEXT }),
    ending = one_of("hangup", "rejected", "gone", "end", "error", "loop"),
    outcome = one_of("connected", "message", "rejected", "abandoned", "told", "error"),
    good = described(BOOLEAN, "Somebody talked, a message was left, or a word was said."),
    seconds = NUMBER, assumed = list(TEXT),
    ["text?"] = described(TEXT, "What the host texts the caller afterwards."),
  },
}
