-- api/rule_schemas.lua: what the API answers about rules, their versions and drafts, the team's files,
-- coverage and replays: a part of api/schemas.lua.

local json = require("json")
local schema = require("hookswitch.fields.schema")

local TEXT, WHOLE, BOOLEAN, TIME = schema.TEXT, schema.WHOLE, schema.BOOLEAN, schema.TIME
local E164, ANYTHING, ETAG = schema.E164, schema.ANYTHING, schema.ETAG
local nullable, one_of, described, ref = schema.nullable, schema.one_of, schema.described, schema.ref
local list, object, extended, page = schema.list, schema.object, schema.extended, schema.page

local PROBLEM = object {
  ["file?"] = TEXT, line = WHOLE, message = TEXT,
  ["entry?"] = described(TEXT, "The person, group, hours or rota it is about."), ["field?"] = TEXT,
  ["code?"] = described(TEXT, "Of mistakes that a form says in its own words."),
  ["position?"] = described(WHOLE, "Of the field among those of its name."),
}
local RANGES = list(described(TEXT, "08:00-17:00; it may end on the next day. None: closed."))
local REFUSAL_FIELDS = { file = TEXT, line = WHOLE, message = TEXT, ["path?"] = TEXT }

local TURN = object {
  person = described(TEXT, "A person or a group."),
  ["from?"] = described(TEXT, "On the clock of the zone: 2026-01-05 08:00. None: more than two months ago."),
  ["to?"] = described(TEXT, "None: nobody else takes over."), ["starts_at?"] = TIME, ["ends_at?"] = TIME,
}

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

local COVERAGE_WAY = {
  words = TEXT, ["rule?"] = TEXT, ["line?"] = WHOLE, source = TEXT,
  reaches = one_of("person", "voicemail", "none"), gap = BOOLEAN, ["error?"] = TEXT,
}

-- `more` of the answer, and of each span.
local function coverage(more, of_span)
  return object(extended({
    from = TIME, to = TIME, step_minutes = WHOLE, online = BOOLEAN, next = nullable("integer"),
    numbers = list(object {
      phone_number_id = WHOLE, phone_number = E164, friendly_name = TEXT, zone = TEXT,
      classes = list(object {
        class = one_of("unknown", "known", "anonymous", "blocked"),
        caller = object { from = TEXT, ["name?"] = TEXT },
        spans = list(object(extended({ from = TIME, to = TIME }, extended(COVERAGE_WAY, of_span)))),
      }),
      dst = list(object { at = TIME, from_offset = WHOLE, to_offset = WHOLE }),
    }),
  }, more))
end

return {
  RuleFile = object {
    version = WHOLE, live_at = TIME, file = TEXT, source = TEXT, hash = TEXT,
    etag = ETAG, ["live_source?"] = TEXT,
    rules = list(ref("RuleName")), files = list(object { name = TEXT, bytes = WHOLE }),
    error = { anyOf = json.array {
      object(extended(REFUSAL_FIELDS, {
        at = TIME, held = described(BOOLEAN, "They are good, and wait to be accepted."),
        errors = list(PROBLEM),
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
    ["hash?"] = described(TEXT, "Of all files with this change: `shown` of a save that agrees to it."),
  },
  Team = object {
    people = list(object {
      id = described(TEXT, "What rules, groups and rotas call them."), ["name?"] = TEXT, ["user?"] = TEXT,
      phones = list(object {
        number = TEXT, confirm = described(BOOLEAN, "Whoever picks up is asked to press 1."),
      }),
      has_pin = described(BOOLEAN, "Whoever picks up types a PIN instead."),
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
    -- Of each rota the running turn and the next five; none while the file has mistakes.
    turns = list(object { id = TEXT, ["zone?"] = TEXT, next = list(TURN) }),
    errors = list(PROBLEM), -- of the files on disk, which can't be changed here then
    hash = TEXT, etag = ETAG, editable = BOOLEAN, ["gate?"] = ref("RuleGate"),
  },
  OwnPin = object {
    name = described(nullable("string"), "In people.txt; null: nobody there has your user ID."),
    has_pin = BOOLEAN, asks = described(BOOLEAN, "A phone of yours asks before it puts a caller through."),
    phones = list(TEXT), editable = BOOLEAN,
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
    ["errors?"] = described(list(PROBLEM), "All that is wrong with one that is refused."),
    ["since?"] = TIME, ["author?"] = TEXT,
    try_for = list(E164),
    calls = described(WHOLE, "Calls since then."), same = WHOLE, changed = WHOLE, text = TEXT,
    groups = list(object {
      count = WHOLE, before = REPLAY_SIDE, after = REPLAY_SIDE, call_sid = TEXT, at = TIME,
    }),
    ["gate?"] = ref("RuleGate"),
  },
  RuleDiff = object { id = WHOLE, against = nullable("integer"), diff = TEXT },

  Coverage = coverage({}, {}),
  TeamCoverage = coverage({
    -- of phones and users
    names = { type = "object", additionalProperties = TEXT },
  }, {
    ["before?"] = object(COVERAGE_WAY), -- where the call goes without the change, if elsewhere
  }),

  Now = object { at = TIME, next = nullable("integer"), numbers = list(object {
    phone_number_id = WHOLE, phone_number = E164, friendly_name = TEXT, zone = TEXT,
    source = one_of("inactive", "blocked", "override", "rules", "settings", "fallback", "unadopted"),
    ["rule?"] = TEXT, ["line?"] = WHOLE, ["error?"] = TEXT, plan = ANYTHING,
    words = described(TEXT, "What follows when nobody answers."),
    text = described(TEXT, "All of it as a sentence."),
    reaches = one_of("person", "voicemail", "none"),
    rings = list(object {
      target = described(TEXT, "A phone, or user:ID."), ["name?"] = TEXT,
      state = one_of("rings", "offline", "refused", "away"),
      ["ends_at?"] = described(TIME, "Away until then."),
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
}
