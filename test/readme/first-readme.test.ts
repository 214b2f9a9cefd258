import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kinds } from "../../src/api/v1alpha1/kinds.ts";
import { joiningTailnetGiven } from "../../src/commands/tailnet-flags.ts";
import { testWorld } from "../../src/lib/test-world.ts";
import { UsageError } from "../../src/lib/errors.ts";
import { ownObjects } from "../../src/mx-kind/own-objects.ts";
import { parseScope } from "../../src/providers/azure/azure-options.ts";
import { providerIds } from "../../src/providers/provider-flags.ts";
import { controllerPlace } from "../../src/run-controllers/controller-place.ts";
import { acceptCommand } from "./accept-command.ts";
import { findCommands, type Words } from "./find-commands.ts";

/** How each word of first-readme.txt that begins a promise is held. */
const holds: Readonly<Record<string, (promise: string) => void | Promise<void>>> = {
  run: (promise) => acceptCommand(wordsOf(promise)),
  refuse: async (promise) => {
    const [text = "", command = ""] = promise.split(/: (.*)/);
    await assert.rejects(acceptCommand(wordsOf(command)), (error) => {
      assert.ok(error instanceof UsageError, `the flags are refused: ${String(error)}`);
      assert.ok(`${error.message} ${error.remedy}`.includes(text), error.message);
      return true;
    });
  },
  env: async (name) => {
    const env = { [name]: "00000000-0000-0000-0000-000000000001" };
    const read = {
      ...(await joiningTailnetGiven({}, env)),
      ...(name.startsWith("AZURE_") && parseScope({ resourceGroup: "g" }, env)),
    };
    assert.ok(Object.values(read).includes(env[name]), `nothing reads ${name}`);
  },
  log: (path) => {
    const logs = providerIds.map((id) => controllerPlace(id, testWorld({})).logPath);
    assert.ok(logs.includes(path), logs.join(" "));
  },
  object: (promise) => {
    const given = { version: "v1.37.2", privateKey: "-", isKeyNamed: false, authKey: "-" };
    const made = ownObjects(given, undefined);
    const names = made.map(({ namespace, name, type }) => `${namespace} ${type.plural} ${name}`);
    assert.ok(names.includes(promise), names.join("\n"));
  },
  get: (plural) => {
    assert.ok(kinds.some((kind) => kind.plural === plural));
  },
  spec: (promise) => requireFields(promise, "spec"),
  status: (promise) => requireFields(promise, "status"),
};

function wordsOf(text: string): Words {
  const [words, ...more] = findCommands(text);
  assert.ok(words !== undefined && more.length === 0, `${text} is no command of ours`);
  return words;
}

/** A field that the schema does not know would be lost without a word. */
function requireFields(promise: string, part: "spec" | "status"): void {
  const [name = "", json = ""] = promise.split(/ (.*)/);
  const kind = kinds.find((one) => one.kind === name);
  const given: unknown = JSON.parse(json);
  assert.ok(kind !== undefined && typeof given === "object" && given !== null);
  assert.partialDeepStrictEqual(kind[part].parse(given), given);
}

const lines = readFileSync("test/readme/first-readme.txt", "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

for (const line of lines) {
  void test(`the first README's: ${line.slice(0, 100)}`, async () => {
    const [word = "", promise = ""] = line.split(/ (.*)/);
    assert.ok(holds[word], `nobody knows how "${word}" is held`);
    await holds[word](promise);
  });
}
