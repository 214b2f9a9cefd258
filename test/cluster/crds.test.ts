import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { ProvisioningProfile } from "../../src/api/v1alpha1/provisioning-profile.ts";
import { Server } from "../../src/api/v1alpha1/server.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { retry } from "../../src/lib/retry.ts";
import { applyManifests } from "../../src/kubernetes/apply-manifests.ts";
import { namespaces, operations, provisioningProfiles, servers } from "../../src/kubernetes/resources.ts";
import { kubectlFor, type Kubectl } from "./kubectl.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

let server: TestApiServer;
let kubectl: Kubectl;

before(async () => {
  server = await startApiServer();
  kubectl = await kubectlFor(server);
  const crds = await kubectl(["apply", "-f", packagePath("config/crd")]);
  assert.equal(crds.exitCode, 0, crds.stderr);
  await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=90s"]);
  for (const name of ["azure-dc", "simulator-dc"]) {
    await server.client.create(namespaces, "", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    });
  }
});
after(() => server.stop());

const apiVersion = "stargate.io/v1alpha1";
const namespace = "simulator-dc";

function serverNamed(name: string, spec: object = {}): object {
  return {
    apiVersion,
    kind: "Server",
    metadata: { name, namespace },
    spec: { ipv4: "192.168.100.10", ...spec },
  };
}

function profileNamed(name: string, spec: object = {}): object {
  const base = { kubernetesVersion: "1.37", sshCredentialsSecretRef: "qemu-ssh-credentials" };
  return {
    apiVersion,
    kind: "ProvisioningProfile",
    metadata: { name, namespace },
    spec: { ...base, ...spec },
  };
}

function operationNamed(name: string, spec: object = {}): object {
  const base = {
    serverRef: { name: "vm-1" },
    provisioningProfileRef: { name: "worker" },
    operation: "repave",
  };
  return { apiVersion, kind: "Operation", metadata: { name, namespace }, spec: { ...base, ...spec } };
}

void test("README manifests apply unchanged", async () => {
  const path = packagePath("test/cluster/readme-manifests.yaml");

  const first = await kubectl(["apply", "-f", path]);
  const second = await kubectl(["apply", "-f", path]);

  assert.equal(first.exitCode, 0, first.stderr);
  assert.equal(first.stdout.match(/ created$/gm)?.length, 6, first.stdout);
  assert.equal(second.exitCode, 0, second.stderr);
  const generations = await kubectl([
    "get",
    "stargate",
    "-A",
    "-o",
    "jsonpath={.items[*].metadata.generation}",
  ]);
  assert.equal(generations.stdout, "1 1 1 1 1 1", "applying again changes nothing");
});

void test("A status in a manifest is left to the controller", async () => {
  await kubectl(["apply", "-f", packagePath("test/cluster/readme-manifests.yaml")]);

  const ref = { namespace: "default", name: "bootstrap-my-server" };
  const operation = await server.client.get(operations, ref, Operation);

  assert.deepEqual(operation.status, {});
});

void test("Samples and the CRDs that programs install apply, twice without a change", async () => {
  for (const path of globSync(packagePath("config/samples/*.yaml"))) {
    await applyManifests(server.client, readFileSync(path, "utf8"));
    const again = await kubectl(["diff", "--server-side", "--field-manager=stargate", "-f", path]);
    assert.equal(again.exitCode, 0, again.stdout + again.stderr);
  }
});

const refused: readonly [what: string, object: object, message: RegExp][] = [
  ["a Server without an address", serverNamed("s", { ipv4: undefined }), /spec\.ipv4: Required value/],
  ["a Server with a name for an address", serverNamed("s", { ipv4: "vm-1" }), /must be of type ipv4/],
  ["an octet out of range", serverNamed("s", { ipv4: "192.168.100.256" }), /must be of type ipv4/],
  ["a multicast address", serverNamed("s", { ipv4: "230.0.0.1" }), /the address of one host/],
  ["the address of no host", serverNamed("s", { ipv4: "0.0.0.0" }), /the address of one host/],
  [
    "a router at the server's own address",
    serverNamed("s", { router: { address: "192.168.100.10" } }),
    /the router is another host/,
  ],
  ["an SSH port out of range", serverNamed("s", { sshPort: 70_000 }), /less than or equal to 65535/],
  ["a host key without its type", serverNamed("s", { hostKey: "AAAAC3NzaC1lZDI1" }), /spec\.hostKey/],
  ["an upper-case MAC address", serverNamed("s", { macAddress: "52:54:00:AA:BB:CC" }), /spec\.macAddress/],
  ["a Server name with dots", serverNamed("vm.one"), /host name: no dots/],
  ["a Server name longer than a host name", serverNamed("v".repeat(64)), /63 characters at most/],
  ["a Server without a spec", { apiVersion, kind: "Server", metadata: { name: "s" } }, /spec: Required/],
  ["a field that nobody knows", serverNamed("s", { ipv6: "fd00::1" }), /unknown field "spec\.ipv6"/],
  ["a version with a v", profileNamed("p", { kubernetesVersion: "v1.37" }), /spec\.kubernetesVersion/],
  ["a version of another major", profileNamed("p", { kubernetesVersion: "2.0" }), /spec\.kubernetesVersion/],
  ["a version that YAML read as a number", profileNamed("p", { kubernetesVersion: 1.37 }), /string/],
  [
    "a container runtime we do not install",
    profileNamed("p", { containerRuntime: "docker" }),
    /supported values: "containerd"/,
  ],
  [
    "a Secret name that none can have",
    profileNamed("p", { sshCredentialsSecretRef: "My Secret" }),
    /spec\.sshCredentialsSecretRef/,
  ],
  [
    "a label that keeps a kubelet from starting",
    profileNamed("p", { nodeLabels: { "node-role.kubernetes.io/worker": "" } }),
    /kubectl label/,
  ],
  ["a label key with a space", profileNamed("p", { nodeLabels: { "a b": "c" } }), /\[prefix\/\]name/],
  ["a label value with a space", profileNamed("p", { nodeLabels: { rack: "a b" } }), /nodeLabels\.rack/],
  [
    "the same taint twice",
    profileNamed("p", {
      nodeTaints: [
        { key: "a", value: "1", effect: "NoSchedule" },
        { key: "a", value: "2", effect: "NoSchedule" },
      ],
    }),
    /Duplicate value/,
  ],
  [
    "a taint with an unknown effect",
    profileNamed("p", { nodeTaints: [{ key: "a", effect: "Never" }] }),
    /supported values: "NoSchedule"/,
  ],
  [
    "a mirror without its address",
    profileNamed("p", { artifactSource: { type: "Mirror" } }),
    /url goes with type Mirror/,
  ],
  [
    "an address without a mirror",
    profileNamed("p", { artifactSource: { type: "Packages", url: "https://a.example" } }),
    /url goes with type Mirror/,
  ],
  [
    "a mirror by FTP",
    profileNamed("p", { artifactSource: { type: "Mirror", url: "ftp://a.example" } }),
    /http:\/\/ or https:\/\//,
  ],
  [
    "an unencrypted mirror without a checksum",
    profileNamed("p", { artifactSource: { type: "Mirror", url: "http://10.0.0.1/x" } }),
    /needs manifestSha256/,
  ],
  [
    "a checksum without a mirror",
    profileNamed("p", { artifactSource: { type: "Packages", manifestSha256: "0".repeat(64) } }),
    /manifestSha256 goes with type Mirror/,
  ],
  ["an operation that there is not", operationNamed("o", { operation: "explode" }), /"repave", "reboot"/],
  ["a mode that there is not", operationNamed("o", { mode: "wipe" }), /"inplace", "reimage"/],
  [
    "a reboot that is to replace the disk",
    operationNamed("o", { operation: "reboot", mode: "reimage" }),
    /mode reimage is for the operation repave/,
  ],
  ["a timeout that is none", operationNamed("o", { timeout: "soon" }), /spec\.timeout/],
  ["a timeout that nothing can end in", operationNamed("o", { timeout: "5s" }), /from 1m to 24h/],
  ["a drain of days", operationNamed("o", { drain: { timeout: "48h" } }), /from 0s to 24h/],
  ["retries without end", operationNamed("o", { retries: 1000 }), /spec\.retries/],
  ["an Operation without a server", operationNamed("o", { serverRef: {} }), /spec\.serverRef\.name/],
  [
    "an Operation on a server that can have no such name",
    operationNamed("o", { serverRef: { name: "VM_1" } }),
    /spec\.serverRef\.name/,
  ],
];

for (const [what, object, message] of refused) {
  void test(`The API server refuses ${what}`, async () => {
    const kind = "kind" in object ? object.kind : undefined;
    const type = kind === "Server" ? servers : kind === "Operation" ? operations : provisioningProfiles;

    await assert.rejects(server.client.create(type, namespace, object), (error) => {
      assert.ok(error instanceof Error && "reason" in error);
      assert.equal(error.reason, "ApiInvalid", error.message);
      assert.match(error.message, message);
      return true;
    });
  });
}

const accepted: readonly [what: string, object: object][] = [
  ["a Server on loopback", serverNamed("ok-1", { ipv4: "127.0.0.1", sshPort: 2222 })],
  ["an encrypted mirror without a checksum", profileNamed("ok-2", mirror("https://a.example/x"))],
  ["an unencrypted mirror with one", profileNamed("ok-3", mirror("http://10.0.0.1:8080/x", "a".repeat(64)))],
  [
    "labels that a kubelet may give itself",
    profileNamed("ok-4", {
      nodeLabels: {
        "topology.kubernetes.io/zone": "dc1",
        "node.kubernetes.io/pool": "a",
        "example.com/rack": "r1",
        rack: "",
      },
    }),
  ],
  [
    "one taint key with two effects",
    profileNamed("ok-5", {
      nodeTaints: [
        { key: "a", effect: "NoSchedule" },
        { key: "a", effect: "NoExecute" },
      ],
    }),
  ],
];

function mirror(url: string, manifestSha256?: string): object {
  return { artifactSource: { type: "Mirror", url, manifestSha256 } };
}

for (const [what, object] of accepted) {
  void test(`The API server takes ${what}`, async () => {
    const type = "kind" in object && object.kind === "Server" ? servers : provisioningProfiles;

    await server.client.create(type, namespace, object);
  });
}

void test("Defaults are filled in by the API server", async () => {
  await server.client.create(provisioningProfiles, namespace, profileNamed("defaults"));
  await server.client.create(servers, namespace, serverNamed("defaults"));

  const ref = { namespace, name: "defaults" };
  const profile = await server.client.get(provisioningProfiles, ref, ProvisioningProfile);
  const worker = await server.client.get(servers, ref, Server);

  assert.deepEqual(profile.spec, {
    kubernetesVersion: "1.37",
    sshCredentialsSecretRef: "qemu-ssh-credentials",
    containerRuntime: "containerd",
    nodeLabels: {},
    nodeTaints: [],
    artifactSource: { type: "Packages" },
  });
  assert.equal(worker.spec.sshPort, 22);
});

void test("An Operation's spec cannot be changed, its labels can", async () => {
  await server.client.create(operations, namespace, operationNamed("fixed"));
  const ref = { namespace, name: "fixed" };
  const { spec } = await server.client.get(operations, ref, Operation);
  assert.deepEqual(
    { ...spec, serverRef: undefined, provisioningProfileRef: undefined },
    {
      serverRef: undefined,
      provisioningProfileRef: undefined,
      operation: "repave",
      mode: "inplace",
      cancel: false,
      force: false,
      timeout: "30m",
      retries: 5,
      drain: { timeout: "5m" },
    },
  );

  await server.client.mergePatch(operations, ref, { metadata: { labels: { a: "b" } } });

  for (const change of [
    { serverRef: { name: "vm-2" } },
    { operation: "reboot" },
    { mode: "reimage" },
    { force: true },
    { timeout: "1h" },
    { retries: 1 },
    { drain: { gracePeriodSeconds: 1 } },
  ]) {
    await assert.rejects(server.client.mergePatch(operations, ref, { spec: change }), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /an Operation cannot be changed, only cancelled/);
      return true;
    });
  }
});

void test("An Operation can be cancelled, and stays so", async () => {
  await server.client.create(operations, namespace, operationNamed("cancelled"));
  const ref = { namespace, name: "cancelled" };

  await server.client.mergePatch(operations, ref, { spec: { cancel: true } });

  await assert.rejects(
    server.client.mergePatch(operations, ref, { spec: { cancel: false } }),
    /a cancelled Operation stays cancelled/,
  );
});

void test("A status is written without touching the spec, and a spec without touching the status", async () => {
  const ref = { namespace, name: "with-status" };
  await server.client.create(servers, namespace, serverNamed("with-status"));

  await applyStatus({ state: "ready", os: "k8s-1.37" });
  await server.client.mergePatch(servers, ref, {
    spec: { ipv4: "192.168.100.11" },
    status: { state: "error" },
  });

  const worker = await server.client.get(servers, ref, Server);
  assert.equal(worker.spec.ipv4, "192.168.100.11");
  assert.deepEqual(worker.status, { state: "ready", os: "k8s-1.37" });
  assert.equal(worker.metadata.generation, 2, "only the change of the spec counts");
  await assert.rejects(applyStatus({ state: "happy" }), /status\.state/);

  function applyStatus(status: object): Promise<string> {
    return server.client.apply(
      servers,
      ref,
      { apiVersion, kind: "Server", metadata: ref, status },
      { subresource: "status" },
    );
  }
});

void test("A status owned by one writer is not overwritten by another unless it insists", async () => {
  const ref = { namespace, name: "contested" };
  await server.client.create(servers, namespace, serverNamed("contested"));
  const apply = (state: string, fieldManager: string, force: boolean): Promise<string> =>
    server.client.apply(
      servers,
      ref,
      { apiVersion, kind: "Server", metadata: ref, status: { state } },
      { subresource: "status", fieldManager, force },
    );
  await apply("ready", "first", false);

  await assert.rejects(apply("error", "second", false), { reason: "ApiConflict" });
  await apply("error", "second", true);

  const worker = await server.client.get(servers, ref, Server);
  assert.equal(worker.status.state, "error");
});

void test("kubectl explain tells what a field is for", async () => {
  // OpenAPI for new types is published a moment after they are served.
  const text = await retry(
    async () => {
      const { exitCode, stdout, stderr } = await kubectl(["explain", "operation.spec.serverRef"]);
      assert.equal(exitCode, 0, stderr);
      return stdout;
    },
    { timeoutMs: 90_000 },
  );

  assert.match(text, /The Server to operate on\./);
  assert.match(text, /Name of an object in the same namespace\./);
});

async function header(plural: string): Promise<string[]> {
  const { stdout } = await kubectl(["get", plural, "-A"]);
  return stdout.split("\n", 1).join("").split(/\s+/);
}

void test("kubectl get shows the columns a person asks for", async () => {
  assert.deepEqual(
    { op: await header("op"), srv: await header("srv"), pp: await header("pp") },
    {
      op: ["NAMESPACE", "NAME", "SERVER", "OPERATION", "PHASE", "REASON", "STEP", "AGE"],
      srv: ["NAMESPACE", "NAME", "STATE", "IPV4", "OS", "PROVIDER", "AGE"],
      pp: ["NAMESPACE", "NAME", "KUBERNETES", "RUNTIME", "ARTIFACTS", "AGE"],
    },
  );
});

void test("kubectl get stargate shows every kind, and fields can be selected by", async () => {
  await server.client.create(servers, namespace, serverNamed("of-qemu", { provider: "qemu" }));

  const all = await kubectl(["get", "stargate", "-n", namespace, "-o", "name"]);
  const selected = await kubectl([
    "get",
    "servers",
    "-n",
    namespace,
    "-o",
    "name",
    "--field-selector=spec.provider=qemu",
  ]);

  for (const plural of ["servers", "provisioningprofiles", "operations"]) {
    assert.match(all.stdout, new RegExp(`^${plural.slice(0, -1)}.stargate.io/|^${plural}`, "m"));
  }
  assert.match(selected.stdout, /of-qemu/);
  assert.doesNotMatch(selected.stdout, /defaults/);
});
