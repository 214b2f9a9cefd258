import type { Operation } from "../api/v1alpha1/operation.ts";
import type { Server } from "../api/v1alpha1/server.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { leases } from "../kubernetes/resources.ts";
import { Lease } from "../kubernetes/schemas.ts";
import { attempt, ok, red, redFor, skipped, warning, type Attempt, type Finding } from "./finding.ts";
import { holderOf } from "./lease-holder.ts";

export interface ControllerFacts {
  provider: string;
  lease: Attempt<Lease | undefined>;
  /** Operations for Servers of this provider that are not finished. */
  waiting: number;
}

/** Pure: which providers need a controller, with how much work waits for it. */
export function findWork(servers: readonly Server[], operations: readonly Operation[]): Map<string, number> {
  const providers = new Map(
    servers.flatMap(({ metadata, spec }) =>
      spec.provider === undefined ? [] : [[`${metadata.namespace}/${metadata.name}`, spec.provider] as const],
    ),
  );
  const work = new Map([...new Set(providers.values())].map((provider) => [provider, 0]));
  for (const { metadata, spec, status } of operations) {
    if (status.phase === "Succeeded" || status.phase === "Failed") continue;
    const provider = providers.get(`${metadata.namespace}/${spec.serverRef.name}`);
    if (provider !== undefined) work.set(provider, (work.get(provider) ?? 0) + 1);
  }
  return work;
}

export async function readControllers(
  client: KubeClient,
  work: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<ControllerFacts[]> {
  return Promise.all(
    [...work].map(async ([provider, waiting]) => {
      const ref = { namespace: "kube-system", name: `stargate-${provider}-controller` };
      return {
        provider,
        waiting,
        lease: await attempt(() => client.getIfExists(leases, ref, Lease, signal), signal),
      };
    }),
  );
}

/** Pure. */
export function judgeControllers(facts: readonly ControllerFacts[], nowMs: number): Finding[] {
  if (facts.length === 0) return [skipped("controllers", "no Server needs one")];
  return facts.map(({ provider, lease, waiting }) => {
    const check = `${provider}-controller`;
    if ("error" in lease)
      return redFor(check, lease.error, "Use a kubeconfig that may read Leases in kube-system.");
    const { live, text } = holderOf(lease.value, nowMs);
    if (live !== undefined) {
      return ok(check, `${text}${waiting === 0 ? "" : `, ${waiting} Operations in hand`}`);
    }
    const remedy = `Start it: bin/${provider}-controller (or make start-controllers).`;
    return waiting === 0
      ? warning(check, text, remedy)
      : red(check, `${text}; ${waiting} Operations wait for it`, remedy);
  });
}
