// token.mjs: judges access tokens as Twilio does.
//
//   readToken(text, { account, keys })   → { identity, expires, incoming, application }
//                                          or { error: { code, message } }
import jsonwebtoken from "jsonwebtoken";

const INVALID = { code: 31204, message: "Access Token invalid" };
const EXPIRED = { code: 31205, message: "Access Token expired or expiration date invalid" };
const LONGEST = 86_400;

// keys: secrets by key sid.
export function readToken(text, { account, keys }) {
  const opened = jsonwebtoken.decode(text, { complete: true });
  const { header, payload } = opened ?? {};
  const secret = keys.get(payload?.iss);
  if (!secret || header.typ !== "JWT" || header.cty !== "twilio-fpa;v=1" || payload.sub !== account) return { error: INVALID };
  try {
    jsonwebtoken.verify(text, secret, { algorithms: ["HS256"] });
  } catch (problem) {
    return { error: problem.name === "TokenExpiredError" ? EXPIRED : INVALID };
  }
  const { identity, voice } = payload.grants ?? {};
  if (typeof identity !== "string" || !/^[A-Za-z0-9_]{1,256}$/.test(identity) || !voice) return { error: INVALID };
  if (!payload.exp || payload.exp - payload.iat > LONGEST) return { error: EXPIRED };
  return { identity, expires: payload.exp * 1000, incoming: voice.incoming?.allow === true,
    application: voice.outgoing?.application_sid };
}

export const ERRORS = { INVALID, EXPIRED };
