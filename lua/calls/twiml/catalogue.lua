-- catalogue.lua: what TwiML for voice consists of, as data (verbs.lua reads it).
--
-- One row per element: its name, "text" if it may hold text, the elements it may
-- hold, its attributes. An attribute is a string unless "=" says otherwise:
-- boolean, number, token (a language or a voice: a word, not a list that ages),
-- or the name of a list of words below; "*" in front allows several values.

local WORDS = {
  progress = "initiated ringing answered completed",
  recorded = "in-progress completed absent",
  trim = "trim-silence do-not-trim",
  method = "GET POST",
  tracks = "inbound_track outbound_track both_tracks",
  sides = "both inbound outbound",
  card = "visa mastercard amex maestro discover optima jcb diners-club enroute",
  beep = "true false onEnter onExit",
  buffer = "large medium small off",
  conference_record = "do-not-record record-from-start",
  region = "us1 us2 ie1 sg1 br1 au1 jp1 de1",
  conference_event = "start end join leave mute hold modify speaker announcement",
  record = "do-not-record record-from-answer record-from-ringing record-from-answer-dual "
    .. "record-from-ringing-dual true false",
  conversation_event = "call-initiated call-ringing call-answered call-completed",
  dial_event = "call-progress-event",
  tone = "at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl pt ru se sg "
    .. "th uk us us-old tw ve za",
  input = "dtmf speech",
  bank = "consumer-checking consumer-savings commercial-checking commercial-savings",
  keys = "dtmf",
  payment = "ach-debit credit-card",
  token_type = "one-time reusable payment-method",
  pay_error = "timeout invalid-card-number invalid-card-type invalid-date invalid-security-code "
    .. "internal-error input-matching-failed",
  pay_step = "payment-card-number expiration-date security-code postal-code payment-processing "
    .. "bank-account-number bank-routing-number",
  channels = "mono dual",
  reason = "rejected busy",
  strength = "none x-weak weak medium strong x-strong",
  level = "strong moderate reduced",
  alphabet = "ipa x-sampa x-amazon-jyutping x-amazon-pinyin x-amazon-pron-kana x-amazon-yomigana",
  date_format = "mdy dmy ymd md dm ym my d m y yyyymmdd",
  say_as = "characters spell-out cardinal number ordinal digits fraction unit date time address expletive "
    .. "telephone",
}

local ROWS = {
  { "AiSession", "", "", "aiConnector aiSessionConfiguration" },
  { "Application", "text", "ApplicationSid Parameter",
    "copyParentTo=boolean customerId method statusCallback statusCallbackEvent=*progress "
    .. "statusCallbackMethod url" },
  { "ApplicationSid", "text", "", "" },
  { "Assistant", "", "Language Parameter",
    "debug dtmfDetection=boolean elevenlabsTextNormalization hints id intelligenceService "
    .. "interruptSensitivity interruptible language partialPrompts=boolean preemptible=boolean "
    .. "profanityFilter=boolean reportInputDuringAgentSpeech=boolean speechModel transcriptionLanguage "
    .. "transcriptionProvider ttsLanguage ttsProvider voice welcomeGreeting welcomeGreetingInterruptible" },
  { "Autopilot", "text", "", "" },
  { "Client", "text", "Identity Parameter",
    "method statusCallback statusCallbackEvent=*progress statusCallbackMethod url" },
  { "Conference", "text", "",
    "beep=beep coach endConferenceOnExit=boolean eventCallbackUrl jitterBufferSize=buffer "
    .. "maxParticipants=number muted=boolean participantLabel record=conference_record "
    .. "recordingConfigurationId recordingStatusCallback recordingStatusCallbackEvent=*recorded "
    .. "recordingStatusCallbackMethod region=region startConferenceOnEnter=boolean statusCallback "
    .. "statusCallbackEvent=*conference_event statusCallbackMethod trim=trim waitMethod waitUrl" },
  { "Config", "", "", "name value" },
  { "Connect", "",
    "AiSession Assistant Autopilot Conversation ConversationRelay ConversationRelaySession Room Stream "
    .. "VirtualAgent",
    "action method" },
  { "Conversation", "", "",
    "inboundAutocreation=boolean inboundTimeout=number method record=record recordingStatusCallback "
    .. "recordingStatusCallbackEvent=*recorded recordingStatusCallbackMethod "
    .. "routingAssignmentTimeout=number serviceInstanceSid statusCallback "
    .. "statusCallbackEvent=*conversation_event statusCallbackMethod trim=trim url" },
  { "ConversationRelay", "", "Language Parameter",
    "backgroundnoisereduction debug deepgramsmartformat dtmfDetection=boolean "
    .. "elevenlabsTextNormalization events hints ignorebackchannel intelligenceService "
    .. "interruptSensitivity interruptible language partialPrompts=boolean preemptible=boolean "
    .. "profanityFilter=boolean reportInputDuringAgentSpeech=boolean speechModel speechtimeout "
    .. "transcriptionLanguage transcriptionProvider ttsLanguage ttsProvider url voice welcomeGreeting "
    .. "welcomeGreetingInterruptible" },
  { "ConversationRelaySession", "", "", "connector sessionConfiguration" },
  { "Dial", "text", "Application Client Conference Number Queue Sim Sip WhatsApp",
    "action answerOnBridge=boolean callerId events=dial_event hangupOnStar=boolean method record=record "
    .. "recordingConfigurationId recordingStatusCallback recordingStatusCallbackEvent=*recorded "
    .. "recordingStatusCallbackMethod recordingTrack=sides referMethod referUrl ringTone=tone "
    .. "sequential=boolean timeLimit=number timeout=number trim=trim" },
  { "Echo", "", "", "" },
  { "Enqueue", "text", "Task", "action maxQueueSize=number method waitUrl waitUrlMethod workflowSid" },
  { "Gather", "", "Pause Play Say",
    "action actionOnEmptyResult=boolean bargeIn=boolean debug=boolean enhanced=boolean finishOnKey "
    .. "hints input=*input language=token maxSpeechTime=number method numDigits=number "
    .. "partialResultCallback partialResultCallbackMethod profanityFilter=boolean speechModel "
    .. "speechTimeout timeout=number" },
  { "Hangup", "", "Parameter", "" },
  { "Header", "", "", "name value" },
  { "Headers", "", "Header", "" },
  { "Identity", "text", "", "" },
  { "Language", "", "", "code speechModel transcriptionProvider ttsProvider voice" },
  { "Leave", "", "", "" },
  { "Number", "text", "",
    "amdStatusCallback amdStatusCallbackMethod byoc machineDetection "
    .. "machineDetectionSilenceTimeout=number machineDetectionSpeechEndThreshold=number "
    .. "machineDetectionSpeechThreshold=number machineDetectionTimeout=number method sendDigits "
    .. "statusCallback statusCallbackEvent=*progress statusCallbackMethod url" },
  { "Parameter", "", "", "name value" },
  { "Pause", "", "", "length=number" },
  { "Pay", "", "Parameter Prompt",
    "action bankAccountType=bank chargeAmount currency description input=keys language=token "
    .. "maxAttempts=number minPostalCodeLength=number paymentConnector paymentMethod=payment postalCode "
    .. "securityCode=boolean statusCallback statusCallbackMethod=method timeout=number "
    .. "tokenType=token_type validCardTypes=*card" },
  { "Play", "text", "", "digits loop=number" },
  { "Prompt", "", "Pause Play Say",
    "attempt=*number cardType=*card errorType=*pay_error for=pay_step requireMatchingInputs=boolean" },
  { "Queue", "text", "", "method postWorkActivitySid reservationSid url" },
  { "Record", "", "",
    "action finishOnKey maxLength=number method playBeep=boolean recordingConfigurationId "
    .. "recordingStatusCallback recordingStatusCallbackEvent=*recorded recordingStatusCallbackMethod "
    .. "timeout=number transcribe=boolean transcribeCallback trim=trim" },
  { "Recording", "", "",
    "channels=channels recordingConfigurationId recordingStatusCallback "
    .. "recordingStatusCallbackEvent=*recorded recordingStatusCallbackMethod=method track=sides trim=trim" },
  { "Redirect", "text", "", "method" },
  { "Refer", "", "Sip", "action method" },
  { "Reject", "", "Parameter", "reason=reason" },
  { "Response", "",
    "Connect Dial Echo Enqueue Gather Hangup Leave Pause Pay Play Prompt Queue Record Redirect Refer "
    .. "Reject Say Sms Start Stop",
    "" },
  { "Room", "text", "", "participantIdentity" },
  { "Say", "text", "break emphasis lang p phoneme prosody s say-as sub w",
    "language=token loop=number voice=token" },
  { "Sim", "text", "", "" },
  { "Sip", "text", "Headers Uri",
    "amdStatusCallback amdStatusCallbackMethod machineDetection machineDetectionSilenceTimeout=number "
    .. "machineDetectionSpeechEndThreshold=number machineDetectionSpeechThreshold=number "
    .. "machineDetectionTimeout=number method password statusCallback statusCallbackEvent=*progress "
    .. "statusCallbackMethod url username" },
  { "Siprec", "", "Parameter",
    "connectorName name statusCallback statusCallbackMethod=method track=tracks" },
  { "Sms", "text", "", "action from method statusCallback to" },
  { "Start", "", "Recording Siprec Stream Transcription", "action method" },
  { "Stop", "", "Siprec Stream Transcription", "" },
  { "Stream", "", "Parameter",
    "connectorName name statusCallback statusCallbackMethod=method track=tracks url" },
  { "Task", "text", "", "priority=number timeout=number" },
  { "Transcription", "", "Config Parameter",
    "enableAutomaticPunctuation=boolean hints inboundTrackLabel intelligenceService languageCode name "
    .. "outboundTrackLabel partialResults=boolean profanityFilter=boolean speechModel "
    .. "statusCallbackMethod=method statusCallbackUrl track=tracks transcriptionEngine" },
  { "Uri", "text", "", "password priority username weight" },
  { "VirtualAgent", "", "Config Parameter",
    "connectorName language sentimentAnalysis=boolean statusCallback statusCallbackMethod" },
  { "WhatsApp", "text", "",
    "method statusCallback statusCallbackEvent=*progress statusCallbackMethod url" },
  { "break", "", "", "strength=strength time" },
  { "emphasis", "text", "break emphasis lang phoneme prosody say-as sub w", "level=level" },
  { "lang", "text", "break emphasis lang p phoneme prosody s say-as sub w", "xml:lang=token" },
  { "p", "text", "break emphasis lang phoneme prosody s say-as sub w", "" },
  { "phoneme", "text", "", "alphabet=alphabet ph" },
  { "prosody", "text", "break emphasis lang p phoneme prosody s say-as sub w", "pitch rate volume" },
  { "s", "text", "break emphasis lang phoneme prosody say-as sub w", "" },
  { "say-as", "text", "", "format=date_format interpret-as=say_as" },
  { "sub", "text", "", "alias" },
  { "w", "text", "break emphasis phoneme prosody say-as sub", "role" },
}

return { words = WORDS, rows = ROWS }
