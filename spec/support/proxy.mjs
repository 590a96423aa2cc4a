// proxy.mjs: a real nginx or caddy in front of servers, run from the blocks that
// docs/operations.md shows: what a stranger changes are paths and ports.
//
//   const front = await nginx(block("nginx"), { 8080: server.port });
//   const { status } = await front.post("/api/twilio/twiml", inbound(…));
//   await front.stop();
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort, sign, waitUntil } from "./server.mjs";
import { counted, within } from "./slow.mjs";

const PAGE = path.resolve(import.meta.dirname, "../../docs/operations.md");
const HOST = "phone.example.com";
export const ORIGIN = `https://${HOST}`;

// The first code block of that kind in the page that has `word`.
export function block(kind, word = "") {
  const all = [...readFileSync(PAGE, "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)];
  const found = all.find(([, name, text]) => name === kind && text.includes(word));
  if (!found) throw new Error(`docs/operations.md has no ${kind} block with ${word}`);
  return found[2];
}

const withPorts = (text, ports) => text.replace(/127\.0\.0\.1:(\d+)/g, (at, port) => {
  if (!ports[port]) throw new Error(`no server for ${at}`);
  return `127.0.0.1:${ports[port]}`;
});

class Front {
  constructor(folder, port, program, args) {
    Object.assign(this, { folder, port, output: "", agent: new https.Agent({ keepAlive: true, rejectUnauthorized: false }) });
    this.child = counted(spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } }));
    for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding("utf8").on("data", (part) => { this.output += part; });
    this.end = new Promise((resolve) => this.child.on("close", resolve));
    process.on("exit", () => this.child.kill("SIGKILL"));
  }

  // A webhook as Twilio sends it. Resolves to { status, body }.
  post(target, params) {
    const body = new URLSearchParams(params).toString();
    return new Promise((resolve, reject) => {
      const call = https.request({ host: "127.0.0.1", port: this.port, servername: HOST, method: "POST", path: target, agent: this.agent,
        headers: { Host: HOST, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body),
          "X-Twilio-Signature": sign(ORIGIN + target, params) } }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => { text += part; });
        answer.on("end", () => resolve({ status: answer.statusCode, body: text }));
        answer.on("error", reject);
      });
      const endWaiting = within(8000, () => call.destroy(new Error("timeout")));
      call.on("close", endWaiting);
      call.on("error", reject);
      call.end(body);
    });
  }

  async ready() {
    let ended = false;
    this.end.then(() => { ended = true; });
    await waitUntil(async () => {
      if (ended) throw new Error(`it ended: ${this.output}`);
      return (await this.post("/healthz", {}).catch(() => null))?.status === 405;
    }, 10_000, "an answer through the proxy");
    return this;
  }

  async stop() {
    this.agent.destroy();
    this.child.kill("SIGTERM");
    await this.end;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const newFolder = () => mkdtempSync(path.join(tmpdir(), "hookswitch-proxy-"));

// `ports`: of the servers, by the port that the page names.
export async function nginx(text, ports) {
  const folder = newFolder();
  const port = await freePort();
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", `/CN=${HOST}`, "-keyout", path.join(folder, "privkey.pem"), "-out", path.join(folder, "fullchain.pem")], { stdio: "ignore" });
  mkdirSync(path.join(folder, "conf.d"));
  writeFileSync(path.join(folder, "conf.d/hookswitch.conf"), withPorts(text, ports)
    .replace("listen 443", `listen 127.0.0.1:${port}`).replaceAll(`/etc/letsencrypt/live/${HOST}`, folder));
  const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  writeFileSync(path.join(folder, "nginx.conf"), `${process.getuid() === 0 ? "user root;" : ""} daemon off; worker_processes 2;
    pid ${folder}/pid; error_log ${folder}/error.log;
    events {} http { access_log off; ${scratch} include ${folder}/conf.d/*.conf; }`);
  return new Front(folder, port, "/usr/sbin/nginx", ["-c", path.join(folder, "nginx.conf"), "-e", path.join(folder, "error.log")]).ready();
}

export async function caddy(text, ports) {
  const folder = newFolder();
  const port = await freePort();
  const local = `{
    admin off\nlocal_certs\nskip_install_trust\ndefault_bind 127.0.0.1
    https_port ${port}\nhttp_port ${await freePort()}\n}\n`;
  writeFileSync(path.join(folder, "Caddyfile"), local + withPorts(text, ports));
  return new Front(folder, port, "/usr/bin/caddy", ["run", "--config", path.join(folder, "Caddyfile"), "--adapter", "caddyfile"]).ready();
}
