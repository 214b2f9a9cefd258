import { StargateError } from "../lib/errors.ts";
import { deleteMxCluster } from "../mx-kind/delete-mx-cluster.ts";
import { decideCluster, readClusterFacts } from "../mx-kind/kind-cluster.ts";
import { DEFAULT_CLUSTER, namesFor } from "../mx-kind/names.ts";
import { nodeContainer } from "../mx-kind/node-container.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import type { Finder } from "./removal.ts";

/** The kind cluster of scripts/create-mx-cluster.sh, where kind and Docker are here and the cluster is ours. */
export function findKindCluster(tailnet: Tailnet | undefined): Finder {
  return async (world) => {
    const names = namesFor(DEFAULT_CLUSTER);
    try {
      const facts = await readClusterFacts(nodeContainer(names.container), names, world.signal);
      if (!facts.exists) return [];
      decideCluster(facts, names);
    } catch (error) {
      world.signal.throwIfAborted();
      // No kind, no Docker, or somebody else's cluster of that name: nothing of ours.
      if (error instanceof StargateError) return [];
      throw error;
    }
    return [
      {
        kind: "kind cluster",
        what: names.cluster,
        remove: () => deleteMxCluster(names, tailnet, world),
      },
    ];
  };
}
