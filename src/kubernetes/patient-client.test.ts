import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import { FakeClock } from "../lib/fake-clock.ts";
import type { KubeClient } from "./client.ts";
import { patientClient } from "./patient-client.ts";
import { namespaces } from "./resources.ts";

const REF = { namespace: "", name: "azure-dc" };
const away = new StargateError("ApiUnavailable", "no answer", { retriable: true });
const refused = new StargateError("ApiForbidden", "may not");

/** A client whose every call fails as told, so often, and then is done. */
function failing(failure: StargateError, times: number): { client: KubeClient; calls: string[] } {
  const calls: string[] = [];
  const answer = async <T>(name: string, value: T): Promise<T> => {
    calls.push(name);
    await Promise.resolve();
    if (calls.length <= times) throw failure;
    return value;
  };
  const client: KubeClient = {
    ...{ server: "https://mx:6443", caPem: "CA" },
    readVersion: () => answer("readVersion", "v1.37.2"),
    get: (_type, _ref, schema) => answer("get", schema.parse("object")),
    getIfExists: (_type, _ref, schema) => answer("getIfExists", schema.parse("object")),
    list: () => answer("list", { items: [], resourceVersion: "1" }),
    apply: () => answer("apply", "2"),
    delete: () => answer("delete", undefined),
    create: () => answer("create", undefined),
    mergePatch: () => answer("mergePatch", "2"),
    createSubresource: () => answer("createSubresource", undefined),
    watch: () => {
      throw failure;
    },
  };
  return { client, calls };
}

const repeated: [string, (client: KubeClient) => Promise<unknown>][] = [
  ["readVersion", (client) => client.readVersion()],
  ["get", (client) => client.get(namespaces, REF, z.string())],
  ["getIfExists", (client) => client.getIfExists(namespaces, REF, z.string())],
  ["list", (client) => client.list(namespaces, z.string())],
  ["apply", (client) => client.apply(namespaces, REF, {})],
  ["delete", (client) => client.delete(namespaces, REF)],
];
const once: [string, (client: KubeClient) => Promise<unknown>][] = [
  ["create", (client) => client.create(namespaces, "", {})],
  ["mergePatch", (client) => client.mergePatch(namespaces, REF, {})],
  ["createSubresource", (client) => client.createSubresource(namespaces, REF, "finalize", {})],
];

void describe("patientClient()", () => {
  for (const [name, call] of repeated) {
    void it(`repeats ${name} until the API server answers`, async () => {
      const { client, calls } = failing(away, 2);

      await call(patientClient(client, { timeoutMs: 60_000, clock: new FakeClock() }));

      assert.deepEqual(calls, [name, name, name]);
    });
  }

  for (const [name, call] of once) {
    void it(`does ${name} once, as it may have been done`, async () => {
      const { client, calls } = failing(away, 1);

      await assert.rejects(call(patientClient(client, { timeoutMs: 60_000, clock: new FakeClock() })), away);

      assert.deepEqual(calls, [name]);
    });
  }

  void it("takes a refusal as final", async () => {
    const { client, calls } = failing(refused, 1);

    await assert.rejects(
      patientClient(client, { timeoutMs: 60_000, clock: new FakeClock() }).apply(namespaces, REF, {}),
      refused,
    );

    assert.deepEqual(calls, ["apply"]);
  });

  void it("gives up with the last error when the time is up", async () => {
    const clock = new FakeClock();
    const { client } = failing(away, Infinity);
    const began = clock.now();

    await assert.rejects(
      patientClient(client, { timeoutMs: 60_000, clock }).apply(namespaces, REF, {}),
      away,
    );

    assert.ok(clock.now() - began <= 60_000);
  });
});
