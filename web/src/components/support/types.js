// types.js: what applications pass to the components and get back. The package's
// type declarations are made from these comments (tools/package.js).

/**
 * Where Hookswitch is and who is asking. Inside a HookswitchProvider, components take it from there.
 * @typedef {object} Connection
 * @property {string} [baseUrl] where Hookswitch answers; the page's own origin when left out
 * @property {Token} [token] gives the user's JWT; asked before each request
 * @property {ColorScheme} [colorScheme] "light" when left out
 * @property {Appearance} [appearance] colours, corners and font
 * @property {string} [locale] such as "de" or "en-GB", for texts, dates and numbers; the page's own language when
 *   left out. A page has one locale: the last one set
 * @property {Messages} [messages] texts to use in place of ours
 * @property {(error: HookswitchError) => void} [onError] the token was refused, or calls can't be made or received
 */

/** @typedef {() => (string | null | undefined | Promise<string | null | undefined>)} Token */

/**
 * By the English text: { "Ring for": "Ring time" }. For "{n} call" and "{n} calls" the key is the plural, the value
 * [singular, plural].
 * @typedef {Record<string, string | [string, string]>} Messages
 */

/** @typedef {"light" | "dark" | "auto"} ColorScheme "auto" follows the system's setting */

/**
 * CSS values. What you leave out keeps its default; soft backgrounds are derived from their colour.
 * @typedef {object} Appearance
 * @property {string} [accent] buttons, links, the focus
 * @property {string} [onAccent] text on the accent colour
 * @property {string} [text]
 * @property {string} [textSoft]
 * @property {string} [surface] behind text
 * @property {string} [surfaceSunken] behind the surface
 * @property {string} [surfaceRaised] cards within it
 * @property {string} [line] borders
 * @property {string} [good]
 * @property {string} [bad]
 * @property {string} [warn]
 * @property {string} [radius] of controls and cards
 * @property {string} [fontFamily]
 */

/**
 * @typedef {object} HookswitchError
 * @property {string | number} code "invalid_token", "token_failed", another API code, or a Twilio error number
 * @property {string} message for people
 * @property {number} [status] the HTTP status, for API errors
 */

/**
 * A call on this browser's phone.
 * @typedef {object} CallInfo
 * @property {string | null} sid Twilio's call SID
 * @property {"in" | "out"} direction
 * @property {string} from a number in E.164, or an address such as "client:user_ana"
 * @property {string} to
 * @property {string | null} name of the other party, if it is a contact
 */

/**
 * A call that has ended.
 * @typedef {object} EndedCall
 * @property {string | null} sid
 * @property {"in" | "out"} direction
 * @property {string} from
 * @property {string} to
 * @property {string | null} name
 * @property {number} seconds talk time; 0 when nobody answered
 */

/**
 * What a ref to BrowserCallComponent offers.
 * @typedef {object} PhoneHandle
 * @property {(number: string) => boolean} dial calls a number, however it is written; false if it isn't a number or
 *   the phone can't dial now
 * @property {() => void} hangUp
 */

/**
 * @typedef {object} PhoneProps
 * @property {string} [number] the field's initial value
 * @property {import("react").Ref<PhoneHandle>} [ref]
 * @property {() => void} [onAttention] a call comes in or starts: show the phone
 * @property {boolean} [shown] whether the page shows the phone now; if not, a bar shows the call in progress
 * @property {(call: CallInfo) => void} [onIncoming] a call comes in
 * @property {(call: CallInfo) => void} [onCallStart] a call was answered, on either side
 * @property {(call: EndedCall) => void} [onCallEnd] a call that was made or answered here has ended
 */

/**
 * @typedef {object} NumberRow
 * @property {number} id
 * @property {string} phone_number in E.164
 * @property {string | null} friendly_name
 * @property {boolean} [is_active]
 */

/**
 * @typedef {object} NumbersProps
 * @property {(number: NumberRow) => void} [onChange] a number was bought, changed or released
 */

/**
 * @typedef {object} ForwardingProps
 * @property {(line: number) => string} [rulesHref] the application's link to a line of the rule file
 */

/**
 * A call in the log.
 * @typedef {object} CallRow
 * @property {string} call_sid
 * @property {"inbound" | "outbound"} direction
 * @property {string} from
 * @property {string} to
 * @property {string} status
 * @property {number} started_at in milliseconds since 1970
 * @property {number | null} answered_at
 * @property {number | null} ended_at
 * @property {number | null} duration in seconds
 * @property {string | null} end_reason
 */

/**
 * @typedef {object} CallHistoryProps
 * @property {string} [number] only calls with this number, in E.164
 * @property {number} [pageSize] how many calls to load at a time; 25 when left out, 100 at most
 * @property {(call: CallRow) => string} [callHref] the application's link to a call
 */

/**
 * @typedef {object} RecordingRow
 * @property {string} recording_sid
 * @property {string} call_sid
 * @property {"voicemail" | "call"} kind
 * @property {string} from
 * @property {string} to
 * @property {number} started_at in milliseconds since 1970
 * @property {number | null} duration in seconds
 */

/**
 * @typedef {object} RecordingsProps
 * @property {"voicemail" | "call"} [kind] only voicemail, or only recorded calls
 * @property {number} [pageSize] how many recordings to load at a time; 25 when left out
 * @property {(recording: RecordingRow) => string} [callHref] the application's link to the recording's call
 */

/**
 * A component's own properties, and those of a HookswitchProvider.
 * @template Props
 * @typedef {(props: Props & Connection) => import("react").ReactElement | null} Standalone
 */

export {};
