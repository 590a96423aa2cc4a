// teams.mjs: made-up teams as hands write them: files of people, groups, hours and rotas, rules that use them, and
// edits, each as a hand makes it in the lines and as a form makes it in the API's JSON.
//
//   const team = makeTeam(7);            the seed tells all of it
//   team.texts()                         people.txt, groups.txt, hours.txt, oncall.txt
//   team.rules                           forwarding.lua
//   team.uses                            [{ kind, id, by: { file, words } }]: whoever is named somewhere
//   const edit = team.edit();            changes its lines, once for each kind; edit(entries) changes the JSON
import { generator } from "./random.mjs";

const NAMES = ["joe", "Ana María", "José", "Łukasz", "李雷", "O'Brien", "Анна", "عمر", "sue", "Zoë-2", "jo.e", "two words", "ÆØÅ",
  "😀 desk", "x".repeat(60), "é".repeat(30), "mon-fri", "zone", "42", "the yard (1)", "user", "a/b", "100%", "end", "nil", "Σίσυφος"];
const FULL = ["Joe Brown", "María-José Ñúñez", "D'Arcy O’Neil", "山田 太郎", "Łukasz Żółć", "Press # now", "Dr. Who, PhD", "a: b", "[sic]", "Zoë",
  "אבי כהן", "n".repeat(64), "“quoted”", "😀 Emoji", "x = y; --", "C:\\path"];
const ZONES = ["America/Denver", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe", "Africa/Casablanca",
  "America/Santiago", "UTC"];
const PLACES = { "US-CO": ["US-CO", "Colorado", "us-co"], "DE-BY": ["DE-BY"], GB: ["GB"], FR: ["FR"] };
const DATES = ["12-24", "12-27..01-02", "2026-07-03", "4th thu nov", "easter-2", "2027-03-01..2027-03-05", "last mon may", "mon before 05-25"];
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const LONG = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const RANGES = [["08:00-17:00"], ["08:00-12:00", "13:00-17:30"], ["00:00-24:00"], ["22:00-02:00"], ["00:00-06:15", "23:45-24:00"], []];
const EOLS = ["\n", "\n", "\n", "\r\n", "\r\n", "\r"];
const COMMENTS = ["# since May", "#", "   # indented: with a colon", "# [no heading]", "# Ünïcödé 😀", "#\ttab"];

class File {
  constructor(bom, eol, isMixed) {
    Object.assign(this, { bom, eol, isMixed, lines: [], first: eol });
  }
  add(line, at = this.lines.length) {
    this.lines.splice(at, 0, line);
    return line;
  }
  // As a form writes a line: below `line`, or first.
  field(key, value, line) {
    const made = { before: `${key}: `, value, behind: "", eol: this.first };
    if (line && line.eol === "") line.eol = this.first;
    return this.add(made, line ? this.lines.indexOf(line) + 1 : 0);
  }
  remove(line) {
    this.lines.splice(this.lines.indexOf(line), 1);
  }
  text() {
    return this.bom + this.lines.map((line) => (line.raw ?? line.before + line.value + line.behind) + line.eol).join("");
  }
}

export function makeTeam(seed) {
  const below = generator(seed);
  for (let n = 0; n < 20; n++) below(2); // seeds beside each other begin alike
  const pick = (list) => list[below(list.length)];
  const chance = (of) => below(of) === 0;
  const some = (list, most) => [...new Set(Array.from({ length: 1 + below(most) }, () => pick(list)))];
  const shuffled = (list) => list.map((one) => [below(1e6), one]).sort((a, b) => a[0] - b[0]).map(([, one]) => one);
  const files = Object.fromEntries(["people", "groups", "hours", "oncall"].map((kind) =>
    [kind, new File(chance(4) ? "\uFEFF" : "", pick(EOLS), chance(10))]));

  // ---- lines ----

  const put = (file, line) => file.add({ ...line, eol: file.isMixed && chance(3) ? "\n" : file.eol });
  const blank = () => ({ raw: chance(4) ? pick([" ", "\t", "  \t"]) : "" });
  const comment = () => ({ raw: pick(COMMENTS) });
  const heading = (id) => ({ raw: `${chance(8) ? " " : ""}[${chance(8) ? " " : ""}${id}${chance(8) ? " " : ""}]${chance(8) ? "  # a heading" : ""}` });
  const cased = (key) => (chance(8) ? key.toUpperCase() : chance(8) ? key[0].toUpperCase() + key.slice(1) : key);
  const field = (key, value) => ({ value, behind: chance(4) ? pick(["  # why: 8am", "   #", " \t", "   # 😀 [x]", "  # a # b"]) : "",
    before: `${chance(8) ? pick(["  ", "\t"]) : ""}${key}${chance(6) ? pick([" : ", ":  ", ":", "\t:\t"]) : ": "}` });
  // An entry: the comment right above it, its lines with comments among them, and what stands by itself below it.
  const entry = (file, id, fields) => {
    const own = [];
    const keep = (line) => own.push(put(file, line));
    while (chance(4)) keep(comment());
    keep(heading(id));
    for (const each of fields) {
      if (chance(10)) keep(comment());
      own.push(Object.assign(each.line, put(file, field(each.key, each.text))));
      file.lines.splice(-1, 1, each.line); // which the entry knows it by
    }
    if (chance(6)) keep(comment());
    for (let n = below(3) || 1; n > 0; n--) keep(blank());
    if (chance(8)) {
      put(file, comment());
      put(file, blank());
    }
    return own;
  };

  // ---- what they say ----

  const ids = shuffled(NAMES);
  const phoneText = (number) => {
    const [, area, office, line] = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
    return pick([number, number, `(${area}) ${office}-${line}`, `${area}-${office}-${line}`, `+1 ${area} ${office} ${line}`, `${area}.${office}.${line}`]);
  };
  let phones = 0;
  const newNumber = () => `+1${pick(["303", "212", "415", "510"])}555${String(1000 + phones++)}`;
  const phoneValue = ({ number, confirm }) => number + (confirm ? "" : ", no confirm");
  const clock = (minutes) => {
    const [h, m] = [Math.floor(minutes / 60), minutes % 60], two = `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`;
    if (!chance(3) || h === 24) return two;
    return `${h % 12 || 12}${m ? `:${String(m).padStart(2, "0")}` : ""}${h < 12 ? "am" : "pm"}`;
  };
  const rangesText = (ranges) => {
    if (ranges.length === 0) return pick(["closed", "Closed"]);
    if (ranges[0] === "00:00-24:00") return pick(["24h", "00:00-24:00"]);
    const text = (range) => range.split("-").map((time) => clock(Number(time.slice(0, 2)) * 60 + Number(time.slice(3)))).join(pick(["-", " - ", "–"]));
    return ranges.map(text).join(pick([", ", ","]));
  };
  const rangesValue = (ranges) => ranges.join(", ").replace(/^$/, "closed").replace(/^00:00-24:00$/, "24h");

  const made = { people: [], groups: [], hours: [], oncall: [] };
  const line = () => ({});
  for (const kind of Object.keys(files)) if (chance(4)) {
    put(files[kind], comment());
    put(files[kind], blank());
  }
  for (const id of ids.splice(0, 1 + below(7))) {
    const person = { id, name: chance(2) ? pick(FULL) : undefined, user: chance(4) ? pick(["42", "ana@example.com", "x y", "José"]) : undefined,
      phones: [], away: undefined, of: { phones: [] } };
    const fields = [];
    const add = (key, text) => {
      fields.push({ key: cased(key), text, line: line() });
      return fields.at(-1).line;
    };
    if (person.name) person.of.name = add("name", person.name);
    if (person.user) person.of.user = add("user", person.user);
    for (let n = person.user ? below(3) : 1 + below(3); n > 0; n--) {
      const phone = { number: newNumber(), confirm: !chance(3) };
      person.phones.push(phone);
      person.of.phones.push(add("phone", phoneText(phone.number) + (phone.confirm ? "" : pick([", no confirm", " ,  No Confirm"]))));
    }
    if (person.phones.some(({ confirm }) => confirm) && chance(4)) person.of.pin = add("pin", `scrypt$15$8$1$${"A".repeat(22)}$${"B".repeat(43)}`);
    if (chance(4)) {
      person.away = pick([{ to: "2031-12-07 08:00", zone: "America/Denver" }, { from: "2026-12-04 17:00", to: "2026-12-07 08:00", zone: "UTC" },
        { to: "2020-01-01 00:00", zone: "Asia/Kathmandu" }]);
      person.of.away = add("away", `${person.away.from ? `${person.away.from} ` : ""}${pick(["until", "Until"])} ${person.away.to} ${person.away.zone}`);
    }
    person.own = entry(files.people, id, fields);
    made.people.push(person);
  }
  const everybody = made.people.map(({ id }) => id);
  for (const id of ids.splice(0, below(4))) {
    while (chance(4)) put(files.groups, chance(2) ? comment() : blank());
    const group = { id, people: some(everybody, 4) };
    group.line = put(files.groups, field(id, group.people.join(pick([", ", ",", " , "]))));
    made.groups.push(group);
  }
  const anyone = [...everybody, ...made.groups.map(({ id }) => id)];
  for (const id of ids.splice(0, below(3))) {
    const hours = { id, zone: pick(ZONES), week: {}, dates: [], of: { week: [], dates: [] } };
    const fields = [];
    const add = (key, text) => {
      fields.push({ key, text, line: line() });
      return fields.at(-1).line;
    };
    hours.of.zone = add(cased("zone"), hours.zone);
    if (chance(2)) {
      hours.greeting = pick(FULL);
      hours.of.greeting = add(cased("greeting"), hours.greeting);
    }
    const left = shuffled([0, 1, 2, 3, 4, 5, 6]).slice(0, 1 + below(7));
    for (const day of DAYS) hours.week[day] = [];
    const week = [];
    while (left.length) {
      const days = left.splice(0, 1 + below(3)).sort((a, b) => a - b), ranges = pick(RANGES);
      const isRun = days.length > 2 && days.every((day, n) => n === 0 || day === days[n - 1] + 1);
      const word = (day) => pick([DAYS[day], LONG[day]]);
      week.push({ days, ranges, key: isRun ? `${word(days[0])}-${word(days.at(-1))}` : days.map(word).join(pick([",", ", "])) });
      for (const day of days) hours.week[DAYS[day]] = ranges;
    }
    for (const each of week) hours.of.week.push({ days: each.days, line: add(each.key, rangesText(each.ranges)) });
    if (chance(2)) {
      const place = pick(Object.keys(PLACES));
      hours.holidays = { place, except: place === "US-CO" && chance(2) ? ["Veterans Day"] : [] };
      hours.of.holidays = add(cased("holidays"), pick(PLACES[place]));
      if (hours.holidays.except.length) hours.of.except = add(cased("except"), "Veterans Day");
    }
    for (const date of some(DATES, 3)) {
      if (chance(2)) continue;
      const ranges = pick(RANGES);
      hours.dates.push({ date, ranges });
      hours.of.dates.push(add(chance(3) ? date.replace("..", " .. ").toUpperCase() : date, rangesText(ranges)));
    }
    hours.own = entry(files.hours, id, fields);
    made.hours.push(hours);
  }
  for (const id of ids.splice(0, below(3))) {
    const rota = { id, zone: pick(ZONES), swaps: [], of: { swaps: [] } };
    const fields = [];
    const add = (key, text) => {
      fields.push({ key, text, line: line() });
      return fields.at(-1).line;
    };
    rota.of.zone = add(cased("zone"), rota.zone);
    if (chance(4)) {
      Object.assign(rota, { calendar: "https://example.com/nights.ics?a=b&c=%20", otherwise: pick(anyone), people: [] });
      rota.of.calendar = add(cased("calendar"), pick([rota.calendar, rota.calendar.replace("https", "webcal")]));
      rota.of.otherwise = add(cased("otherwise"), rota.otherwise);
    } else {
      Object.assign(rota, { every: pick(["day", "week", "14 days", "3 days"]), from: "2026-01-05 08:00", people: some(anyone, 4) });
      rota.of.every = add(cased("every"), { "14 days": pick(["14 days", "2 weeks"]), week: pick(["week", "Week", "7 days"]) }[rota.every] ?? rota.every);
      rota.of.from = add(cased("from"), pick(["2026-01-05 08:00", "2026-01-05 8am", "2026-01-05T08:00"]));
      rota.of.people = add(cased("people"), rota.people.join(pick([", ", ","])));
      for (const date of some(["2026-12-24..2026-12-26", "2026-12-31", "07-04"], 3)) {
        if (chance(2)) continue;
        rota.swaps.push({ date, person: pick(anyone) });
        rota.of.swaps.push(add(date, rota.swaps.at(-1).person));
      }
    }
    rota.own = entry(files.oncall, id, fields);
    made.oncall.push(rota);
  }
  for (const file of Object.values(files)) {
    if (file.lines.length && file.lines.at(-1).raw !== "" && chance(4)) file.lines.at(-1).eol = "";
    file.first = file.lines[0]?.eol || "\n";
  }

  // ---- rules ----

  const uses = [], rules = [];
  const named = (kind, id, rule) => {
    uses.push({ kind, id, by: { file: "forwarding.lua", words: `rule "${rule}"` } });
    return JSON.stringify(id);
  };
  const way = (rule) => {
    const what = pick(["person", ...(made.groups.length ? ["group", "group"] : []), ...(made.oncall.length ? ["oncall", "oncall"] : [])]);
    if (what === "oncall") return `oncall(${named("oncall", pick(made.oncall).id, rule)}, call.at)`;
    const id = pick(what === "person" ? made.people : made.groups).id;
    return `${what}(${named(what === "person" ? "people" : "groups", id, rule)})${what === "group" && chance(3) ? `, { order = "round_robin" }` : ""}`;
  };
  for (const { id } of made.hours) {
    const rule = `open ${rules.length}`;
    rules.push(`  { "${rule}", when = function(call) return open(${named("hours", id, rule)}, call.at) end,\n`
      + `    go = function(call) return ring(${way(rule)})${chance(2) ? `:otherwise(voicemail(greeting(${JSON.stringify(id)})))` : ""} end },\n`);
  }
  if (chance(2) || rules.length === 0) rules.push(`  { "all", go = function(call) return ring(${way("all")}) end },\n`);
  for (const { id, people } of made.groups)
    for (const name of people) uses.push({ kind: "people", id: name, by: { file: "groups.txt", words: id } });
  for (const { id, people, otherwise, swaps } of made.oncall)
    for (const name of [...people, ...(otherwise ? [otherwise] : []), ...swaps.map(({ person }) => person)])
      uses.push({ kind: everybody.includes(name) ? "people" : "groups", id: name, by: { file: "oncall.txt", words: id } });
  const isUsed = (kind, id) => uses.some((use) => use.kind === kind && use.id === id);

  // ---- edits ----

  const set = (each, value) => { each.value = value; };
  const EDITS = {
    people() {
      const person = pick(made.people), { of } = person;
      const at = (entries) => entries.find(({ id }) => id === person.id);
      const last = () => of.pin ?? of.phones.at(-1) ?? of.user;
      const what = pick(["name", "number", "confirm", "add", "drop", "away", "away", "join", "leave"]);
      const k = below(person.phones.length || 1), phone = person.phones[k];
      if (what === "name" && of.name) {
        set(of.name, person.name = `${pick(FULL)} II`);
        return (entries) => { at(entries).name = person.name; };
      } else if (what === "number" && phone) {
        phone.number = newNumber();
        set(of.phones[k], phoneValue(phone));
      } else if (what === "confirm" && phone && !of.pin) {
        phone.confirm = !phone.confirm;
        set(of.phones[k], phoneValue(phone));
      } else if (what === "add" && (of.phones.length || of.user || of.name)) {
        person.phones.push({ number: newNumber(), confirm: true });
        of.phones.push(files.people.field("phone", person.phones.at(-1).number, of.phones.at(-1) ?? of.user ?? of.name));
      } else if (what === "drop" && person.phones.length > 1 && !of.pin) {
        files.people.remove(of.phones[k]);
        of.phones.splice(k, 1);
        person.phones.splice(k, 1);
      } else if (what === "away") {
        const before = person.away;
        person.away = before && chance(2) ? undefined : { to: `2031-12-${10 + below(20)} 08:00`, zone: pick(ZONES) };
        if (!person.away) {
          files.people.remove(of.away);
          of.away = undefined;
        } else if (of.away) set(of.away, `until ${person.away.to} ${person.away.zone}`);
        else of.away = files.people.field("away", `until ${person.away.to} ${person.away.zone}`, last());
        return (entries) => { at(entries).away = person.away ?? null; };
      } else if (what === "join" && ids.length) {
        const joined = { id: ids.pop(), name: pick(FULL), phones: [{ number: newNumber(), confirm: true }], of: {} };
        const { lines, first } = files.people, end = lines.at(-1);
        if (end?.eol === "") end.eol = first;
        joined.own = [];
        if ((end?.raw ?? end?.before)?.trim()) files.people.add({ raw: "", eol: first });
        joined.own.push(files.people.add({ raw: `[${joined.id}]`, eol: first }));
        joined.own.push(joined.of.name = files.people.add({ before: "name: ", value: joined.name, behind: "", eol: first }));
        joined.own.push(files.people.add({ before: "phone: ", value: joined.phones[0].number, behind: "", eol: first }));
        joined.of.phones = [joined.own[2]];
        made.people.push(joined);
        return (entries) => { entries.push({ id: joined.id, name: joined.name, phones: joined.phones.map((one) => ({ ...one })) }); };
      } else if (what === "leave") {
        const gone = made.people.find(({ id }) => !isUsed("people", id));
        if (!gone || made.people.length === 1) return null;
        const { lines } = files.people, from = lines.indexOf(gone.own[0]), mine = new Set([...gone.own, ...Object.values(gone.of).flat()]);
        const isLast = !lines.slice(from).some((each) => !mine.has(each));
        const above = lines[from - 1];
        files.people.lines = lines.filter((each) => !mine.has(each) && !(isLast && each === above && each.raw?.trim() === ""));
        made.people = made.people.filter((one) => one !== gone);
        return (entries) => { entries.splice(entries.findIndex(({ id }) => id === gone.id), 1); };
      } else return null;
      return (entries) => { at(entries).phones = person.phones.map((one) => ({ ...one })); };
    },
    groups() {
      const group = made.groups.length ? pick(made.groups) : null;
      if (!group || (ids.length && chance(4))) {
        const content = files.groups.lines.findLast((each) => (each.raw ?? each.before).trim() !== "");
        const id = ids.pop(), people = some(made.people.map((one) => one.id), 3);
        for (const name of people) uses.push({ kind: "people", id: name, by: { file: "groups.txt", words: id } });
        const anchor = made.groups.at(-1)?.line ?? content;
        made.groups.push({ id, people, line: files.groups.field(id, people.join(", "), anchor) });
        return (entries) => { entries.push({ id, people }); };
      }
      group.people = shuffled([...new Set([...group.people, pick(made.people).id])]);
      for (const name of group.people) uses.push({ kind: "people", id: name, by: { file: "groups.txt", words: group.id } });
      const isSame = group.line.value.split(",").map((name) => name.trim()).join() === group.people.join();
      if (!isSame) set(group.line, group.people.join(", "));
      return (entries) => { entries.find(({ id }) => id === group.id).people = group.people; };
    },
    hours() {
      if (!made.hours.length) return null;
      const hours = pick(made.hours), { of } = hours;
      const at = (entries) => entries.find(({ id }) => id === hours.id);
      const week = () => of.week.toSorted((a, b) => a.days[0] - b.days[0]);
      const what = pick(["week", "week", "date", "more", "less", "greeting", "zone"]);
      if (what === "week") {
        const { days, line: one } = pick(of.week), before = hours.week[DAYS[days[0]]];
        const ranges = pick(RANGES.filter((each) => String(each) !== String(before)));
        for (const day of days) hours.week[DAYS[day]] = ranges;
        set(one, rangesValue(ranges));
        return (entries) => { for (const day of days) at(entries).week[DAYS[day]] = ranges; };
      } else if (what === "date" && hours.dates.length) {
        const k = below(hours.dates.length), ranges = pick(RANGES.filter((each) => String(each) !== String(hours.dates[k].ranges)));
        hours.dates[k] = { ...hours.dates[k], ranges };
        set(of.dates[k], rangesValue(ranges));
      } else if (what === "more" && !hours.dates.some(({ date }) => date === "2027-05-01")) {
        const above = of.dates.at(-1) ?? of.except ?? of.holidays ?? week().at(-1).line;
        hours.dates.push({ date: "2027-05-01", ranges: [] });
        of.dates.push(files.hours.field("2027-05-01", "closed", above));
      } else if (what === "less" && hours.dates.length) {
        const k = below(hours.dates.length);
        hours.dates.splice(k, 1);
        files.hours.remove(of.dates.splice(k, 1)[0]);
      } else if (what === "greeting") {
        hours.greeting = `${pick(FULL)} again`;
        if (of.greeting) set(of.greeting, hours.greeting);
        else of.greeting = files.hours.field("greeting", hours.greeting, of.zone);
        return (entries) => { at(entries).greeting = hours.greeting; };
      } else if (what === "zone") {
        const zone = pick(ZONES.filter((each) => each !== hours.zone));
        set(of.zone, hours.zone = zone);
        return (entries) => { at(entries).zone = zone; };
      } else return null;
      return (entries) => { at(entries).dates = hours.dates.map((one) => ({ ...one })); };
    },
    oncall() {
      if (!made.oncall.length) return null;
      const rota = pick(made.oncall), { of } = rota;
      const at = (entries) => entries.find(({ id }) => id === rota.id);
      const usesNow = (id) => uses.push({ kind: made.people.some((one) => one.id === id) ? "people" : "groups", id,
        by: { file: "oncall.txt", words: rota.id } });
      if (rota.calendar) {
        set(of.calendar, rota.calendar = `https://example.com/${below(1e6)}.ics`);
        return (entries) => { at(entries).calendar = rota.calendar; };
      }
      const what = pick(["swap", "less", "every", "turn"]);
      if (what === "swap" && !rota.swaps.some(({ date }) => date === "2027-06-01..2027-06-07")) {
        const swap = { date: "2027-06-01..2027-06-07", person: pick([...made.people, ...made.groups]).id };
        rota.swaps.push(swap);
        usesNow(swap.person);
        of.swaps.push(files.oncall.field(swap.date, swap.person, of.swaps.at(-1) ?? of.people));
      } else if (what === "less" && rota.swaps.length) {
        const k = below(rota.swaps.length);
        rota.swaps.splice(k, 1);
        files.oncall.remove(of.swaps.splice(k, 1)[0]);
      } else if (what === "every") {
        set(of.every, rota.every = rota.every === "5 days" ? "day" : "5 days");
        return (entries) => { at(entries).every = rota.every; };
      } else if (what === "turn" && rota.people.length > 1) {
        rota.people = [...rota.people.slice(1), rota.people[0]];
        set(of.people, rota.people.join(", "));
        return (entries) => { at(entries).people = rota.people; };
      } else return null;
      return (entries) => { at(entries).swaps = rota.swaps.map((one) => ({ ...one })); };
    },
  };
  return {
    rules: `return {\n${rules.join("")}}\n`, uses, made,
    texts: () => Object.fromEntries(Object.entries(files).map(([kind, file]) => [`${kind}.txt`, file.text()])),
    edit() {
      const list = shuffled(Object.keys(EDITS)).slice(0, 1 + below(4)).map((kind) => [kind, EDITS[kind]()]).filter(([, edit]) => edit);
      return (entries) => {
        for (const [kind, edit] of list) edit(entries[kind]);
        return list.map(([kind]) => kind);
      };
    },
  };
}
