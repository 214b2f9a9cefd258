import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { operationWith } from "../../api/v1alpha1/test-objects.ts";
import { LEASE_TIMES } from "../../controller-runtime/leader-election.ts";
import { describeDuration } from "../../lib/duration.ts";
import { DEFAULT_LIMITS } from "./context.ts";
import { WAITING_FOR_TURN } from "./facts.ts";

// docs/operation-states.md tells of every reason. A reason is a CamelCase word in quotes, wherever an Operation's fate
// is decided. These words are written so, too, and are none: of conditions, phases, steps, events, kinds and fields.
const NO_REASONS = new Set(
  (
    "True False Unknown Normal Warning Complete Bootstrapped HostReachable Joined Ready Reimaged Retrying DeletionHeld " +
    "Pending Running Succeeded Failed Skipped Repave Serve Aborted Packages Mirror ControllerCache Background Strict " +
    "Operation Server Datacenter Rollout Node Secret Event DaemonSet Eviction Status Config JoinConfiguration " +
    "AbortError AlreadyExists Api Superseded"
  ).split(" "),
);

/** Reasons of conditions, which say how far an Operation is, and of a Server's. */
const OF_CONDITIONS =
  "Accepted LoggedIn Recovered Ended NodeProven HostPrepared InProgress Provisioning NodeExists OperationRunning".split(
    " ",
  );

const page = readFileSync("docs/operation-states.md", "utf8");

const sources = [
  "src/controllers/{operation,server}/*.ts",
  "src/controllers/reimager.ts",
  "src/bootstrap/{*,steps/*}.ts",
  "src/remote/*.ts",
  "src/kubernetes/{api-errors,http-kube-client}.ts",
]
  .flatMap((pattern) => globSync(pattern))
  .filter((path) => !/\.test\.ts$|\/(fake-|test-)|story\.ts$/.test(path))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

const inCode = without(all(sources, /"([A-Z][A-Za-z]*[a-z][A-Za-z]*)"/g), NO_REASONS);

function all(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, word = ""]) => word))].toSorted();
}

function without(words: readonly string[], others: Iterable<string>): string[] {
  const out = new Set(others);
  return words.filter((word) => !out.has(word));
}

/** The first column of the tables below a heading. */
function table(heading: string): string[] {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  return all(section.split("\n## ")[0] ?? "", /^\| `([A-Z]\w+)` /gm);
}

const waitedFor = table("What is waited for");
const triedAgain = table("What is tried again");
const ends = table("What ends it");

void test("every reason in the code is told of, and every reason told of is in the code", () => {
  assert.ok(inCode.length > 70, inCode.join(" "));
  assert.deepEqual(
    inCode.filter((reason) => !page.includes(`\`${reason}\``)),
    [],
  );
  assert.deepEqual(without([...waitedFor, ...triedAgain, ...ends], inCode), []);
});

void test("what is waited for is told of as that, and nothing else", () => {
  const waits = [...all(sources, /\bwait\(\s*"(\w+)"/g), WAITING_FOR_TURN];

  assert.deepEqual(without(waits, waitedFor), []);
  assert.deepEqual(without(waitedFor, waits), []);
});

void test("what is tried again is told of as that, and what is not ends an Operation", () => {
  const errors = [
    ...sources.matchAll(/new StargateError\(\s*"(\w+)"(?:[^;]|;(?!\n))*?;\n/g),
    ...sources.matchAll(/reason: "(\w+)",\n[^}]*\}/g),
  ].map(([text, reason = ""]) => ({ reason, isRetriable: text.includes("retriable: true") }));
  const reasons = (isRetriable: boolean): string[] =>
    errors.filter((one) => one.isRetriable === isRetriable).map(({ reason }) => reason);
  const retriable = reasons(true);
  const final = without(reasons(false), retriable).filter((reason) => inCode.includes(reason));
  assert.ok(retriable.length > 8 && final.length > 15, [...retriable, "|", ...final].join(" "));

  assert.deepEqual(without(retriable, [...triedAgain, ...waitedFor]), []);
  // What the API server refuses ends nothing, whatever the error says of itself.
  const ofApi = final.filter((reason) => reason.startsWith("Api"));
  assert.deepEqual(without(ofApi, triedAgain), []);
  assert.deepEqual(without(final, [...ends, ...waitedFor, ...ofApi, ...OF_CONDITIONS]), []);
});

void test("every step is told of", () => {
  const steps = all(sources, /\bname: "([a-z]+(?:-[a-z]+)*)",\s*title:/g);

  assert.ok(steps.length >= 17, steps.join(" "));
  assert.deepEqual(
    steps.filter((step) => !page.includes(`\`${step}\``)),
    [],
  );
});

void test("limits and defaults are as told", () => {
  const { spec } = operationWith({});
  const concurrency = /"--concurrency <count>",\s*"[^"]*",\s*wholeNumber,\s*(\d+)/.exec(
    readFileSync("src/commands/controller.ts", "utf8"),
  )?.[1];
  const rows: [what: string, howLong: string | undefined][] = [
    ["an Operation, from its start", spec.timeout],
    ["failures of one step that may pass", String(spec.retries)],
    ["pods leaving a node", spec.drain.timeout],
    ["a rejected login before it is final", describeDuration(DEFAULT_LIMITS.loginMs)],
    [
      "a server that does not answer, before `spec.force` goes on",
      describeDuration(DEFAULT_LIMITS.unreachableMs),
    ],
    ["what runs on a host, after a cancellation or deletion", describeDuration(DEFAULT_LIMITS.graceMs)],
    ["Operations worked on at once", concurrency],
    ["silence of a controller before another one takes over", `${LEASE_TIMES.durationMs / 1000}s`],
  ];
  for (const [what, howLong] of rows) {
    const cell = page
      .split("\n")
      .find((line) => line.startsWith(`| ${what} `))
      ?.split("|")[2]
      ?.trim();
    assert.equal(cell, howLong, what);
  }
});

void test("every metric is told of, and no other", () => {
  const code = ["src/controllers/*/metrics.ts", "src/controller-runtime/metrics.ts"]
    .flatMap((pattern) => globSync(pattern))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");

  assert.deepEqual(all(page, /`(stargate_\w+)`/g), all(code, /"(stargate_\w+)"/g));
});
