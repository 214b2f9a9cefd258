import assert from "node:assert/strict";
import { test } from "node:test";
import { ownObjects } from "./own-objects.ts";

void test("ownObjects() are the README's, of MX's own version", () => {
  const input = { version: "v1.37.2", privateKey: "PEM", isKeyNamed: false, authKey: "tskey-auth-x" };

  const summary = ownObjects(input, "PUBLIC").map(
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
  assert.partialDeepStrictEqual(ownObjects(input, "PUBLIC")[0]?.body, {
    metadata: { annotations: { "stargate.io/assumed-key": "PUBLIC" } },
  });
  assert.partialDeepStrictEqual(ownObjects(input, "PUBLIC")[5]?.body, {
    spec: {
      kubernetesVersion: "1.37",
      sshCredentialsSecretRef: "qemu-ssh-credentials",
      tailscaleAuthKeySecretRef: "tailscale-auth",
      adminUsername: "ubuntu",
    },
  });
});

void test("ownObjects() name no auth key where none was given, and take a key that was named", () => {
  const input = { version: "v1.37.2", privateKey: "PEM", isKeyNamed: true, authKey: undefined };

  const objects = ownObjects(input, "PUBLIC");

  assert.equal(objects.filter(({ name }) => name === "tailscale-auth").length, 0);
  assert.doesNotMatch(JSON.stringify(objects), /tailscaleAuthKeySecretRef/);
  assert.equal(objects[0]?.keep, false);
  assert.doesNotMatch(JSON.stringify(objects), /assumed-key/);
});
