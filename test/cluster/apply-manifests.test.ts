import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { renderCrds } from "../../src/api/crds.ts";
import { Server } from "../../src/api/v1alpha1/server.ts";
import { applyManifests } from "../../src/kubernetes/apply-manifests.ts";
import { servers } from "../../src/kubernetes/resources.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

let server: TestApiServer;

before(async () => {
  server = await startApiServer();
});
after(() => server.stop());

const worker = (spec: string): string => `
apiVersion: stargate.io/v1alpha1
kind: Server
metadata: { name: vm-1, namespace: dc }
spec: ${spec}
`;
const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: dc }\n";
const ref = { namespace: "dc", name: "vm-1" };

void test("applyManifests() applies objects together with their types and namespaces, in whatever order", async () => {
  const text = [worker("{ ipv4: 192.168.100.10, provider: qemu }"), renderCrds(), namespace].join("---\n");

  await applyManifests(server.client, text);

  const { spec } = await server.client.get(servers, ref, Server);
  assert.equal(spec.ipv4, "192.168.100.10");
});

void test("applyManifests() changes nothing the second time, and takes away what is no longer in the text", async () => {
  const read = () => server.client.get(servers, ref, Server);
  const first = await read();

  await applyManifests(server.client, worker("{ ipv4: 192.168.100.10, provider: qemu }"));
  const again = await read();
  await applyManifests(server.client, worker("{ ipv4: 192.168.100.11 }"));
  const changed = await read();

  assert.equal(again.metadata.resourceVersion, first.metadata.resourceVersion);
  assert.deepEqual(changed.spec, { ipv4: "192.168.100.11", sshPort: 22 });
});

void test("applyManifests() refuses a field that nobody knows, instead of dropping it", async () => {
  await assert.rejects(applyManifests(server.client, worker("{ ipv4: 192.168.100.10, ipv5: 1 }")), {
    reason: "ApiInvalid",
    message: /ipv5/,
  });
});
