// spool.mjs: the batches of a near file, as SQL that sqlite3 and psql run.
//
//   spooled(file)   -> [[{ sql, values }]]: its batches, as host/store/near/packed.c writes them
//   script(batches) -> each in a transaction
import { execFileSync } from "node:child_process";
import { endianness } from "node:os";

const TYPES = ["NULL", "INTEGER", "REAL", "TEXT", "BLOB"]; // enum hs_type

function decoded(bytes) {
  if (endianness() !== "LE") throw new Error("packed.c writes this machine's byte order");
  let at = 0;
  const number = () => { at += 4; return bytes.readUInt32LE(at - 4); };
  const text = () => { const length = number(); at += length; return bytes.subarray(at - length, at); };
  const value = () => {
    const type = TYPES[bytes[at++]];
    if (type === "INTEGER") { at += 8; return String(bytes.readBigInt64LE(at - 8)); }
    if (type === "REAL") { at += 8; return String(bytes.readDoubleLE(at - 8)); }
    if (type === "NULL") return "NULL";
    return type === "TEXT" ? `'${text().toString().replaceAll("'", "''")}'` : `x'${text().toString("hex")}'`;
  };
  return Array.from({ length: number() }, () => {
    const sql = text().toString();
    number(); // whether missing values are NULL
    return { sql, values: Array.from({ length: number() }, value) };
  });
}

export function spooled(file) {
  const lines = execFileSync("sqlite3", ["-cmd", ".timeout 60000", file, "SELECT hex(batch) FROM near_spool ORDER BY id"], { encoding: "utf8", maxBuffer: 1 << 27 });
  return lines.split("\n").filter(Boolean).map((line) => decoded(Buffer.from(line, "hex")));
}

// Literals in place of question marks; those inside of quotes and comments stay.
function filled({ sql, values }) {
  let n = 0;
  return sql.replace(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\?/g, (part) => (part === "?" ? values[n++] ?? "NULL" : part.startsWith("--") ? "" : part));
}

export const script = (batches) => batches.map((batch) => `BEGIN;\n${batch.map((one) => `${filled(one)};`).join("\n")}\nCOMMIT;`).join("\n");
