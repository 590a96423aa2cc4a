// windows_zones.mjs: the time zones of Windows by their IANA names, printed as C for host/lib/tz/tz.h.
//
//   vendor/windows_zones.mjs web/node_modules/cldr-core >build/windows_zones.c
//
// The data is Unicode CLDR's. A Windows zone covers several countries; this takes its main IANA zone ("001").
import { readFileSync } from "node:fs";

const file = `${process.argv[2]}/supplemental/windowsZones.json`;
const { version, windowsZones } = JSON.parse(readFileSync(file, "utf8")).supplemental;
const zones = windowsZones.mapTimezones.map(({ mapZone }) => mapZone).filter((zone) => zone._territory === "001")
  .map((zone) => [zone._other, zone._type]).sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
if (zones.length < 100) throw new Error(`${file}: only ${zones.length} zones; this script reads CLDR 48's format`);
const odd = zones.find((zone) => !zone.every((name) => /^[\w .+()/-]+$/.test(name)));
if (odd) throw new Error(`${file}: can't read ${odd}`);

console.log(`/* Made by vendor/windows_zones.mjs of Unicode CLDR ${version._cldrVersion}. */
#include "lib/tz/windows.h"

const size_t hs_windows_zone_count = ${zones.length};
const struct hs_windows_zone hs_windows_zones[] = {
${zones.map(([name, iana]) => `    {"${name}", "${iana}"},`).join("\n")}
};`);
