// region_test.mjs: TWILIO_REGION and TWILIO_EDGE, for requests and access tokens,
// as Twilio's own library takes them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import jsonwebtoken from "jsonwebtoken";
import twilio from "twilio";
import { user } from "../support/api.mjs";
import { command } from "../support/command.mjs";
import { startServer } from "../support/server.mjs";

const ACCOUNT = `AC${"1".repeat(32)}`;
const SECRET = "0123456789abcdefghijklmnopqrstuv";
const KEYS = { twilio_account_sid: ACCOUNT, twilio_api_key: `SK${"2".repeat(32)}`, twilio_api_secret: SECRET,
  twilio_app_sid: `AP${"3".repeat(32)}` };
const REGIONS = [null, "ie1", "us1"], EDGES = [null, "dublin", "sao-paulo"];
const HOSTS = ["api.twilio.com", "api.au1.twilio.com", "api.sydney.au1.twilio.com"];
const setting = async (name, config) => (await command(["config", name], { config })).out.trim();

describe("the host that requests go to", () => {
  const library = twilio(ACCOUNT, SECRET);
  // api.ie1.twilio.com is answered no more since April 2026 (Twilio's API domain migration guide): a region
  // alone gets the edge of its city, as in Twilio's newer libraries. This one still leaves it out.
  const CITY = { ie1: "dublin" };
  it("is what Twilio's library makes of region, edge and host", async () => {
    const cases = REGIONS.flatMap((region) => EDGES.flatMap((edge) => HOSTS.map((host) => ({ region, edge, host }))));
    await Promise.all(cases.map(async ({ region, edge, host }) => {
      const config = { twilio_region: region, twilio_edge: edge, twilio_api_base_url: `https://${host}` };
      assert.equal(await setting("twilio_api_base_url", config),
        `https://${library.getHostname(host, edge ?? CITY[region], region ?? undefined)}`, JSON.stringify(config));
    }));
  });

  it("stays what it is when it isn't Twilio's", async () => {
    for (const url of ["http://127.0.0.1:9/x", "https://twilio.com.example.org", "https://mytwilio.com:8443"])
      assert.equal(await setting("twilio_api_base_url", { twilio_region: "ie1", twilio_edge: "dublin", twilio_api_base_url: url }), url);
  });

  it("is the stand-in's in the sandbox, wherever Twilio's is", async () => {
    for (const host of HOSTS)
      assert.equal(await setting("twilio_api_base_url", { sandbox: "yes", listen: "127.0.0.1:8123", twilio_region: "ie1",
        twilio_api_base_url: `https://${host}` }), "http://127.0.0.1:8123/sandbox/twilio");
  });

  it("holds nothing but names", async () => {
    for (const name of ["ie1.example.org", "ie1/", "IE1", "-ie1", "ie1-", "ie 1", "a".repeat(33), "ie1@x"])
      for (const key of ["twilio_region", "twilio_edge"]) {
        const { status, err } = await command(["config"], { config: { [key]: name } });
        assert.equal(status, 1, name);
        assert.match(err, new RegExp(`${key} .* isn't a name`));
      }
  });
});

describe("the access token", () => {
  it("names the region as Twilio's library does, and the edge goes with it", async () => {
    const server = await startServer({ rules: "return {}", web: { "index.html": "<!doctype html>" }, config: { ...KEYS, twilio_region: "ie1" } });
    try {
      // Where the browser library sends its events: eventgw.<home region> (createEventGatewayURI in @twilio/voice-sdk).
      assert.match((await server.get("/")).headers["content-security-policy"], / https:\/\/eventgw\.ie1\.twilio\.com /);
      const { body } = await user(server, "42").get("/api/twilio/access-token");
      const ours = jsonwebtoken.verify(body.token, SECRET, { algorithms: ["HS256"], complete: true });
      const made = new twilio.jwt.AccessToken(ACCOUNT, KEYS.twilio_api_key, SECRET, { identity: body.identity, region: "ie1" });
      assert.deepEqual(ours.header, jsonwebtoken.verify(made.toJwt(), SECRET, { complete: true }).header);
      assert.equal(ours.header.twr, "ie1");
      assert.equal(body.edge, "dublin");
    } finally {
      await server.stop();
    }
  });
});
