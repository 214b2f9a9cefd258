import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { StargateError } from "../lib/errors.ts";
import { judgeApi, workerServerOf, type ApiFacts } from "./mx.ts";
import { troubles } from "./troubles.ts";

/** Made for mx.example and 100.64.0.1; who signed it does not matter here. */
const certificate = new X509Certificate(`-----BEGIN CERTIFICATE-----
MIIBpjCCAUygAwIBAgIUNpjBZ23FEZOeFA2woHh9gI5DhZMwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOa3ViZS1hcGlzZXJ2ZXIwIBcNMjYxMTI0MTYyMDMxWhgPMjA4
MTA4MjcxNjIwMzFaMBkxFzAVBgNVBAMMDmt1YmUtYXBpc2VydmVyMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEWfmFHULV7glk8BBF/ZefUXLj+4ch4bSXPJoKodLE
snXh482Ve9JVsO8bLA7Xuccrti3y1Bak75Xao98Gnql/EaNwMG4wHQYDVR0OBBYE
FKQKsAMQBxs8wU7E5RubAOQs2jeuMB8GA1UdIwQYMBaAFKQKsAMQBxs8wU7E5Rub
AOQs2jeuMA8GA1UdEwEB/wQFMAMBAf8wGwYDVR0RBBQwEoIKbXguZXhhbXBsZYcE
ZEAAATAKBggqhkjOPQQDAgNIADBFAiEA4F4mHVBCKxT4mxB9cSTCxyqN55ANWr4k
ZuTSZvB1JmYCIHMyris937h0VYe1Fs8gwj/WU5ASKzPsv6RpwEQFA2oT
-----END CERTIFICATE-----
`);
const DAY_MS = 24 * 3_600_000;
const facts: ApiFacts = {
  server: "https://127.0.0.1:6443",
  version: { value: "v1.37.2" },
  certificate: { value: certificate },
  workerServer: { value: "https://100.64.0.1:6443" },
  nowMs: certificate.validToDate.getTime() - 100 * DAY_MS,
};

void describe("judgeApi()", () => {
  const rows: { given: string; change: Partial<ApiFacts>; expected: (string | RegExp)[] }[] = [
    { given: "everything in order", change: {}, expected: [] },
    {
      given: "a name that workers join",
      change: { workerServer: { value: "https://mx.example:6443" } },
      expected: [],
    },
    {
      given: "an address that is not certified",
      change: { workerServer: { value: "https://100.64.0.2:6443" } },
      expected: [/^red certificate names: 100\.64\.0\.2, where workers join, is none of .*mx\.example/],
    },
    {
      given: "a certificate that runs out soon",
      change: { nowMs: certificate.validToDate.getTime() - 10 * DAY_MS },
      expected: ["warning certificate: valid for 10 days"],
    },
    {
      given: "a certificate that ran out",
      change: { nowMs: certificate.validToDate.getTime() + 10 * DAY_MS },
      expected: ["red certificate: it ran out 10 days ago"],
    },
    {
      given: "an old cluster",
      change: { version: { value: "v1.29.4" } },
      expected: ["red API server: v1.29.4 is too old"],
    },
    {
      given: "no answer, of which everything else would only be a consequence",
      change: {
        version: { error: new StargateError("ApiUnavailable", "no answer") },
        certificate: { error: new Error() },
      },
      expected: ["red API server: no answer"],
    },
    {
      given: "no word of where workers join",
      change: { workerServer: { error: new Error("docker") } },
      expected: [],
    },
  ];
  for (const { given, change, expected } of rows) {
    void it(`given ${given}`, () => {
      const lines = troubles(judgeApi({ ...facts, ...change }));
      assert.equal(lines.length, expected.length, lines.join());
      for (const [index, wanted] of expected.entries()) {
        if (typeof wanted === "string") assert.equal(lines[index], wanted);
        else assert.match(lines[index] ?? "", wanted);
      }
    });
  }
});

void describe("workerServerOf()", () => {
  const nothing = {
    labServer: undefined,
    controlPlaneIp: undefined,
    clientServer: "https://127.0.0.1:40000",
  };
  const rows = [
    { given: nothing, expected: undefined },
    { given: { ...nothing, clientServer: "https://mx.example:6443" }, expected: "https://mx.example:6443" },
    { given: { ...nothing, controlPlaneIp: "100.99.0.7" }, expected: "https://100.99.0.7:6443" },
    {
      given: { ...nothing, labServer: "https://100.64.0.1:7", controlPlaneIp: "1.2.3.4" },
      expected: "https://100.64.0.1:7",
    },
  ];
  for (const { given, expected } of rows) {
    void it(`says ${expected} for ${JSON.stringify(given)}`, () =>
      assert.equal(workerServerOf(given), expected));
  }
});
