import assert from "node:assert/strict";
import { test } from "node:test";
import type { Server, ServerSpec } from "../api/v1alpha1/server.ts";
import { profileWith, serverWith } from "../api/v1alpha1/test-objects.ts";
import { UsageError } from "../lib/errors.ts";
import { planOperations, type OperationsWanted } from "./plan-operations.ts";

function server(
  name: string,
  spec: Partial<ServerSpec> = {},
  meta: Partial<Server["metadata"]> = {},
): Server {
  const base = serverWith(spec);
  return { ...base, metadata: { ...base.metadata, name, ...meta } };
}

function profile(name: string) {
  const base = profileWith();
  return { ...base, metadata: { ...base.metadata, name } };
}

const wanted: OperationsWanted = {
  namespace: "simulator-dc",
  servers: ["vm-1", "vm-2"],
  operation: "repave",
  mode: "inplace",
  profile: undefined,
  force: false,
  timeout: undefined,
};
const servers = [server("vm-1"), server("vm-2", { provisioningProfile: "gpu" }), server("vm-3")];
const one = [profile("worker")];
const two = [profile("worker"), profile("gpu")];

void test("planOperations() makes one for each server, with the profile that the Server names", () => {
  const plans = planOperations(
    { ...wanted, profile: undefined, servers: ["vm-2"] },
    { servers, profiles: two },
  );

  assert.deepEqual(plans, [
    {
      server: "vm-2",
      prefix: "repave-vm-2",
      spec: { serverRef: { name: "vm-2" }, provisioningProfileRef: { name: "gpu" }, operation: "repave" },
    },
  ]);
});

void test("planOperations() passes on that a repave is to reimage, and refuses it for anything else", () => {
  const asked = { ...wanted, servers: ["vm-1"], mode: "reimage" } as const;
  const [plan] = planOperations(asked, { servers, profiles: one });

  assert.match(JSON.stringify(plan?.spec), /"operation":"repave","mode":"reimage"/);
  assert.throws(
    () => planOperations({ ...asked, operation: "reboot" }, { servers, profiles: one }),
    /nothing was created: only a repave can reimage/,
  );
});

void test("planOperations() takes the only profile, or the one that is asked for", () => {
  const specs = (profiles: typeof one, change: Partial<OperationsWanted>) =>
    planOperations({ ...wanted, servers: ["vm-1", "vm-3"], ...change }, { servers, profiles }).map(
      ({ spec }) => spec,
    );

  assert.match(JSON.stringify(specs(one, {})), /("provisioningProfileRef":\{"name":"worker"\}.*){2}/);
  const all = { profile: "gpu", operation: "reboot", force: true, timeout: "1h" } as const;
  assert.deepEqual(specs(two, all)[1], {
    serverRef: { name: "vm-3" },
    provisioningProfileRef: { name: "gpu" },
    operation: "reboot",
    force: true,
    timeout: "1h",
  });
});

const refused: [given: string, change: Partial<OperationsWanted>, profiles: typeof one, says: RegExp][] = [
  ["an unknown server beside a known one", { servers: ["vm-1", "vm-9"] }, one, /no Server vm-9 in namespace/],
  ["two unknown servers", { servers: ["vm-8", "vm-9"] }, one, /Server vm-8.*Server vm-9/],
  ["a server twice", { servers: ["vm-1", "vm-1"] }, one, /vm-1 is named twice/],
  ["an unknown profile", { profile: "nothing" }, one, /no ProvisioningProfile nothing .* for vm-1/],
  ["a Server whose profile is gone", {}, one, /no ProvisioningProfile gpu .* for vm-2/],
  [
    "a choice of profiles",
    { servers: ["vm-1"] },
    two,
    /vm-1 names no profile and there are 2: add --profile/,
  ],
  ["no profile at all", { servers: ["vm-1"] }, [], /vm-1 names no profile and there are 0/],
  ["a Server being deleted", { servers: ["going"] }, one, /going is being deleted/],
];

for (const [given, change, profiles, says] of refused) {
  void test(`planOperations() refuses ${given}`, () => {
    const going = server("going", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" });

    assert.throws(
      () => planOperations({ ...wanted, ...change }, { servers: [...servers, going], profiles }),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  });
}

void test("planOperations() lets a Server that is being deleted be deprovisioned", () => {
  const going = server("going", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" });

  const plans = planOperations(
    { ...wanted, servers: ["going"], operation: "deprovision" },
    { servers: [going], profiles: one },
  );

  assert.deepEqual(
    plans.map(({ prefix }) => prefix),
    ["deprovision-going"],
  );
});
