#!/bin/sh
# Play Twilio's part for the first webhook of a call: sign it and send it.
#   TWILIO_AUTH_TOKEN=… SERVER_URL=… docs/examples/call.sh FROM TO
set -eu
token=${TWILIO_AUTH_TOKEN:-0123456789abcdef0123456789abcdef}
url=${SERVER_URL:-http://127.0.0.1:8080}/api/twilio/twiml
from=$1
to=$2
sid=CA$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
# The URL, then every parameter's name and value in the order of the names.
signature=$(printf '%s' "${url}CallSid${sid}CallStatusringingFrom${from}To${to}" |
    openssl dgst -sha1 -hmac "$token" -binary | base64)
curl -sS "$url" -H "X-Twilio-Signature: $signature" \
    --data-urlencode "CallSid=$sid" --data-urlencode "CallStatus=ringing" \
    --data-urlencode "From=$from" --data-urlencode "To=$to"
echo
