import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBootLog } from "./read-host-key.ts";

const KEY = `ssh-ed25519 ${"A".repeat(68)}`;
const OTHER = `ssh-ed25519 ${"B".repeat(68)}`;
const FINISHED = "[   20.1] cloud-init[800]: Cloud-init v. 25.1.4 finished at Tue";
const block = (...lines: string[]): string =>
  ["-----BEGIN SSH HOST KEY KEYS-----", ...lines, "-----END SSH HOST KEY KEYS-----"].join("\r\n");

const rows = [
  { name: "nothing yet", log: "Linux version 6.8", hostKey: undefined, isFinished: false },
  {
    name: "keys are being shown",
    log: `-----BEGIN SSH HOST KEY KEYS-----\n${KEY}`,
    hostKey: undefined,
    isFinished: false,
  },
  { name: "keys, but cloud-init goes on", log: block(`${KEY} root@w1`), hostKey: KEY, isFinished: false },
  {
    name: "several keys, among lines of the kernel",
    log: `${block("ecdsa-sha2-nistp256 AAAA root@w1", `[ 19.0] <14>Jan 1 ${KEY} root@w1`)}\r\n${FINISHED}`,
    hostKey: KEY,
    isFinished: true,
  },
  {
    name: "the newest boot counts",
    log: `${block(OTHER)}\n${FINISHED}\n${block(KEY)}`,
    hostKey: KEY,
    isFinished: false,
  },
  {
    name: "a key cut short is none",
    log: `${block("ssh-ed25519 AAAAC3Nz")}\n${FINISHED}`,
    hostKey: undefined,
    isFinished: true,
  },
];

for (const { name, log, ...expected } of rows) {
  void test(`parseBootLog(): ${name}`, () => assert.deepEqual(parseBootLog(log), expected));
}
