import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { pointKubeProxyAt } from "./adapt-cluster.ts";

void test("pointKubeProxyAt() changes the server only, and nothing where it is right", () => {
  const cluster = { "certificate-authority": "/ca.crt", server: "https://x:6443" };
  const before = stringify({ apiVersion: "v1", clusters: [{ name: "default", cluster }] });

  const after = pointKubeProxyAt(before, "https://100.101.102.103:6443");

  const moved = { ...cluster, server: "https://100.101.102.103:6443" };
  assert.deepEqual(parse(after), { apiVersion: "v1", clusters: [{ name: "default", cluster: moved }] });
  assert.equal(pointKubeProxyAt(after, "https://100.101.102.103:6443"), after);
});
