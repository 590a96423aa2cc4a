// certificate.mjs: a certificate for *.twilio.com that nobody trusts, made when
// it is needed and kept nowhere.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export function makeCertificate() {
  const folder = mkdtempSync(path.join(tmpdir(), "hookswitch-edge-"));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  try {
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=*.twilio.com", "-addext", "subjectAltName=DNS:*.twilio.com,DNS:*.us1.twilio.com,DNS:*.roaming.twilio.com,DNS:*.edge.twilio.com",
      "-keyout", key, "-out", cert], { stdio: ["ignore", "ignore", "pipe"] });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
