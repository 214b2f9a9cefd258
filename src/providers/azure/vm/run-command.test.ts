import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRunCommand } from "./run-command.ts";

const rows = [
  {
    name: "output and errors in one message",
    messages: ["Enable succeeded: \n[stdout]\nhost-key=ssh-ed25519 AAAA\n\n[stderr]\na warning\n"],
    expected: { output: "host-key=ssh-ed25519 AAAA", errors: "a warning", isFailed: false },
  },
  {
    name: "nothing was written",
    messages: ["Enable succeeded: \n[stdout]\n\n[stderr]\n"],
    expected: { output: "", errors: "", isFailed: false },
  },
  {
    name: "a script that failed",
    messages: [
      "Enable failed: failed to execute command: command terminated with exit status=1\n[stdout]\n\n[stderr]\nboom\n",
    ],
    expected: { output: "", errors: "boom", isFailed: true },
  },
  {
    name: "the words of a failure in the output are no failure",
    messages: ["Enable succeeded: \n[stdout]\nEnable failed\n[stderr]\n"],
    expected: { output: "Enable failed", errors: "", isFailed: false },
  },
];

for (const { name, messages, expected } of rows) {
  void test(`parseRunCommand(): ${name}`, () => assert.deepEqual(parseRunCommand(messages), expected));
}
