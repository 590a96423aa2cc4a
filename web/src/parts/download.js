// download.js: fetches a file with the user's token, with progress, and saves it.
import { intl } from "../text/text.js";

// onProgress(bytes, total): total is undefined if the host doesn't send it.
export async function fetchFile(api, path, { query, signal, onProgress = () => {} } = {}) {
  const answer = await api.request("GET", path, { query, signal });
  const total = Number(answer.headers.get("Content-Length")) || undefined;
  const reader = answer.body.getReader();
  const parts = [];
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    bytes += part.value.length;
    onProgress(bytes, total);
  }
  return new Blob(parts, { type: answer.headers.get("Content-Type") ?? "" });
}

export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const size = (n, unit, digits) => intl("NumberFormat",
  { style: "unit", unit, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n);

export function sizeText(bytes) {
  if (bytes < 1000) return size(bytes, "byte", 0);
  return bytes < 1_000_000 ? size(bytes / 1000, "kilobyte", 0) : size(bytes / 1_000_000, "megabyte", 1);
}
