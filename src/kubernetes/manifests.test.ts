import assert from "node:assert/strict";
import { test } from "node:test";
import { renderCrds } from "../api/crds.ts";
import { parseManifests } from "./manifests.ts";

void test("parseManifests() finds every object of a text, with its type and place", () => {
  const text = `
# only a comment
---
apiVersion: v1
kind: Namespace
metadata: { name: dc }
---
apiVersion: stargate.io/v1alpha1
kind: Server
metadata: { name: vm-1, namespace: dc }
spec: { ipv4: 192.168.100.10 }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: flannel }
`;

  const found = parseManifests(text).map(({ kind, type, ref }) => [kind, type.group, type.plural, ref]);

  assert.deepEqual(found, [
    ["Namespace", "", "namespaces", { namespace: "", name: "dc" }],
    ["Server", "stargate.io", "servers", { namespace: "dc", name: "vm-1" }],
    ["DaemonSet", "apps", "daemonsets", { namespace: "default", name: "flannel" }],
  ]);
});

void test("parseManifests() reads the CRDs that we render", () => {
  assert.deepEqual(
    parseManifests(renderCrds()).map(({ ref }) => ref.name),
    [
      "servers.stargate.io",
      "provisioningprofiles.stargate.io",
      "operations.stargate.io",
      "datacenters.stargate.io",
      "rollouts.stargate.io",
    ],
  );
});

const wrong: readonly [what: string, text: string, message: RegExp][] = [
  ["broken YAML", "a: [", /document 1: /],
  ["an object without a name", "apiVersion: v1\nkind: Secret\nmetadata: {}", /metadata\.name are needed/],
  ["a list", "- 1", /apiVersion, kind/],
  [
    "a kind of somebody else's, and says which",
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: x.io/v1\nkind: X\nmetadata: {name: a}",
    /document 2: x\.io\/v1 X is not a kind we apply/,
  ],
];
for (const [what, text, message] of wrong) {
  void test(`parseManifests() refuses ${what}`, () => {
    assert.throws(() => parseManifests(text), { reason: "ManifestInvalid", message });
  });
}
