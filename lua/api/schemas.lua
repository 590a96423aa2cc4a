-- api/schemas.lua: the API's answers, as JSON Schemas by name.
--
-- Routes name them (`responses = { [200] = "Number" }`), the API's description
-- lists them, and every answer in the specs is checked against them. A field with a question mark may be
-- null; other fields aren't allowed.

local json = require("json")
local schema = require("hookswitch.fields.schema")

local TEXT, WHOLE, NUMBER, BOOLEAN = schema.TEXT, schema.WHOLE, schema.NUMBER, schema.BOOLEAN
local TIME, E164, ANYTHING, ETAG = schema.TIME, schema.E164, schema.ANYTHING, schema.ETAG
local nullable, one_of, described, ref = schema.nullable, schema.one_of, schema.described, schema.ref
local list, object, extended, page = schema.list, schema.object, schema.extended, schema.page

local WARNINGS = list(TEXT)

local NUMBER_FIELDS = {
  id = WHOLE, user_id = TEXT, phone_number = E164, ["twilio_sid?"] = TEXT, friendly_name = TEXT,
  country = TEXT, ["area_code?"] = TEXT, number_type = TEXT,
  capabilities = { type = "object", additionalProperties = BOOLEAN },
  is_active = BOOLEAN, ["timezone?"] = TEXT, ["voicemail_greeting?"] = TEXT,
  recording = one_of("off", "on", "ask"), ["recording_announcement?"] = TEXT, ["monthly_price?"] = TEXT,
  purchased_at = TIME, updated_at = TIME, ["released_at?"] = TIME, etag = ETAG,
}

local RULE_FIELDS = {
  id = WHOLE, user_id = TEXT, forward_to_number = E164,
  ["phone_number_id?"] = described(WHOLE, "null: all numbers; one with this number comes first."),
  forwarding_type = one_of("always", "busy", "no_answer"), ring_timeout = WHOLE, is_active = BOOLEAN,
  ["ends_at?"] = described(TIME, "From then on it doesn't apply; a whole second."),
  created_at = TIME, updated_at = TIME, etag = ETAG,
}

local CALL_FIELDS = {
  id = WHOLE, call_sid = TEXT, ["user_id?"] = TEXT, ["phone_number_id?"] = WHOLE,
  direction = one_of("inbound", "outbound", "outbound-dial"), from = TEXT, to = TEXT, status = TEXT,
  started_at = TIME, ["answered_at?"] = TIME, ["ended_at?"] = TIME, ["duration?"] = WHOLE,
  ["price?"] = TEXT, ["price_unit?"] = TEXT, ["recording_sid?"] = TEXT, ["recording_url?"] = TEXT,
  ["recording_duration?"] = WHOLE, ["answered_by?"] = TEXT, ["end_reason?"] = TEXT, ["error_code?"] = TEXT,
  ["rule_version?"] = WHOLE,
  ["outcome?"] = one_of("live", "talking", "talked", "message", "turned_away", "missed", "unanswered"),
}

local OVERRIDE_FIELDS = {
  id = WHOLE, user_id = TEXT, ["phone_number_id?"] = WHOLE, ring_timeout = WHOLE,
  forward_to_number = described(TEXT, "A phone, user:ID, several of these with commas, or voicemail."),
  note = TEXT, starts_at = TIME, ends_at = TIME, created_at = TIME, in_force = BOOLEAN,
  etag = ETAG,
}

local MISSED_FIELDS = {
  id = WHOLE, user_id = TEXT, ["number?"] = E164, ["from?"] = TEXT, ["name?"] = TEXT,
  ["phone_number_id?"] = WHOLE, calls = WHOLE, ["assigned_to?"] = TEXT, ["note?"] = ref("Note"),
  unheard = described(WHOLE, "Messages that nobody has listened to."),
  messages = list(object {
    recording_sid = TEXT, call_sid = TEXT, ["duration?"] = WHOLE, ["transcript?"] = TEXT, started_at = TIME,
    ["heard_at?"] = TIME,
  }),
  first_at = TIME, last_at = TIME, last_call_sid = TEXT, ["voicemail_recording_sid?"] = TEXT,
  ["closed_at?"] = TIME, ["closed_by?"] = one_of("talked", "dismissed"), ["closed_call_sid?"] = TEXT,
  etag = ETAG,
}

local CALL_STATISTICS = {
  calls = WHOLE, answered = WHOLE, missed = WHOLE, voicemail = WHOLE, talk_seconds = WHOLE,
}
local CALL_COUNTS = extended(CALL_STATISTICS, { inbound = WHOLE, outbound = WHOLE })

local REASON = object {
  code = TEXT, ["values*"] = described({ type = "object" }, "What the message names, such as min and max."),
  ["inner*"] = described({ type = "object" }, "The reason of the entry, in a list."),
}

return extended(extended(require("api.people_schemas"), require("api.rule_schemas")), {
  Error = object { error = object {
    code = TEXT, message = TEXT, request_id = TEXT, ["details*"] = { type = "object" },
    ["fields*"] = { type = "object", additionalProperties = TEXT, description = "A message for each field." },
    ["reasons*"] = { type = "object", additionalProperties = REASON,
      description = "What is wrong with a field, for programs that say it in their own words." },
  } },

  Batch = object {
    answers = list(object { status = WHOLE, body = described(ANYTHING, "What it would answer on its own.") }),
  },

  AccessToken = object {
    token = TEXT, identity = TEXT, expiresIn = WHOLE, sandbox = BOOLEAN, edge = nullable("string"),
    availableNumbers = list(object {
      id = WHOLE, phone_number = E164, friendly_name = TEXT, recording = one_of("off", "on", "ask"),
    }),
  },
  Away = object { user_id = TEXT, ["ends_at?"] = described(TIME, "Isn't rung until then; a whole second.") },
  Absence = object {
    user_id = TEXT, ends_at = described(TIME, "Isn't rung until then; a whole second."), etag = ETAG,
  },
  Presence = object { identity = TEXT, online = BOOLEAN },
  People = object { people = list(object {
    user_id = TEXT, identity = TEXT, ["name?"] = TEXT, online = BOOLEAN, busy = BOOLEAN, ["seen_at?"] = TIME,
    ["away_until?"] = described(TIME, "Isn't rung until then."),
  }), more = described(BOOLEAN, "There are more people than these 500.") },

  Offers = object { available_numbers = list(object {
    phone_number = E164, friendly_name = TEXT, locality = nullable("string"), region = nullable("string"),
    capabilities = { type = "object", additionalProperties = BOOLEAN }, address_requirements = TEXT,
    needs_address = BOOLEAN, beta = BOOLEAN, monthly_price = nullable("string"),
  }) },
  Number = object(NUMBER_FIELDS),
  NumberWithWarnings = object(extended(NUMBER_FIELDS, { warnings = WARNINGS })),
  Numbers = object {
    phone_numbers = list(object(extended(NUMBER_FIELDS, {
      forwarding = list(ref("Rule")), statistics = object(CALL_STATISTICS),
    }))),
    statistics_since = TIME,
    ["default_timezone?"] = described(TEXT, "Of numbers without one, where the server's is set."),
  },

  Rule = object(RULE_FIELDS),
  RuleWithWarnings = object(extended(RULE_FIELDS, { warnings = WARNINGS })),
  Rules = object { call_forwarding = list(object(extended(RULE_FIELDS, {
    ["phone_number?"] = E164, ["friendly_name?"] = TEXT,
    ["unused?"] = described(one_of("ended", "number_off", "refused", "always", "own"),
      "Why it never applies; own: the number has one of its own."),
  }))) },

  Call = object(CALL_FIELDS),
  Calls = page("call_logs", "Call"),
  CallWithTrace = object(extended(CALL_FIELDS, {
    ["parent_call_sid?"] = TEXT, ["price_checked_at?"] = TIME, updated_at = TIME,
    legs = list(object {
      call_sid = TEXT, to = TEXT, status = TEXT, started_at = TIME, ["answered_at?"] = TIME,
      ["ended_at?"] = TIME, ["duration?"] = WHOLE, ["error_code?"] = TEXT,
    }),
    recordings = list(object {
      recording_sid = TEXT, kind = one_of("call", "voicemail"), status = TEXT, ["duration?"] = WHOLE,
      ["transcript?"] = TEXT, mediaUrl = TEXT,
    }),
    trace = { anyOf = json.array { ref("Trace"), { type = "null" } } },
    timeline = list(object { at = TIME, text = TEXT }),
    learned_later = list(object {
      about = one_of("call", "leg", "recording"), sid = TEXT, status = TEXT, at = TIME,
    }),
  })),
  Trace = object {
    decided_at = TIME, source = TEXT, ["rule?"] = TEXT, ["rule_line?"] = WHOLE, ["rule_version?"] = WHOLE,
    ["error?"] = TEXT, plan = ANYTHING, inputs = ANYTHING, reads = ANYTHING,
    steps = list(object {
      n = WHOLE, leg = TEXT, outcome = TEXT, ["target?"] = TEXT, ["dial_call_sid?"] = TEXT,
      ["dial_duration?"] = WHOLE, ["detail?"] = ANYTHING, ["answer?"] = TEXT, at = TIME,
    }),
    accepted_by = list(object { child_call_sid = TEXT, at = TIME }),
    ["file?"] = TEXT, ["override?"] = ANYTHING,
    away = described(list(object { target = TEXT, ends_at = TIME }), "Who had said that they were away."),
    unused = described(list(TEXT), "Settings that were on and could not apply."),
    draft = described(BOOLEAN, "The draft decided: the caller is one of its try_for."),
    rules = list(object {
      index = WHOLE, name = TEXT, line = WHOLE, file = TEXT, matched = nullable("boolean"),
    }),
    lookups = list(object { name = TEXT, ["ms?"] = NUMBER, ["value?"] = ANYTHING, ["error?"] = TEXT }),
  },
  Statistics = object(extended(CALL_STATISTICS, {
    inbound = WHOLE, outbound = WHOLE,
    ["cost?"] = described(NUMBER, "In price_unit. Null if there are several currencies: see costs."),
    ["price_unit?"] = TEXT, calls_not_yet_priced = WHOLE,
    costs = described(list(object { cost = NUMBER, ["price_unit?"] = TEXT }), "What was paid, by currency."),
    from = TIME, to = TIME, ["zone?"] = TEXT,
    ["days?"] = list(object(extended(CALL_COUNTS, { date = TEXT }))),
    ["hours?"] = list(object(extended(CALL_COUNTS, { hour = WHOLE }))),
  })),

  Recording = object {
    id = WHOLE, recording_sid = TEXT, call_sid = TEXT, ["user_id?"] = TEXT, ["phone_number_id?"] = WHOLE,
    kind = one_of("call", "voicemail"), status = TEXT, ["duration?"] = WHOLE, ["channels?"] = WHOLE,
    ["source?"] = TEXT, ["error_code?"] = TEXT, ["transcript?"] = TEXT, started_at = TIME,
    ["heard_at?"] = TIME, ["heard_by?"] = TEXT, ["from?"] = TEXT, ["to?"] = TEXT, ["direction?"] = TEXT,
    mediaUrl = TEXT, etag = ETAG,
  },
  Recordings = page("recordings", "Recording"),

  Override = object(OVERRIDE_FIELDS),
  OverrideWithWarnings = object(extended(OVERRIDE_FIELDS, { warnings = WARNINGS })),
  Overrides = page("overrides", "Override"),

  Leaks = object {
    from = TIME, to = TIME, seconds = WHOLE,
    total = described(WHOLE, "How many phones there are; at most 200 are listed, the worst first."),
    leaks = list(object {
      target = E164, answered = described(WHOLE, "How often the phone was answered."),
      leaked = described(WHOLE, "Of these, probably by its own voicemail: no key pressed, or a short talk."),
      declined = described(WHOLE, "Of these, without 1 being pressed, by a voicemail or a person."),
      share = described(NUMBER, "leaked / answered"), ["last_at?"] = TIME, ["last_call_sid?"] = TEXT,
    }),
  },

  MissedCall = object(MISSED_FIELDS),
  MissedCalls = object { missed_calls = list(ref("MissedCall")), next = nullable("string"), open = WHOLE },

  Findings = object { findings = list(object {
    name = TEXT, state = one_of("ok", "warning", "problem", "skipped"), message = TEXT, ["fix?"] = TEXT,
  }) },

  Alert = object {
    id = WHOLE, user_id = TEXT, kind = TEXT, subject = TEXT, detail = TEXT, first_at = TIME, last_at = TIME,
    count = WHOLE, ["closed_at?"] = TIME, etag = ETAG,
  },
  Alerts = page("alerts", "Alert"),

  PlayedCall = object { sid = TEXT, outcome = TEXT, rang = described(BOOLEAN, "A browser rang.") },
  RingingCalls = object { calls = list(object {
    sid = TEXT, from = TEXT, params = { type = "object", additionalProperties = TEXT },
  }) },

  Simulation = object {
    from = TEXT, to = TEXT, at = TIME,
    number = { anyOf = json.array {
      object { id = WHOLE, phone_number = TEXT, friendly_name = TEXT, timezone = TEXT }, { type = "null" },
    } },
    decision = object {
      source = TEXT, ["rule?"] = TEXT, ["line?"] = WHOLE, ["file?"] = TEXT, ["version?"] = WHOLE,
      ["error?"] = TEXT, ["code?"] = TEXT,
    },
    plan = ANYTHING, plan_words = described(TEXT, "What follows when nobody answers."),
    timeline = list(object {
      at = described(NUMBER, "Seconds since the call came in."), who = one_of("caller", "callee", "call"),
      ["target?"] = TEXT, kind = TEXT, text = TEXT,
    }),
    documents = list(object { at = NUMBER, who = one_of("caller", "callee"), url = TEXT, twiml = TEXT }),
    legs = list(object { target = TEXT, status = TEXT, connected = BOOLEAN }),
    not_rung = list(object {
      target = TEXT, code = TEXT, ["message?"] = TEXT, ["ends_at?"] = described(TIME, "Away until then."),
    }),
    ending = one_of("hangup", "rejected", "gone", "end", "error", "loop"),
    outcome = one_of("connected", "message", "rejected", "abandoned", "told", "error"),
    good = described(BOOLEAN, "Someone talked, a message was left, or the caller heard a word."),
    seconds = NUMBER, assumed = list(TEXT),
    ["text?"] = described(TEXT, "The text the caller gets afterwards."),
  },
})
