import type { Operation } from "../api/v1alpha1/operation.ts";
import type { Server } from "../api/v1alpha1/server.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import type { Lease } from "../kubernetes/schemas.ts";
import { ok, red, redFor, skipped, warning, type Attempt, type Finding } from "./finding.ts";
import { EVERYWHERE, holderOf, leaseIn, readLeases } from "./leases.ts";

/** Operations that are not finished, for Servers of one provider, by namespace; 0 where there are Servers only. */
export type Work = ReadonlyMap<string, number>;

export interface ControllerFacts {
  provider: string;
  work: Work;
  /** That of controllers which serve all namespaces, and those of controllers which serve one. */
  leases: Attempt<readonly Lease[]>;
}

/** Pure: which providers need a controller, and how much work waits for it where. */
export function findWork(servers: readonly Server[], operations: readonly Operation[]): Map<string, Work> {
  const providers = new Map<string, string>();
  const work = new Map<string, Map<string, number>>();
  for (const { metadata, spec } of servers) {
    if (spec.provider === undefined) continue;
    providers.set(`${metadata.namespace}/${metadata.name}`, spec.provider);
    const ofProvider = work.get(spec.provider) ?? new Map<string, number>();
    work.set(spec.provider, ofProvider.set(metadata.namespace, 0));
  }
  for (const { metadata, spec, status } of operations) {
    if (status.phase === "Succeeded" || status.phase === "Failed") continue;
    const provider = providers.get(`${metadata.namespace}/${spec.serverRef.name}`) ?? "";
    const ofProvider = work.get(provider);
    ofProvider?.set(metadata.namespace, (ofProvider.get(metadata.namespace) ?? 0) + 1);
  }
  return work;
}

export async function readControllers(
  client: KubeClient,
  work: ReadonlyMap<string, Work>,
  signal: AbortSignal,
): Promise<ControllerFacts[]> {
  return Promise.all(
    [...work].map(async ([provider, ofProvider]) => {
      const name = `stargate-${provider}-controller`;
      const leases = await readLeases(client, { name, namespaces: ofProvider.keys() }, signal);
      return { provider, work: ofProvider, leases };
    }),
  );
}

/** Pure. */
export function judgeControllers(facts: readonly ControllerFacts[], nowMs: number): Finding[] {
  if (facts.length === 0) return [skipped("controllers", "no Server needs one")];
  return facts.flatMap(({ provider, leases, work }) => {
    const check = `${provider}-controller`;
    if ("error" in leases) return redFor(check, leases.error, "Use a kubeconfig that may read Leases.");
    const ofAll = holderOf(leaseIn(EVERYWHERE, leases.value), nowMs);
    if (ofAll.live !== undefined) return judgeLive(check, ofAll.text, work);
    const holders = [...work.keys()].map((namespace) => ({
      namespace,
      ...holderOf(leaseIn(namespace, leases.value), nowMs),
    }));
    const lone = new Map(
      holders.flatMap(({ namespace, live }) =>
        live === undefined ? [[namespace, work.get(namespace) ?? 0]] : [],
      ),
    );
    const served = holders.flatMap(({ namespace, live, text }) =>
      live === undefined
        ? []
        : [judgeLive(check, `${text} in ${namespace}`, new Map([[namespace, work.get(namespace) ?? 0]]))],
    );
    return lone.size === 0 ? served : [...served, judgeLone(provider, ofAll.text, lone)];
  });
}

function judgeLive(check: string, text: string, work: Work): Finding {
  const waiting = sum(work);
  return ok(check, `${text}${waiting === 0 ? "" : `, ${waiting} Operations in hand`}`);
}

function judgeLone(provider: string, text: string, work: Work): Finding {
  const check = `${provider}-controller`;
  const remedy = `Start it: bin/${provider}-controller (or make start-controllers).`;
  const waiting = sum(work);
  return waiting === 0
    ? warning(check, text, remedy)
    : red(check, `${text}; ${waiting} Operations wait for it`, remedy);
}

function sum(work: Work): number {
  return [...work.values()].reduce((all, count) => all + count, 0);
}
