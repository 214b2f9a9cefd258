import assert from "node:assert/strict";
import { test } from "node:test";
import { describeResource, resourcePath } from "./resource-path.ts";
import { nodes, pods, servers } from "./resources.ts";

const rows: readonly [path: string, expected: string][] = [
  [resourcePath(nodes), "/api/v1/nodes"],
  [resourcePath(nodes, { namespace: "", name: "a" }), "/api/v1/nodes/a"],
  [resourcePath(nodes, { namespace: "ignored", name: "a" }), "/api/v1/nodes/a"],
  [resourcePath(pods, {}), "/api/v1/pods"],
  [
    resourcePath(pods, { namespace: "n", name: "p", subresource: "eviction" }),
    "/api/v1/namespaces/n/pods/p/eviction",
  ],
  [resourcePath(servers, { namespace: "dc" }), "/apis/stargate.io/v1alpha1/namespaces/dc/servers"],
  [resourcePath(servers, { namespace: "dc", name: "../x" }).slice(-8), "/..%2Fx".padStart(8, "s")],
];
for (const [path, expected] of rows) {
  void test(`resourcePath() makes ${expected}`, () => {
    assert.equal(path, expected);
  });
}

void test("describeResource() names an object as people do", () => {
  assert.equal(describeResource(servers, { namespace: "dc", name: "vm-1" }), 'servers "dc/vm-1"');
  assert.equal(describeResource(nodes, { namespace: "", name: "vm-1" }), 'nodes "vm-1"');
  assert.equal(describeResource(servers), "servers");
});
