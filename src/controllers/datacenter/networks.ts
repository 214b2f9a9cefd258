import { networkInterfaces } from "node:os";
import { parse } from "yaml";
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { contains, networkOf, parseSubnet } from "../../lib/cidr.ts";
import { describeError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { configMaps } from "../../kubernetes/resources.ts";
import { ConfigMap } from "../../kubernetes/schemas.ts";
import type { OwnedRange } from "./facts.ts";

const TAILNET: OwnedRange = { cidr: "100.64.0.0/10", what: "the tailnet's own addresses" };
const REF = { namespace: "kube-system", name: "kubeadm-config" };
/** A cluster's ranges hardly ever change; how long a change may go unseen. */
const KEPT_MS = 5 * 60_000;

const ClusterConfiguration = z.object({
  networking: z
    .object({ podSubnet: z.string().default(""), serviceSubnet: z.string().default("") })
    .default({ podSubnet: "", serviceSubnet: "" }),
});

/** The ranges that the cluster and the tailnet use themselves, as a cluster made by kubeadm tells them. */
export function clusterNetworks(options: {
  client: KubeClient;
  clock: Clock;
  log: Log;
}): (signal: AbortSignal) => Promise<readonly OwnedRange[]> {
  const { client, clock, log } = options;
  let kept: { ranges: readonly OwnedRange[]; untilMs: number } | undefined;
  return async (signal) => {
    if (kept !== undefined && clock.now() < kept.untilMs) return kept.ranges;
    let ranges = kept?.ranges ?? [TAILNET];
    try {
      const config = await client.getIfExists(configMaps, REF, ConfigMap, signal);
      ranges = [TAILNET, ...rangesIn(config?.data["ClusterConfiguration"] ?? "")];
    } catch (error) {
      signal.throwIfAborted();
      log.warn("cannot read the cluster's pod and service ranges", { error: describeError(error) });
    }
    kept = { ranges, untilMs: clock.now() + KEPT_MS };
    return ranges;
  };
}

/** The IPv4 ranges of a kubeadm ClusterConfiguration; a dual-stack cluster has several, with commas between. */
export function rangesIn(text: string): OwnedRange[] {
  const { podSubnet, serviceSubnet } = ClusterConfiguration.parse(parse(text) ?? {}).networking;
  const split = (cidrs: string, what: string): OwnedRange[] =>
    cidrs
      .split(",")
      .map((cidr) => cidr.trim())
      .filter((cidr) => parseSubnet(cidr) !== undefined)
      .map((cidr) => ({ cidr, what }));
  return [...split(podSubnet, "the cluster's pods"), ...split(serviceSubnet, "the cluster's services")];
}

/** The IPv4 networks this host is in, the tailnet apart. */
export function hostNetworks(interfaces = networkInterfaces()): OwnedRange[] {
  const tailnet = parseSubnet(TAILNET.cidr);
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ family, internal, address, cidr }) => {
      if (family !== "IPv4" || internal || cidr === null) return [];
      if (tailnet !== undefined && contains(tailnet, address)) return [];
      return [{ cidr: networkOf(cidr), what: `the network at this host's ${name}` }];
    }),
  );
}
