import { parse, stringify } from "yaml";
import { z } from "zod";
import type { KubeClient } from "../kubernetes/client.ts";
import { configMaps, daemonSets, nodes, secrets } from "../kubernetes/resources.ts";
import { ConfigMap, Node } from "../kubernetes/schemas.ts";
import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";

const SYSTEM = "kube-system";
const NODE_READY_TIMEOUT_MS = 5 * 60_000;

/** kind makes this token in every cluster, where it lives for a day: anybody who reaches the API server could join. */
const WELL_KNOWN_TOKEN = "bootstrap-token-abcdef";

const Kubeconfig = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

/** Pure: kube-proxy's kubeconfig with the API server at this URL. */
export function pointKubeProxyAt(kubeconfig: string, server: string): string {
  const config = Kubeconfig.parse(parse(kubeconfig));
  if (config.clusters.every(({ cluster }) => cluster.server === server)) return kubeconfig;
  for (const { cluster } of config.clusters) cluster.server = server;
  return stringify(config);
}

/**
 * Has kube-proxy ask the API server where workers reach it: kind writes the container's name, which only Docker knows.
 * The annotation makes its Pods anew where that changed.
 */
export async function adaptKubeProxy(client: KubeClient, server: string, signal: AbortSignal): Promise<void> {
  const ref = { namespace: SYSTEM, name: "kube-proxy" };
  const { data } = await client.get(configMaps, ref, ConfigMap, signal);
  const kubeconfig = pointKubeProxyAt(data["kubeconfig.conf"] ?? "", server);
  await client.mergePatch(configMaps, ref, { data: { "kubeconfig.conf": kubeconfig } }, { signal });
  const annotations = { "stargate.io/api-server": server };
  await client.mergePatch(daemonSets, ref, { spec: { template: { metadata: { annotations } } } }, { signal });
}

/** Takes back the token that everybody knows. Each Operation makes its own. */
export async function removeWellKnownToken(client: KubeClient, signal: AbortSignal): Promise<void> {
  await client.delete(secrets, { namespace: SYSTEM, name: WELL_KNOWN_TOKEN }, { signal });
}

/** @throws StargateError MxNodeNotReady with what the kubelet says */
export async function waitForNode(client: KubeClient, name: string, { signal, clock }: World): Promise<void> {
  await retry(
    async () => {
      const { status } = await client.get(nodes, { namespace: "", name }, Node, signal);
      const ready = status.conditions.find(({ type }) => type === "Ready");
      if (ready?.status === "True") return;
      throw new StargateError(
        "MxNodeNotReady",
        `Node ${name} is not Ready: ${ready?.message ?? "no word of its kubelet"}`,
        {
          retriable: true,
          remedy:
            "Look at Flannel's Pods, whose images come from ghcr.io: kubectl -n kube-flannel describe pods.",
        },
      );
    },
    { timeoutMs: NODE_READY_TIMEOUT_MS, minDelayMs: 250, maxDelayMs: 2_000, signal, clock },
  );
}
