// numbering_test.mjs: our automaton against libphonenumber itself, number by number. The numbers are drawn from the
// metadata's own patterns, some with a digit changed, cut or added.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { parsePhoneNumberFromString } from "../../web/node_modules/libphonenumber-js/max/index.js";
import { generator } from "../support/random.mjs";

const BUILD = path.resolve(process.env.BUILD ?? "build");
const metadata = JSON.parse(readFileSync("web/node_modules/libphonenumber-js/metadata.max.json", "utf8"));
const TYPES = { FIXED_LINE: 1, MOBILE: 2, FIXED_LINE_OR_MOBILE: 3, TOLL_FREE: 4, PREMIUM_RATE: 8, PERSONAL_NUMBER: 16,
  VOICEMAIL: 32, UAN: 64, PAGER: 128, VOIP: 256, SHARED_COST: 512 };

const below = generator(20261128);

// A function that draws one of the texts a pattern matches.
function drawer(pattern) {
  let at = 0;
  function atom() {
    const char = pattern[at++];
    if (char === "(") {
      at += 2; // ?:
      const inner = alternatives();
      at += 1;
      return inner;
    }
    if (char === "\\") return at++, () => String(below(10));
    if (char !== "[") return () => char;
    const end = pattern.indexOf("]", at);
    const digits = pattern.slice(at, end).replace(/(\d)-(\d)/g, (_, from, to) =>
      Array.from({ length: to - from + 1 }, (__, n) => Number(from) + n).join(""));
    at = end + 1;
    return () => digits[below(digits.length)];
  }
  function repeated() {
    const one = atom();
    const [all, least, most] = /^\{(\d+)(?:,(\d+))?\}/.exec(pattern.slice(at)) ?? (pattern[at] === "?" ? ["?", 0, 1] : ["", 1, 1]);
    at += all.length;
    const spread = Number(most ?? least) - Number(least) + 1;
    return () => Array.from({ length: Number(least) + below(spread) }, one).join("");
  }
  function alternatives() {
    const choices = [[]];
    while (at < pattern.length && pattern[at] !== ")") {
      if (pattern[at] === "|") at++, choices.push([]);
      else choices.at(-1).push(repeated());
    }
    return () => choices[below(choices.length)].map((part) => part()).join("");
  }
  return alternatives();
}

// Every type of every country and of every code without a country.
const KINDS = [...Object.entries(metadata.countries), ...Object.entries(metadata.nonGeographic)].flatMap(([country, data]) =>
  (data[11] ?? []).flatMap((entry, type) => (entry?.[0] ? [{ country, code: data[0], type, draw: drawer(entry[0]) }] : [])));

// How the host answers them: [{ valid, countries, types, dialled }].
function looked(numbers) {
  const output = execFileSync("lua5.4", ["spec/support/numbering.lua"], { input: `${numbers.join("\n")}\n`, encoding: "utf8",
    env: { ...process.env, LUA_PATH: "lua/?.lua;spec/?.lua;;", LUA_CPATH: `${BUILD}/?.so;;` }, maxBuffer: 1 << 26 });
  return output.trimEnd().split("\n").map((line) => {
    const [valid, countries, types, dialled] = line.split("\t");
    return { valid: valid === "true", countries: countries.split(" "), types: Number(types) || 0, dialled };
  });
}

describe("the numbering plans", () => {
  const skip = process.env.SAN && "a plain Lua does not load what a sanitizer built";

  it("agree with libphonenumber on 20,000 numbers", { skip }, () => {
    const numbers = new Set();
    while (numbers.size < 20_000) {
      const kind = KINDS[below(KINDS.length)];
      let digits = kind.code + kind.draw();
      const place = 1 + below(digits.length - 1);
      const change = below(6);
      if (change === 0) digits = digits.slice(0, place) + below(10) + digits.slice(place + 1);
      if (change === 1) digits = below(2) ? digits.slice(0, -1) : digits + below(10);
      numbers.add(`+${digits}`);
    }
    const list = [...numbers];
    let judged = 0;
    for (const [at, ours] of looked(list).entries()) {
      // What its parser writes otherwise (national prefixes, carriers) isn't an E.164 number.
      const theirs = parsePhoneNumberFromString(list[at]);
      if (!theirs?.isValid() || theirs.number !== list[at]) continue;
      judged += 1;
      const said = `${list[at]}: ${theirs.country} ${theirs.getType()}, ours ${JSON.stringify(ours)}`;
      assert.ok(ours.valid, said);
      assert.ok(ours.types & TYPES[theirs.getType()], said);
      if (theirs.country) assert.ok(ours.countries.includes(theirs.country), said);
    }
    assert.ok(judged > 10_000, `only ${judged} were valid`);
  });

  it("refuse every premium, shared-cost, personal and global range, whatever country is allowed", { skip }, () => {
    const COSTLY = [3, 4, 9]; // premium, personal, shared cost: places in the metadata
    const costly = KINDS.filter((kind) => COSTLY.includes(kind.type) || (kind.country in metadata.nonGeographic && kind.type !== 2));
    const numbers = costly.map((kind) => `+${kind.code}${kind.draw()}`);
    assert.ok(numbers.length > 200);
    for (const [at, ours] of looked(numbers).entries()) {
      const theirs = parsePhoneNumberFromString(numbers[at]);
      // Some plans give one range two types; libphonenumber itself names the other one then.
      const types = [TYPES[theirs?.getType()] ?? 0, 8 | 16 | 512];
      if (metadata.countries[costly[at].country] && theirs?.isValid() && !(types[0] & types[1])) continue;
      assert.notEqual(ours.dialled, "dialled", `${numbers[at]} of ${costly[at].country}: ${JSON.stringify(ours)}`);
    }
  });

  // As a phone book of the country has them, as one abroad has them, and as people type them. What is dialled
  // in another way inside (area codes that are left out, carriers, Argentina's 15, Belarus' 8 0) is left to libphonenumber.
  it("are read as people write them in each country", { skip }, () => {
    const asked = [];
    while (asked.length < 6_000) {
      const kind = KINDS[below(KINDS.length)];
      const theirs = parsePhoneNumberFromString(`+${kind.code}${kind.draw()}`);
      if (!theirs?.isValid() || theirs.country !== kind.country || kind.country === "AR" || kind.country === "BY") continue;
      const inside = theirs.formatNational(), code = `+${theirs.countryCallingCode}`;
      const back = parsePhoneNumberFromString(inside, kind.country)?.number;
      const written = below(2) ? inside.replace(/[ ()]/g, () => [" ", "-", ".", "\u00a0", ""][below(5)]) : inside;
      if (back === theirs.number) asked.push([written, kind.country, theirs.number]);
      asked.push([theirs.formatInternational(), kind.country, theirs.number]);
      asked.push([theirs.formatInternational().replace(code, `tel:${code} (0)`), "US", theirs.number]);
      asked.push([theirs.formatInternational().replace("+", "011 "), "US", theirs.number]);
    }
    const output = execFileSync("lua5.4", ["spec/support/written.lua"], { encoding: "utf8", maxBuffer: 1 << 26,
      input: `${asked.map(([text, country]) => `${text}\t${country}`).join("\n")}\n`,
      env: { ...process.env, LUA_PATH: "lua/?.lua;spec/?.lua;;", HS_NATIVE: `${BUILD}/native.so` } });
    const wrong = output.trimEnd().split("\n").flatMap((line, at) => (line === asked[at][2] ? [] : [`${asked[at]}: ${line}`]));
    assert.deepEqual(wrong.slice(0, 20), []);
  });

  it("are not guessed", { skip }, () => {
    const texts = ["911", "112", "555-0142", "1-800-FLOWERS", "+1303555014", "+13035550142+13035550177", "(303) 555-0142 ext. 5", "",
      "2026-12-24", "8:00", "0", "+", "303 555 0142 303 555 0142"];
    const output = execFileSync("lua5.4", ["spec/support/written.lua"], { encoding: "utf8", input: `${texts.map((text) => `${text}\tUS`).join("\n")}\n`,
      env: { ...process.env, LUA_PATH: "lua/?.lua;spec/?.lua;;", HS_NATIVE: `${BUILD}/native.so` } });
    for (const line of output.trimEnd().split("\n")) assert.match(line, /^- ".*" (isn't a phone number|has (a plus|letters|an extension))/);
  });
});
