import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { operations } from "../../src/kubernetes/resources.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { exec } from "../../src/lib/exec.ts";
import { repaveServers, type RepaveRequest } from "../../src/operations/repave.ts";
import { kubectlFor } from "../cluster/kubectl.ts";
import { Reader } from "../cluster/reader.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";

const List = z.object({ kind: z.literal("List"), items: z.array(Operation) });

let cluster: TestApiServer;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

function request(
  world: ControllerWorld,
  servers: string[],
  change: Partial<RepaveRequest> = {},
): RepaveRequest {
  return {
    client: cluster.client,
    namespace: world.namespace,
    servers,
    operation: "repave",
    profile: undefined,
    mode: "inplace",
    force: false,
    timeout: undefined,
    wait: false,
    output: "name",
    ...change,
  };
}

async function worldWith(namespace: string, servers: string[]): Promise<ControllerWorld> {
  const world = await ControllerWorld.create(cluster, namespace);
  await world.createProfile();
  for (const server of servers) await world.createServer(server);
  return world;
}

async function operationsOf({ namespace }: ControllerWorld): Promise<Operation[]> {
  return (await cluster.client.list(operations, Operation, { namespace })).items;
}

void test("repave --wait makes servers nodes, several at once, and shows it", async () => {
  await using world = await worldWith("several", ["several-1", "several-2"]);
  await world.startController();
  const reader = new Reader();
  const wanted = request(world, ["several-1", "several-2"], { wait: true, timeout: "45m" });

  assert.equal(await repaveServers(wanted, reader.world), true);

  const made = await operationsOf(world);
  assert.deepEqual(
    made.map(({ status, spec }) => [spec.serverRef.name, status.phase, spec.timeout]),
    [
      ["several-1", "Succeeded", "45m"],
      ["several-2", "Succeeded", "45m"],
    ],
  );
  assert.deepEqual(
    reader.lines,
    made.map(({ metadata }) => `operation.stargate.io/${metadata.name}`),
  );
  assert.match(reader.lines[0] ?? "", /^operation\.stargate\.io\/repave-several-1-[b-z2-9]{5}$/);
  for (const server of ["several-1", "several-2"]) {
    assert.ok(reader.said.some((line) => line.startsWith(`${server}: ✓ Step join-cluster`)));
    assert.ok(reader.said.some((line) => line.startsWith(`${server}: Succeeded: Bootstrap completed`)));
  }
});

void test("repave creates nothing at all where one server is unknown", async () => {
  await using world = await worldWith("unknown", ["unknown-1"]);
  const reader = new Reader();

  await assert.rejects(repaveServers(request(world, ["unknown-1", "nobody"]), reader.world), {
    reason: "Usage",
    message: /nothing was created: there is no Server nobody in namespace unknown/,
  });

  assert.deepEqual(await operationsOf(world), []);
  assert.deepEqual(reader.lines, []);
});

void test("repave --wait is an error where one of several fails, after all have ended", async () => {
  await using world = await worldWith("mixed", ["mixed-1", "mixed-2"]);
  const refusal = new StargateError("HostKeyMismatch", "Refused to contact mixed-1: another key");
  world.datacenter.connectErrors.set("mixed-1", refusal);
  await world.startController();
  const reader = new Reader();
  const wanted = request(world, ["mixed-1", "mixed-2"], { wait: true, output: "json" });

  await assert.rejects(repaveServers(wanted, reader.world), {
    reason: "OperationsFailed",
    message: /^1 of 2 Operations failed\n {2}repave-mixed-1-.{5}: .*another key/,
  });

  const { items } = List.parse(JSON.parse(reader.lines.join("")));
  assert.deepEqual(
    items.map(({ status }) => status.phase),
    ["Failed", "Succeeded"],
  );
});

void test("repave --wait that is interrupted leaves the Operations be, and says how to follow and cancel", async () => {
  await using world = await worldWith("ctrl-c", ["ctrl-c-1"]);
  const gate = Promise.withResolvers<undefined>();
  world.datacenter.gates.set(
    "ctrl-c-1 reset-node",
    gate.promise.then(() => undefined),
  );
  await world.startController();
  const reader = new Reader();
  const repaving = repaveServers(request(world, ["ctrl-c-1"], { wait: true }), reader.world);
  await reader.saw("ctrl-c-1: ▸ Step reset-node");

  reader.interrupt();

  assert.equal(await repaving, false);
  const name = reader.lines[0]?.replace("operation.stargate.io/", "") ?? "";
  const said = reader.said.join("\n");
  assert.match(said, /goes on in the cluster/);
  assert.ok(said.includes(`bin/stargate logs ${name} -n ctrl-c -f`), said);
  assert.ok(said.includes(`kubectl patch operation ${name} -n ctrl-c --type merge`), said);
  gate.resolve(undefined);
  await world.waitForPhase(name, "Succeeded");
});

void test("the command repave has the exit codes of a mistake, of a failure and of success", async () => {
  await using world = await worldWith("command", ["command-1"]);
  await world.startController();
  const repave = (...args: string[]) =>
    exec(
      [
        ...([process.execPath, packagePath("src/main/stargate.ts"), "repave"] as const),
        ...["-n", "command", "--kubeconfig", cluster.kubeconfigPath, "--wait", ...args],
      ],
      { okCodes: [0, 1, 2] },
    );

  const [mistake, failure] = await Promise.all([repave("nobody"), repave("command-1", "--timeout", "1s")]);
  assert.equal(mistake.exitCode, 2, mistake.stderr);
  assert.equal(failure.exitCode, 1, failure.stderr);
  assert.match(failure.stderr, /must be from 1m to 24h/);
  const success = await repave("command-1", "--operation", "deprovision");
  assert.equal(success.exitCode, 0, success.stderr);
  assert.match(success.stdout, /^operation\.stargate\.io\/deprovision-command-1-.{5} created\n?$/);
});

void test("kubectl wait sees how an Operation ended, or that it ended", async () => {
  await using world = await worldWith("wait", ["wait-1"]);
  await world.startController();
  await world.createOperation("good", "wait-1");
  const kubectl = await kubectlFor(cluster);
  const waitFor = async (name: string, what: string): Promise<number> => {
    const args = ["wait", `operation/${name}`, "-n", "wait", `--for=${what}`, "--timeout=90s"];
    return (await kubectl(args)).exitCode;
  };
  const ended = "jsonpath={.status.finishedAt}";

  assert.equal(await waitFor("good", "condition=Complete"), 0);
  assert.equal(await waitFor("good", "condition=Failed=False"), 0);
  assert.equal(await waitFor("good", ended), 0);

  await world.createOperation("bad", "wait-1");
  await world.cancelOperation("bad");
  assert.equal(await waitFor("bad", "condition=Failed"), 0);
  assert.equal(await waitFor("bad", "condition=Complete=False"), 0);
  assert.equal(await waitFor("bad", ended), 0);
});
