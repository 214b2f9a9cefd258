import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Rollout } from "../../src/api/v1alpha1/rollout.ts";
import { rollouts } from "../../src/kubernetes/resources.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { kubectlFor } from "./kubectl.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

const namespace = "default";

let server: TestApiServer;

before(async () => {
  server = await startApiServer({ crds: true });
});

after(() => server.stop());

function rolloutWith(name: string, spec: object): object {
  const base = {
    selector: { matchLabels: { rack: "7" } },
    provisioningProfileRef: { name: "worker" },
    operation: "repave",
  };
  return {
    apiVersion: API_VERSION,
    kind: "Rollout",
    metadata: { name, namespace },
    spec: { ...base, ...spec },
  };
}

async function create(name: string, spec: object): Promise<Rollout> {
  await server.client.create(rollouts, namespace, rolloutWith(name, spec));
  return server.client.get(rollouts, { namespace, name }, Rollout);
}

void test("the API server fills in what a Rollout leaves out: one server at a time, the first failure stops it", async () => {
  const { spec } = await create("defaults", {});

  assert.deepEqual(spec, {
    selector: { matchLabels: { rack: "7" }, matchExpressions: [] },
    provisioningProfileRef: { name: "worker" },
    operation: "repave",
    maxUnavailable: 1,
    canary: 0,
    failureThreshold: 1,
    paused: false,
    mode: "inplace",
    force: false,
    timeout: "30m",
    retries: 5,
    drain: { timeout: "5m" },
  });
});

void test("the API server takes numbers and percentages, and a window with its defaults", async () => {
  const { spec } = await create("amounts", {
    maxUnavailable: "25%",
    failureThreshold: 3,
    window: { start: "22:00", end: "04:30" },
    selector: {
      matchExpressions: [
        { key: "rack", operator: "In", values: ["7", "8"] },
        { key: "gpu", operator: "DoesNotExist" },
      ],
    },
  });

  assert.equal(spec.maxUnavailable, "25%");
  assert.equal(spec.failureThreshold, 3);
  assert.equal(spec.window?.timeZone, "UTC");
  assert.equal(spec.window.days.length, 7);
});

void test("the Rollout of the README applies as it stands there", async () => {
  const readme = await readFile(packagePath("README.md"), "utf8");
  const manifest = /<<'YAML'\n(apiVersion: stargate\.io\/v1alpha1\nkind: Rollout\n[\s\S]*?\n)YAML\n/.exec(
    readme,
  )?.[1];
  assert.ok(manifest !== undefined, "there is one");
  const kubectl = await kubectlFor(server);
  await kubectl(["create", "namespace", "simulator-dc"]);

  const applied = await kubectl(["apply", "-f", "-"], manifest);

  assert.equal(applied.stdout, "rollout.stargate.io/workers created", applied.stderr);
});

const refused: [what: string, spec: object, message: RegExp][] = [
  ["no server may be unavailable", { maxUnavailable: 0 }, /a whole number from 1, or a percentage/],
  ["more than all may be unavailable", { maxUnavailable: "101%" }, /a whole number from 1, or a percentage/],
  ["none may fail", { failureThreshold: "0%" }, /a whole number from 1, or a percentage/],
  ["a number is written as text", { maxUnavailable: "5" }, /a whole number from 1, or a percentage/],
  ["the canary is below zero", { canary: -1 }, /greater than or equal to 0/],
  ["the selector selects everything", { selector: {} }, /name a label/],
  [
    "the selector selects nothing named",
    { selector: { matchLabels: {}, matchExpressions: [] } },
    /name a label/,
  ],
  [
    "a requirement lacks its values",
    { selector: { matchExpressions: [{ key: "rack", operator: "In" }] } },
    /In and NotIn need values/,
  ],
  [
    "a requirement has values that mean nothing",
    { selector: { matchExpressions: [{ key: "rack", operator: "Exists", values: ["7"] }] } },
    /take no values/,
  ],
  ["the operation is unknown", { operation: "reinstall" }, /supported values/],
  ["the window never closes", { window: { start: "22:00" } }, /end: Required/],
  ["the window opens at no time", { window: { start: "24:00", end: "04:00" } }, /window\.start/],
  ["the window has an unknown day", { window: { start: "22:00", end: "04:00", days: ["Friday"] } }, /days/],
  ["the window has no day", { window: { start: "22:00", end: "04:00", days: [] } }, /days/],
  ["an Operation may take a second", { timeout: "1s" }, /from 1m to 24h/],
  ["a reboot is to replace the disk", { operation: "reboot", mode: "reimage" }, /for the operation repave/],
  ["a field is misspelt", { maxUnavailble: 1 }, /unknown field/],
];
for (const [what, spec, message] of refused) {
  void test(`the API server refuses a Rollout in which ${what}`, async () => {
    await assert.rejects(create("refused", spec), message);
  });
}

void test("the API server refuses a Rollout whose name is no label, and another operation later", async () => {
  await assert.rejects(create("r".repeat(64), {}), /63 characters at most/);
  await create("unchanging", { operation: "reboot" });
  const change = (spec: object) =>
    server.client.mergePatch(rollouts, { namespace, name: "unchanging" }, { spec });

  await assert.rejects(change({ operation: "deprovision" }), /operation cannot be changed/);
  await change({ paused: true, maxUnavailable: "50%", canary: 2 });
});

void test("kubectl get rollouts shows how far it is, and explain tells about every field", async () => {
  const kubectl = await kubectlFor(server);
  const name = "shown";
  await create(name, {});
  const counts = { total: 4, updated: 1, running: 1, failed: 0, pending: 2, unavailable: 1 };
  await server.client.mergePatch(
    rollouts,
    { namespace, name },
    { status: { phase: "Progressing", progress: "1/4", counts } },
    { subresource: "status" },
  );

  const table = await kubectl(["get", "ro", name]);
  const explained = await kubectl(["explain", "rollout.spec.maxUnavailable"]);

  assert.match(table.stdout, /NAME +OPERATION +PROFILE +PHASE +DONE +RUNNING +FAILED +UNAVAILABLE +AGE/);
  assert.match(table.stdout, /shown +repave +worker +Progressing +1\/4 +1 +0 +1 /);
  assert.match(explained.stdout, /How many of the servers may be unavailable at a time/);
});
