-- api/schemas.lua: the API's answers, as JSON Schemas by name.
--
-- Routes name them (`responses = { [200] = "Number" }`), the API's description
-- lists them, and every answer in the specs is checked against them. A field with a question mark may be
-- null; other fields aren't allowed.

local json = require("json")
local schema = require("hookswitch.schema")

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
  id = WHOLE, user_id = TEXT, phone_number_id = WHOLE, forward_to_number = E164,
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

local PROBLEM = object {
  ["file?"] = TEXT, line = WHOLE, message = TEXT,
  ["entry?"] = described(TEXT, "The person, group, hours or rota it is about."), ["field?"] = TEXT,
}
local RANGES = list(described(TEXT, "08:00-17:00; it may end on the next day. None: closed."))
local REFUSAL_FIELDS = { file = TEXT, line = WHOLE, message = TEXT, ["path?"] = TEXT }

local VERSION_FIELDS = {
  id = WHOLE, hash = TEXT, live_at = TIME, first_live_at = TIME, result = TEXT, live = BOOLEAN,
  changed = list(TEXT), added = WHOLE, removed = WHOLE,
  ["author?"] = described(TEXT, "A user, an account of the system, or the author of a commit."),
  ["author_kind?"] = one_of("user", "os", "git"),
  ["note?"] = TEXT, ["accepted_by?"] = described(TEXT, "Who agreed to what it changes."),
  ["checks?"] = object { rules = WHOLE, examples = WHOLE, calls = WHOLE, plans = WHOLE },
}

local REPLAY_SIDE = object {
  words = TEXT, source = TEXT, ["rule?"] = TEXT, ["line?"] = WHOLE, ["error?"] = TEXT,
}

local REASON = object {
  code = TEXT, ["values*"] = described({ type = "object" }, "What the message names, such as min and max."),
  ["inner*"] = described({ type = "object" }, "The reason of the entry, in a list."),
}

return schema.extended(require("api.people_schemas"), {
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
  Presence = object { identity = TEXT, online = BOOLEAN },
  People = object { people = list(object {
    user_id = TEXT, identity = TEXT, ["name?"] = TEXT, online = BOOLEAN, busy = BOOLEAN, ["seen_at?"] = TIME,
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
    phone_number = E164, friendly_name = TEXT,
    ["unused?"] = described(one_of("ended", "number_off", "refused", "always"), "Why it never applies."),
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
    unused = described(list(TEXT), "Settings that were on and could not apply."),
    draft = described(BOOLEAN, "The draft decided: the caller is one of its try_for."),
    rules = list(object {
      index = WHOLE, name = TEXT, line = WHOLE, file = TEXT, matched = nullable("boolean"),
    }),
    lookups = list(object { name = TEXT, ["ms?"] = NUMBER, ["value?"] = ANYTHING, ["error?"] = TEXT }),
  },
  Statistics = object(extended(CALL_STATISTICS, {
    inbound = WHOLE, outbound = WHOLE, cost = NUMBER, ["price_unit?"] = TEXT, calls_not_yet_priced = WHOLE,
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
      target = E164, answered = described(WHOLE, "How often the phone was picked up."),
      leaked = described(WHOLE, "Of these, probably by a mailbox: no key pressed, or a short talk."),
      declined = described(WHOLE, "Of these, without 1 being pressed, by a mailbox or a person."),
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

  -- live rules, simulations and replays
  RuleFile = object {
    version = WHOLE, live_at = TIME, file = TEXT, source = TEXT, hash = TEXT,
    etag = schema.ETAG, ["live_source?"] = TEXT,
    rules = list(ref("RuleName")), files = list(object { name = TEXT, bytes = WHOLE }),
    error = { anyOf = json.array {
      object(extended(REFUSAL_FIELDS, {
        at = TIME, held = described(BOOLEAN, "They are good, and wait to be accepted."),
      })), { type = "null" },
    } },
    lookups = list(object { name = TEXT, line = WHOLE }), editable = BOOLEAN,
    confirm = described(BOOLEAN, "Changes to real calls must be accepted (rules_confirm)."),
    ["gate?"] = ref("RuleGate"),
  },
  RuleGate = object {
    calls = described(WHOLE, "Of the last 1,000 real calls, those that could be decided."),
    changed = described(WHOLE, "Those that go elsewhere."),
    failing = described(WHOLE, "Those for which the rules fail, as they did then."),
    from = nullable("integer"), to = nullable("integer"), at = TIME, text = TEXT,
    groups = list(object {
      count = WHOLE, before = REPLAY_SIDE, after = REPLAY_SIDE,
      call_sid = described(TEXT, "The newest of them."), at = TIME,
    }),
  },
  RuleName = object { index = WHOLE, name = TEXT, line = WHOLE },
  RuleAccount = object {
    index = WHOLE, name = TEXT, line = WHOLE, ["calls?"] = WHOLE, ["past?"] = WHOLE, ["example?"] = TEXT,
    ["does?"] = TEXT, ["never?"] = TEXT,
  },
  RuleCheck = object {
    ok = BOOLEAN, ["rules?"] = list(ref("RuleAccount")), ["examples?"] = WHOLE,
    ["warnings?"] = list(PROBLEM), ["proof?"] = object { calls = WHOLE, plans = WHOLE },
    ["error?"] = object(extended(REFUSAL_FIELDS, { errors = list(PROBLEM) })),
    ["gate?"] = ref("RuleGate"),
  },
  Team = object {
    people = list(object {
      id = described(TEXT, "What rules, groups and rotas call them."), ["name?"] = TEXT, ["user?"] = TEXT,
      phones = list(object {
        number = TEXT, confirm = described(BOOLEAN, "Whoever picks up is asked to press 1."),
      }),
      ["away?"] = object {
        ["from?"] = described(TEXT, "Not rung from here on: 2026-12-04 17:00"), to = TEXT, zone = TEXT,
      },
    }),
    groups = list(object { id = TEXT, people = list(TEXT) }),
    hours = list(object {
      id = TEXT, ["zone?"] = TEXT, ["greeting?"] = described(TEXT, "What callers hear while it is closed."),
      week = object { mon = RANGES, tue = RANGES, wed = RANGES, thu = RANGES, fri = RANGES, sat = RANGES,
        sun = RANGES },
      ["holidays?"] = object { place = TEXT, except = list(TEXT) },
      dates = list(object { date = TEXT, ranges = RANGES }),
    }),
    oncall = list(object {
      id = TEXT, ["zone?"] = TEXT, ["every?"] = described(TEXT, "week, day or 14 days"), ["from?"] = TEXT,
      people = list(TEXT), swaps = list(object { date = TEXT, person = TEXT }),
      ["calendar?"] = described(TEXT, "Address of an iCalendar file, or the name of one beside the rules, "
        .. "in place of turns."),
      ["otherwise?"] = described(TEXT, "Who is on call when the calendar names nobody."),
    }),
    errors = list(PROBLEM), -- of the files on disk, which can't be changed here then
    hash = TEXT, etag = schema.ETAG, editable = BOOLEAN, ["gate?"] = ref("RuleGate"),
  },
  HolidayPlaces = object { places = list(object { code = TEXT, name = TEXT }) },
  Holidays = object {
    place = TEXT, year = WHOLE, holidays = list(object { name = TEXT, days = list(TEXT) }),
  },
  RuleVersion = object(VERSION_FIELDS),
  RuleVersions = page("versions", "RuleVersion", "integer"),
  RuleVersionWithSources = object(extended(VERSION_FIELDS, {
    sources = { type = "object", additionalProperties = TEXT },
    ["gate?"] = ref("RuleGate"), ["since?"] = ref("RuleGate"),
  })),
  RuleDraft = object {
    file = TEXT, source = TEXT, hash = TEXT, etag = ETAG,
    state = one_of("none", "on", "refused", "off"),
    ["reason?"] = described(TEXT, "Why it is refused, or was switched off."), ["line?"] = WHOLE,
    ["since?"] = TIME, ["author?"] = TEXT,
    try_for = list(E164),
    calls = described(WHOLE, "Calls since then."), same = WHOLE, changed = WHOLE, text = TEXT,
    groups = list(object {
      count = WHOLE, before = REPLAY_SIDE, after = REPLAY_SIDE, call_sid = TEXT, at = TIME,
    }),
    ["gate?"] = ref("RuleGate"),
  },
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

  Now = object { at = TIME, next = nullable("integer"), numbers = list(object {
    phone_number_id = WHOLE, phone_number = E164, friendly_name = TEXT, zone = TEXT,
    source = one_of("inactive", "blocked", "override", "rules", "settings", "fallback", "unadopted"),
    ["rule?"] = TEXT, ["line?"] = WHOLE, ["error?"] = TEXT, plan = ANYTHING,
    words = described(TEXT, "What follows when nobody answers."),
    text = described(TEXT, "All of it as a sentence."),
    reaches = one_of("person", "voicemail", "none"),
    rings = list(object {
      target = described(TEXT, "A phone, or user:ID."), ["name?"] = TEXT,
      state = one_of("rings", "offline", "refused"),
    }),
    ["override?"] = object { id = WHOLE, ends_at = TIME, note = TEXT, ["author?"] = TEXT },
    ["setting?"] = object { id = WHOLE, forwarding_type = TEXT, ["ends_at?"] = TIME, ["author?"] = TEXT },
    unused = list(object {
      id = WHOLE, forwarding_type = one_of("always", "busy", "no_answer"),
      reason = one_of("ended", "number_off", "refused", "always"), text = TEXT, forward_to_number = E164,
      ["ends_at?"] = TIME, ["always_to?"] = described(E164, "Where \"always\" sends the calls instead."),
      ["always_ends_at?"] = TIME,
    }),
  }) },

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
    plan = ANYTHING, plan_words = described(TEXT, "What follows when nobody answers."),
    timeline = list(object {
      at = described(NUMBER, "Seconds since the call came in."), who = one_of("caller", "callee", "call"),
      ["target?"] = TEXT, kind = TEXT, text = TEXT,
    }),
    documents = list(object { at = NUMBER, who = one_of("caller", "callee"), url = TEXT, twiml = TEXT }),
    legs = list(object { target = TEXT, status = TEXT, connected = BOOLEAN }),
    not_rung = list(object { target = TEXT, code = TEXT, ["message?"] = TEXT }),
    ending = one_of("hangup", "rejected", "gone", "end", "error", "loop"),
    outcome = one_of("connected", "message", "rejected", "abandoned", "told", "error"),
    good = described(BOOLEAN, "Someone talked, a message was left, or the caller heard a word."),
    seconds = NUMBER, assumed = list(TEXT),
    ["text?"] = described(TEXT, "The text the caller gets afterwards."),
  },
})
