import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { API_VERSION } from "../../api/v1alpha1/kind.ts";
import { Server } from "../../api/v1alpha1/server.ts";
import type { ObjectRef, ResourceType } from "../../kubernetes/client.ts";
import { servers } from "../../kubernetes/resources.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { changeServerStatus } from "./server-status.ts";

const ref = { namespace: "dc", name: "vm-1" };

class CountingCluster extends FakeCluster {
  reads = 0;

  override async getIfExists<T>(type: ResourceType, at: ObjectRef, schema: z.ZodType<T>) {
    this.reads++;
    return super.getIfExists(type, at, schema);
  }
}

function set(state?: "ready"): { cluster: CountingCluster; known: Server } {
  const cluster = new CountingCluster();
  cluster.put(servers, {
    ...{ apiVersion: API_VERSION, kind: "Server", metadata: { ...ref } },
    spec: { ipv4: "192.168.100.10", provider: "qemu" },
    status: { ...(state === undefined ? {} : { state }) },
  });
  const known = cluster.peek(servers, ref, Server);
  assert.ok(known);
  return { cluster, known };
}

const stateOf = (cluster: FakeCluster) => cluster.peek(servers, ref, Server)?.status.state;
const unlessReady = ({ status }: Server) =>
  status.state === "ready" ? undefined : { state: "provisioning" };

void test("a Server that is known as it is now is written without being read", async () => {
  const { cluster, known } = set();

  await changeServerStatus(cluster, ref, unlessReady, { known });

  assert.equal(stateOf(cluster), "provisioning");
  assert.equal(cluster.reads, 0);
});

void test("what changed since a Server was known is read, and decides", async () => {
  const { cluster, known } = set();
  await cluster.mergePatch(servers, ref, { status: { state: "ready" } });

  const seen = await changeServerStatus(cluster, ref, unlessReady, { known });

  assert.equal(seen?.status.state, "ready");
  assert.equal(stateOf(cluster), "ready");
});

void test("that nothing is to be done is never said by what is known alone", async () => {
  const { cluster, known } = set("ready");
  await cluster.mergePatch(servers, ref, { status: { state: "error" } });

  await changeServerStatus(cluster, ref, unlessReady, { known });

  assert.equal(stateOf(cluster), "provisioning");
});
