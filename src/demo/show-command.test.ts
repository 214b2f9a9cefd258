import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { programArgv } from "../lib/own-program.ts";
import { commandLine } from "./show-command.ts";

void describe("commandLine()", () => {
  for (const [argv, line] of [
    [["bin/stargate", "lab", "up"], "bin/stargate lab up"],
    [["echo", "two words"], "echo 'two words'"],
    [["echo", "it's"], "echo 'it'\\''s'"],
    [["echo", ""], "echo ''"],
  ] as const) {
    void it(`writes ${line} so that a shell reads it back`, () => {
      assert.equal(commandLine(argv), line);
    });
  }
});

void describe("programArgv()", () => {
  for (const [file, expected] of [
    ["/x/dist/main/stargate.js", "/x/dist/main/qemu-controller.js"],
    ["/x/src/main/stargate.ts", "/x/src/main/qemu-controller.ts"],
  ] as const) {
    void it(`finds a program beside ${file}`, () => {
      const [node, ...words] = programArgv("qemu-controller", { self: ["node", file] });

      assert.equal(node, "node");
      assert.equal(words.at(-1), expected);
    });
  }
});
