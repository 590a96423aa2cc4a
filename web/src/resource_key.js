// resource_key.js: the keys of queries. A key begins with the resource's name, the
// last fixed word of its path.

// "/api/twilio/call-logs/CA12" → "call-logs"; "/api/call-forwarding" → "call-forwarding".
function resourceOf(path) {
  return path.replace(/^\/api\/(twilio\/)?/, "").split("/")[0];
}

export const keyOf = (path, query) => [resourceOf(path), path, query ?? {}];
