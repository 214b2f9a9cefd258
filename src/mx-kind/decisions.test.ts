import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { StargateError, UsageError } from "../lib/errors.ts";
import { pointKubeProxyAt } from "./adapt-cluster.ts";
import { decideCluster, type ClusterFacts } from "./kind-cluster.ts";
import { renderKindConfig } from "./kind-config.ts";
import { namesFor } from "./names.ts";
import { ownObjects } from "./own-objects.ts";
import { findMissing, type Found } from "./prerequisites.ts";
import { checkSshKey } from "./ssh-key.ts";

const names = namesFor("stargate-demo");
const ours = "kind: ClusterConfiguration\napiServer: { certSANs: [localhost, stargate-demo-mx] }\n";
const foreign = "kind: ClusterConfiguration\napiServer: { certSANs: [localhost] }\n";
const whole: ClusterFacts = { exists: true, kubeadmConf: ours, isComplete: true, isRunning: true };

for (const { given, facts, expected } of [
  { given: "no cluster", facts: { exists: false }, expected: "create" },
  { given: "a whole one that runs", facts: {}, expected: "use" },
  { given: "a whole one that is stopped", facts: { isRunning: false }, expected: "start" },
  { given: "one that kubeadm has not finished", facts: { isComplete: false }, expected: "create anew" },
  {
    given: "one that kubeadm has not begun",
    facts: { isComplete: false, kubeadmConf: undefined },
    expected: "create anew",
  },
]) {
  void test(`decideCluster() says ${expected} for ${given}`, () => {
    assert.equal(decideCluster({ ...whole, ...facts }, names), expected);
  });
}

void test("decideCluster() leaves a cluster alone that somebody else made, even a whole one", () => {
  assert.throws(
    () => decideCluster({ ...whole, kubeadmConf: foreign }, names),
    (error) => error instanceof StargateError && error.reason === "ForeignCluster",
  );
});

void test("namesFor() refuses what cannot be a host name", () => {
  for (const name of ["", "Demo", "a_b", "-a", "a".repeat(46)])
    assert.throws(() => namesFor(name), UsageError);
  assert.equal(namesFor("a".repeat(45)).container.length, 59);
});

const allThere: Found = {
  docker: { architecture: "amd64" },
  kind: { version: "0.32.0" },
  kubectl: { version: "v1.37.2" },
};

for (const { given, found, says } of [
  { given: "everything", found: {}, says: [] },
  {
    given: "no docker daemon",
    found: { docker: { missing: "its daemon does not answer" } },
    says: [/^docker: its daemon does not answer\. .*systemctl start docker/],
  },
  { given: "docker on another processor", found: { docker: { architecture: "riscv64" } }, says: [/riscv64/] },
  {
    given: "neither kind nor kubectl",
    found: { kind: { missing: "it is not installed" }, kubectl: { missing: "it is not installed" } },
    says: [/^kind: it is not installed\. Install it: go install/, /^kubectl: .*kubernetes\.io/],
  },
]) {
  void test(`findMissing() given ${given} says ${says.length} lines, each with what to do`, () => {
    const lines = findMissing({ ...allThere, ...found });

    assert.equal(lines.length, says.length);
    for (const [index, pattern] of says.entries()) assert.match(lines[index] ?? "", pattern);
  });
}

void test("renderKindConfig() leaves kind's network out, and has the tailnet's name certified from the start", () => {
  const config: unknown = parse(renderKindConfig(names, "kindest/node:v1.37.2"));

  assert.partialDeepStrictEqual(config, {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: { disableDefaultCNI: true, podSubnet: "10.244.0.0/16", serviceSubnet: "10.96.0.0/12" },
    nodes: [{ role: "control-plane", image: "kindest/node:v1.37.2" }],
    kubeadmConfigPatches: [
      "kind: ClusterConfiguration\napiServer:\n  certSANs:\n    - localhost\n    - 127.0.0.1\n    - stargate-demo-mx\n",
    ],
  });
});

void test("pointKubeProxyAt() changes the server only, and nothing where it is right", () => {
  const before =
    "clusters:\n  - name: default\n    cluster:\n      certificate-authority: /ca.crt\n      server: https://x:6443\n";

  const after = pointKubeProxyAt(before, "https://100.101.102.103:6443");

  assert.equal(after, before.replace("https://x:6443", "https://100.101.102.103:6443"));
  assert.equal(pointKubeProxyAt(after, "https://100.101.102.103:6443"), after);
});

void test("ownObjects() are the README's, of MX's own version", () => {
  const input = { version: "v1.37.2", privateKey: "PEM", isKeyNamed: false, authKey: "tskey-auth-x" };

  const summary = ownObjects(input).map(
    ({ namespace, name, keep }) => `${namespace}/${name}${keep ? " kept" : ""}`,
  );

  assert.deepEqual(summary, [
    "azure-dc/azure-ssh-credentials kept",
    "azure-dc/tailscale-auth",
    "azure-dc/azure-k8s-worker kept",
    "simulator-dc/qemu-ssh-credentials kept",
    "simulator-dc/tailscale-auth",
    "simulator-dc/qemu-k8s-worker kept",
  ]);
  assert.partialDeepStrictEqual(ownObjects(input)[5]?.body, {
    spec: {
      kubernetesVersion: "1.37",
      sshCredentialsSecretRef: "qemu-ssh-credentials",
      tailscaleAuthKeySecretRef: "tailscale-auth",
      adminUsername: "ubuntu",
    },
  });
});

void test("ownObjects() name no auth key where none was given, and take a key that was named", () => {
  const objects = ownObjects({ version: "v1.37.2", privateKey: "PEM", isKeyNamed: true, authKey: undefined });

  assert.equal(objects.filter(({ name }) => name === "tailscale-auth").length, 0);
  assert.doesNotMatch(JSON.stringify(objects), /tailscaleAuthKeySecretRef/);
  assert.equal(objects[0]?.keep, false);
});

void test("checkSshKey() tells what a controller could not use", async () => {
  assert.match(
    (await checkSshKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUXPhDPfQPsOaUHlDNBMjhjOJHVjQLYOhhAj3a8v6h1")) ??
      "",
    /public key/,
  );
  assert.match((await checkSshKey("nothing")) ?? "", /no private key/);
});
