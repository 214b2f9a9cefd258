import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { renderCrds } from "../../src/api/crds.ts";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import type { ResourceType } from "../../src/kubernetes/client.ts";
import { operations, provisioningProfiles, servers } from "../../src/kubernetes/resources.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { ControllerWorld, startCluster } from "../controllers/controller-world.ts";
import { valuesOf, valuesOrNot } from "./schema-arbitrary.ts";

/** STARGATE_FUZZ_OBJECTS: how many; STARGATE_FUZZ_SEED: which. */
const count = Number(process.env["STARGATE_FUZZ_OBJECTS"] ?? "500");
const seed = Number(process.env["STARGATE_FUZZ_SEED"] ?? Date.now() % 1_000_000);
const AT_ONCE = 20;
/** After so many objects an ordinary Operation is asked for, which has to go as ever. */
const ROUND = 100;

const Crd = z.object({
  spec: z.object({
    names: z.object({ kind: z.string() }),
    versions: z.tuple([
      z.object({
        schema: z.object({
          openAPIV3Schema: z.object({ properties: z.object({ spec: z.unknown(), status: z.unknown() }) }),
        }),
      }),
    ]),
  }),
});

const schemas = new Map(
  parseAllDocuments(renderCrds())
    .map((document) => Crd.parse(document.toJS()))
    .map(({ spec }) => [spec.names.kind, spec.versions[0].schema.openAPIV3Schema.properties]),
);

const KINDS: readonly { kind: string; type: ResourceType }[] = [
  { kind: "Server", type: servers },
  { kind: "ProvisioningProfile", type: provisioningProfiles },
  { kind: "Operation", type: operations },
];

/** Few names, so that objects meet each other: what one names, another is. */
const names = fc.constantFrom("a", "b", "c", "d.e", "w", "vm", "x".repeat(60));

interface Act {
  kind: string;
  type: ResourceType;
  name: string;
  what: "create" | "change" | "status" | "delete";
  spec: unknown;
  status: unknown;
}

/** Made once for each kind: making what makes values takes far longer than making a value. */
const acts = fc.oneof(...KINDS.map(actsOn));

function actsOn({ kind, type }: (typeof KINDS)[number]): fc.Arbitrary<Act> {
  const { spec, status } = schemas.get(kind) ?? assert.fail(kind);
  const what = fc.constantFrom<Act["what"]>(
    "create",
    "create",
    "create",
    "create",
    "change",
    "status",
    "delete",
  );
  const refs = fc.record({ serverRef: refTo(), provisioningProfileRef: refTo() }, { requiredKeys: [] });
  const specs = fc.tuple(valuesOrNot(spec), refs, fc.constantFrom("qemu", "azure", undefined));
  return fc.record({
    ...{ kind: fc.constant(kind), type: fc.constant(type), name: names, status: valuesOf(status) },
    what,
    spec: specs.map(([value, ref, provider]) => knowingEachOther(kind, value, { ref, provider })),
  });
}

function refTo(): fc.Arbitrary<{ name: string }> {
  return fc.record({ name: names });
}

/** Most Operations name something that may be there, and most Servers are this controller's. */
function knowingEachOther(
  kind: string,
  spec: unknown,
  { ref, provider }: { ref: object; provider: string | undefined },
): unknown {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) return spec;
  if (kind === "Operation") return { ...spec, ...ref };
  return kind === "Server" && provider !== undefined ? { ...spec, provider } : spec;
}

void test(`${count} random objects neither crash the controller nor hold up an ordinary Operation`, async (context) => {
  context.diagnostic(`STARGATE_FUZZ_SEED=${seed}`);
  const cluster = await startCluster();
  try {
    await using world = await ControllerWorld.create(cluster, "fuzz");
    const controller = await world.startController();
    await world.createProfile("1.37");
    const tally = new Map<string, number>();
    const planned = fc.sample(acts, { numRuns: count, seed });

    for (let from = 0; from < planned.length; from += ROUND) {
      const round = planned.slice(from, from + ROUND);
      for (let at = 0; at < round.length; at += AT_ONCE) {
        const outcomes = await Promise.all(round.slice(at, at + AT_ONCE).map((act) => carryOut(act, world)));
        for (const outcome of outcomes) tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
      }
      await world.createServer(`good-${from}`);
      await world.createOperation(`good-${from}`, `good-${from}`);
      await world.waitForPhase(`good-${from}`, "Succeeded");
    }

    const metrics = await (await fetch(`${controller.url}/metrics`)).text();
    assert.doesNotMatch(metrics, /stargate_reconcile_errors_total\{[^}]*reason="Unexpected"/);
    context.diagnostic(JSON.stringify(Object.fromEntries(tally)));
    assert.ok((tally.get("accepted") ?? 0) > count / 10, "most of it was refused: nothing was shown");
    assert.ok((tally.get("ApiInvalid") ?? 0) > 0, "nothing was refused: the objects are not wild enough");
  } finally {
    await cluster.stop();
  }
});

/** "accepted", or why the API server refused it. */
async function carryOut(
  { kind, type, name, what, spec, status }: Act,
  { cluster: { client }, namespace }: ControllerWorld,
): Promise<string> {
  const ref = { namespace, name };
  const head = { apiVersion: API_VERSION, kind, metadata: ref };
  try {
    if (what === "create") await client.create(type, namespace, { ...head, spec });
    else if (what === "change") await client.mergePatch(type, ref, { spec });
    else if (what === "status") await client.mergePatch(type, ref, { status }, { subresource: "status" });
    else await client.delete(type, ref);
    return "accepted";
  } catch (error) {
    if (error instanceof StargateError && error.reason.startsWith("Api")) return error.reason;
    if (error instanceof TypeError) return "no JSON"; // fc.anything() makes such values too
    throw error;
  }
}
