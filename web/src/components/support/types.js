// types.js: what applications give to the components and get from them. The
// package's declarations are made from these comments (tools/package.js).

/**
 * Where Hookswitch is and who asks. A component inside of a HookswitchProvider has it from there.
 * @typedef {object} Connection
 * @property {string} [baseUrl] where Hookswitch answers; the page's own origin when left out
 * @property {Token} [token] gives the user's JWT; asked before each request
 * @property {ColorScheme} [colorScheme] "light" when left out
 * @property {Appearance} [appearance] colours, corners and font
 * @property {string} [locale] such as "de" or "en-GB": of texts, dates and numbers; the page's own language when
 *   left out. A page has one: of two, the newest counts
 * @property {Messages} [messages] single texts in place of ours
 * @property {(error: HookswitchError) => void} [onError] the token was refused, or calls can't be made or received
 */

/** @typedef {() => (string | null | undefined | Promise<string | null | undefined>)} Token */

/**
 * By the English text: { "Ring for": "Ring time" }; "{n} call" and "{n} calls" by the second, as [one, several].
 * @typedef {Record<string, string | [string, string]>} Messages
 */

/** @typedef {"light" | "dark" | "auto"} ColorScheme "auto" follows the system's setting */

/**
 * CSS values. What is left out stays as it is; soft backgrounds follow from their colour.
 * @typedef {object} Appearance
 * @property {string} [accent] buttons, links, the focus
 * @property {string} [onAccent] text on the accent colour
 * @property {string} [text]
 * @property {string} [textSoft]
 * @property {string} [surface] behind texts
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
 * @property {string | number} code "invalid_token", "token_failed", another code of the API, or a number of Twilio's
 * @property {string} message for people
 * @property {number} [status] of the answer, for an error of the API
 */

/**
 * A call of this browser.
 * @typedef {object} CallInfo
 * @property {string | null} sid Twilio's name for it
 * @property {"in" | "out"} direction
 * @property {string} from a number in E.164, or an address such as "client:user_ana"
 * @property {string} to
 * @property {string | null} name of the other side, when it is a contact
 */

/**
 * A call that is over.
 * @typedef {object} EndedCall
 * @property {string | null} sid
 * @property {"in" | "out"} direction
 * @property {string} from
 * @property {string} to
 * @property {string | null} name
 * @property {number} seconds that the two sides talked; 0 when nobody answered
 */

/**
 * What a ref to BrowserCallComponent offers.
 * @typedef {object} PhoneHandle
 * @property {(number: string) => boolean} dial calls a number, in any spelling; false when it isn't one, or when the
 *   phone can't dial now
 * @property {() => void} hangUp
 */

/**
 * @typedef {object} PhoneProps
 * @property {string} [number] what the field holds at first
 * @property {import("react").Ref<PhoneHandle>} [ref]
 * @property {() => void} [onAttention] someone calls, or a call begins: show the phone
 * @property {boolean} [shown] whether the page shows the phone now; if not, a bar shows a call that is going on
 * @property {(call: CallInfo) => void} [onIncoming] someone calls
 * @property {(call: CallInfo) => void} [onCallStart] the other side, or this one, has answered
 * @property {(call: EndedCall) => void} [onCallEnd] a call that was made or answered here is over
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
 * @property {(line: number) => string} [rulesHref] where the application shows a line of the rule file
 */

/**
 * A call of the log.
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
 * @property {number} [pageSize] how many calls are shown at first, and more each time; 25 when left out, 100 at most
 * @property {(call: CallRow) => string} [callHref] where the application shows a call
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
 * @property {"voicemail" | "call"} [kind] only messages, or only conversations
 * @property {number} [pageSize] how many recordings are shown at first, and more each time; 25 when left out
 * @property {(recording: RecordingRow) => string} [callHref] where the application shows the recording's call
 */

/**
 * A component, also with what a HookswitchProvider would give it.
 * @template Props
 * @typedef {(props: Props & Connection) => import("react").ReactElement | null} Standalone
 */

export {};
