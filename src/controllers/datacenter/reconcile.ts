import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import { decide } from "./decide.ts";
import type { DevicePoll } from "./device-poll.ts";
import type { Facts, OwnedRange } from "./facts.ts";
import { isBehind } from "./members.ts";
import { placeOfServer, type Reachability } from "./reachability.ts";
import type { Reporter } from "./report.ts";
import type { RouteApprover } from "./route-approver.ts";
import { silentRouters } from "./silent-routers.ts";

/** Nothing tells us when the cluster's ranges or this host's networks change. */
const LOOK_AGAIN_MS = 5 * 60_000;

/** Everything the reconciler needs of the outside. */
export interface Context {
  providerId: string;
  /** What the informers hold. */
  datacenters: { get(key: ObjectKey): Datacenter | undefined; list(): Datacenter[] };
  servers: { list(options: { namespace: string }): Server[] };
  poll: DevicePoll;
  /** Undefined without credentials for the tailnet. */
  approver: RouteApprover | undefined;
  reachability: Reachability;
  reporter: Reporter;
  clusterNetworks: (signal: AbortSignal) => Promise<readonly OwnedRange[]>;
  hostNetworks: () => readonly OwnedRange[];
}

/**
 * Looks at one Datacenter: approves routes that were lost, and writes what is so.
 * @returns milliseconds after which to look again at the latest; undefined where there is nothing to look at
 */
export async function reconcile(
  key: ObjectKey,
  ctx: Context,
  signal: AbortSignal,
): Promise<number | undefined> {
  const datacenter = ctx.datacenters.get(key);
  if (datacenter === undefined || !isOurs(datacenter, ctx.providerId)) return undefined;
  const facts = await observe(datacenter, ctx, signal);
  let decision = decide(facts);
  for (const router of decision.lost) {
    if ((await ctx.approver?.approve(router, facts.reserved, signal)) === true) ctx.poll.soon();
  }
  if (decision.lost.length > 0) {
    decision = decide({ ...facts, approvalProblems: problemsOf(ctx) });
  }
  await ctx.reporter.report(datacenter, decision, signal);
  return ctx.poll.isFailing ? Math.max(ctx.poll.staleInMs(), 1_000) : LOOK_AGAIN_MS;
}

export function isOurs({ spec, metadata }: Datacenter, providerId: string): boolean {
  return spec.provider === providerId && metadata.deletionTimestamp === undefined;
}

async function observe(datacenter: Datacenter, ctx: Context, signal: AbortSignal): Promise<Facts> {
  const { namespace, uid } = datacenter.metadata;
  const servers = ctx.servers.list({ namespace }).filter((server) => isBehind(datacenter, server));
  return {
    datacenter,
    others: ctx.datacenters.list().filter((other) => other.metadata.uid !== uid),
    tailnet: ctx.poll.facts(),
    silent: silentRouters(datacenter, servers, ctx.reachability),
    approvalProblems: problemsOf(ctx),
    servers: servers.map((server) => ({
      name: server.metadata.name,
      reach: ctx.reachability.of(placeOfServer(server)),
    })),
    reserved: await ctx.clusterNetworks(signal),
    hostNetworks: ctx.hostNetworks(),
  };
}

function problemsOf({ approver }: Context): Facts["approvalProblems"] {
  return approver?.problems ?? new Map();
}
