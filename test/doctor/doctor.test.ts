import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { join } from "node:path";
import { z } from "zod";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Rollout } from "../../src/api/v1alpha1/rollout.ts";
import { applyManifests } from "../../src/kubernetes/apply-manifests.ts";
import { leaseStore } from "../../src/kubernetes/lease-store.ts";
import { rollouts, servers } from "../../src/kubernetes/resources.ts";
import { exec } from "../../src/lib/exec.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import type { Tailnet } from "../../src/tailnet/tailnet.ts";
import { startApiServer, type TestApiServer } from "../cluster/start-api-server.ts";
import { sshdIsMissing, startSshd, type TestSshd } from "../ssh/start-sshd.ts";
import { startLoopbackTailnet, type LoopbackTailnet } from "../tailnet/loopback-tailnet.ts";

const SUBNET = "192.168.77.0/24";
const NAMESPACE = "simulator-dc";
const Answer = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({
      area: z.string(),
      check: z.string(),
      state: z.enum(["ok", "warning", "red", "skipped"]),
      found: z.string(),
      remedy: z.string().optional(),
    }),
  ),
});
type Answer = z.infer<typeof Answer>;

let api: TestApiServer;
let loopback: LoopbackTailnet;
let tailnet: Tailnet;
let sshd: TestSshd;
let stateDir: string;

before(async () => {
  if (sshdIsMissing !== false) return;
  [api, loopback, sshd] = await Promise.all([
    startApiServer({ crds: true }),
    startLoopbackTailnet(),
    startSshd(),
  ]);
  tailnet = createHeadscale({ url: loopback.url, apiKey: loopback.apiKey });
  stateDir = await mkdtemp("/tmp/sg-doctor-");
  const { key } = await tailnet.createRouterKey({ description: "dc-router", ttlSeconds: 600 });
  await loopback.join({ hostname: "dc-router", authKey: key, routes: [SUBNET] });
  await applyManifests(api.client, await readFile(new URL("datacenter.yaml", import.meta.url), "utf8"));
  await applyServer("vm-1", sshd.address.port);
  await applySecret(sshd.address.privateKey);
});
after(async () => {
  if (sshdIsMissing !== false) return;
  await Promise.all([api.stop(), loopback.stop(), sshd.stop()]);
  await rm(stateDir, { recursive: true, force: true });
});

/** A Server of the datacenter whose address is this very host, where an SSH daemon listens. */
async function applyServer(name: string, sshPort: number): Promise<void> {
  const body = {
    apiVersion: API_VERSION,
    kind: "Server",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ipv4: "127.0.0.1",
      provider: "qemu",
      sshPort,
      hostKey: sshd.address.hostKey,
      router: { name: "dc-router", address: "192.168.77.1" },
    },
  };
  await api.client.apply(servers, { namespace: NAMESPACE, name }, body, { force: true });
}

async function applySecret(privateKey: string): Promise<void> {
  const stringData = { username: sshd.address.username, privateKey };
  const metadata = { name: "qemu-ssh-credentials", namespace: NAMESPACE };
  await applyManifests(
    api.client,
    JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, stringData }),
  );
}

interface Run {
  exitCode: number;
  output: string;
}

async function doctor(argv: readonly string[] = [], apiKey = loopback.apiKey): Promise<Run> {
  const { port } = new URL(api.url);
  const program = join(import.meta.dirname, "../../src/main/stargate.ts");
  const cluster = [
    "--kubeconfig",
    api.kubeconfigPath,
    "--control-plane-ip",
    "127.0.0.1",
    "--control-plane-port",
    port,
  ];
  const result = await exec(
    [process.execPath, program, "doctor", ...cluster, "--tailnet-url", loopback.url, ...argv],
    {
      env: { TAILNET_API_KEY: apiKey, STARGATE_STATE_DIR: stateDir, CI: "true" },
      okCodes: [0, 1],
      timeoutMs: 120_000,
    },
  );
  assert.doesNotMatch(result.stdout + result.stderr, /hskey-|PRIVATE KEY/);
  return { exitCode: result.exitCode, output: result.stdout };
}

async function ask(apiKey?: string): Promise<Answer & { exitCode: number }> {
  const { exitCode, output } = await doctor(["-o", "json"], apiKey);
  return { ...Answer.parse(JSON.parse(output)), exitCode };
}

/** "area, check: found" of everything red; each must say what to do. */
function reds({ findings }: Answer): string[] {
  const red = findings.filter(({ state }) => state === "red");
  for (const { check, remedy } of red)
    assert.ok(remedy !== undefined && remedy !== "", `${check} has no remedy`);
  return red.map(({ area, check, found }) => `${area}, ${check}: ${found}`);
}

void describe("stargate doctor", { skip: sshdIsMissing }, () => {
  void it("says that a route waits for approval", async () => {
    const answer = await ask();

    assert.deepEqual(reds(answer), [`datacenter dc, route ${SUBNET}: not approved yet`]);
    assert.equal(answer.exitCode, 1);
    assert.equal(answer.ok, false);
  });

  void it("finds nothing red where everything is in order, in a table too", async () => {
    const [device] = await tailnet.listDevices();
    await tailnet.approveRoutes(device?.id ?? "", [SUBNET]);

    const answer = await ask();

    assert.deepEqual(reds(answer), []);
    assert.deepEqual([answer.exitCode, answer.ok], [0, true]);
    const { output, exitCode } = await doctor();
    assert.equal(exitCode, 0);
    assert.match(output, /^AREA +CHECK +STATE +FOUND\n/);
    assert.match(output, /datacenter dc +router +ok +dc-router online\n/);
    assert.match(output, /way in +ok +1 of 1 SSH daemons answer through the router\n/);
    assert.match(output, /way out +ok +1 of 1 hosts reach the API server\n/);
    assert.match(output, /against the API server +ok +the same\n/);
    assert.match(output, /certificate names +ok +127\.0\.0\.1, where workers join/);
    assert.match(output, /qemu-controller +warning +has never run\n/);
  });

  void it("tells a live controller from one that is gone while an Operation waits", async () => {
    const store = leaseStore(api.client, { namespace: "kube-system", name: "stargate-qemu-controller" });
    const signal = new AbortController().signal;
    const content = {
      holder: "host-1",
      durationMs: 15_000,
      acquiredAtMs: Date.now(),
      renewedAtMs: Date.now(),
      transitions: 0,
    };
    await store.create(content, signal);
    const works = (await ask()).findings.find(({ check }) => check === "qemu-controller");
    assert.deepEqual([works?.state, works?.found], ["ok", "host-1 works"]);

    const lease = await store.read(signal);
    await store.update(
      { ...content, renewedAtMs: Date.now() - 600_000 },
      lease?.resourceVersion ?? "",
      signal,
    );
    await applyManifests(api.client, await readFile(new URL("operation.yaml", import.meta.url), "utf8"));

    const [red, ...others] = reds(await ask());
    assert.match(
      red ?? "",
      /^controllers, qemu-controller: does not run, last seen .*; 1 Operations wait for it$/,
    );
    assert.deepEqual(others, []);
  });

  void it("says that nobody looks after a Rollout, and why one stands still", async () => {
    await applyManifests(api.client, await readFile(new URL("rollout.yaml", import.meta.url), "utf8"));
    const [unseen, ...rest] = reds(await ask()).filter((line) => line.startsWith("rollouts, "));
    assert.equal(unseen, "rollouts, controller: has never run; 1 Rollouts wait for it: simulator-dc/workers");
    assert.deepEqual(rest, []);

    const store = leaseStore(api.client, { namespace: "kube-system", name: "stargate-rollouts" });
    const now = Date.now();
    const times = { durationMs: 600_000, acquiredAtMs: now, renewedAtMs: now };
    await store.create({ holder: "host-1", ...times, transitions: 0 }, new AbortController().signal);
    const ref = { namespace: NAMESPACE, name: "workers" };
    const { metadata } = await api.client.get(rollouts, ref, Rollout);
    const stalled = {
      ...{ type: "Stalled", status: "True", reason: "FailureThresholdReached", message: "" },
      lastTransitionTime: new Date(now).toISOString(),
    };
    const status = {
      ...{ phase: "Stalled", message: "1 of 1 servers failed: vm-1", conditions: [stalled] },
      observedGeneration: metadata.generation,
    };
    await api.client.mergePatch(rollouts, ref, { status }, { subresource: "status" });

    const { findings } = await ask();
    const found = findings.filter(({ area, state }) => area === "rollouts" && state === "red");
    assert.deepEqual(
      found.map(({ check }) => check),
      ["simulator-dc/workers"],
    );
    assert.match(found[0]?.found ?? "", /FailureThresholdReached.*1 of 1 servers failed: vm-1/);
    assert.match(found[0]?.remedy ?? "", /bin\/stargate rollout status workers -n simulator-dc/);
    await api.client.delete(rollouts, ref);
  });

  void it("tells a server that does not answer from one that is no SSH daemon", async () => {
    const other = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(
      0,
      "127.0.0.1",
    );
    await once(other, "listening");
    const address = other.address();
    assert.ok(address !== null && typeof address === "object");
    await applyServer("vm-2", address.port);
    await applyServer("vm-3", 1);

    const lines = reds(await ask()).filter((line) => line.includes("way in"));

    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? "", /way in: vm-2: .*(no SSH daemon|says nothing)/);
    assert.match(lines[1] ?? "", /way in: vm-3: .*connection refused/);
    other.close();
    for (const name of ["vm-2", "vm-3"]) await api.client.delete(servers, { namespace: NAMESPACE, name });
  });

  void it("says so when the key in the Secret opens no door", async () => {
    await applySecret(sshd.strangerPrivateKey);

    const lines = reds(await ask()).filter((line) => line.includes("way out"));

    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /way out: vm-1: .*accepts neither this key nor this user/);
    await applySecret(sshd.address.privateKey);
  });

  void it("says so when the tailnet does not accept the credentials, and still looks at the rest", async () => {
    const answer = await ask("hskey-api-wrong");

    assert.match(reds(answer)[0] ?? "", /^tailnet, credentials: /);
    assert.ok(answer.findings.some(({ check, state }) => check === "way in" && state === "ok"));
  });

  void it("says so when there is no API server, and nothing that is only a consequence", async () => {
    await api.kill();

    const lines = reds(await ask());

    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^MX, API server: .*no answer from/);
  });

  void it("says so when there is neither a lab nor another tailnet", async () => {
    const program = join(import.meta.dirname, "../../src/main/stargate.ts");
    const env = { STARGATE_STATE_DIR: join(stateDir, "empty"), CI: "true" };

    const { stdout, stderr, exitCode } = await exec([process.execPath, program, "doctor"], {
      env,
      okCodes: [1],
    });

    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      /RED {2}lab, lab: there is none here[\s\S]*next: Bring it up: bin\/stargate lab up\./,
    );
    assert.match(stderr, /is not in order|are not in order/);
  });
});
