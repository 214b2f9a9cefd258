import { UsageError } from "../lib/errors.ts";

export const DEFAULT_CLUSTER = "stargate-demo";

/** Everything that is named for one cluster. */
export interface MxNames {
  cluster: string;
  /** kind's container, and the Kubernetes Node in it. */
  container: string;
  /** Host name in the tailnet. It is in the API server's certificate too, by which a cluster of ours is known. */
  tailnetHost: string;
}

/** @throws UsageError for a name of which no host name can be made */
export function namesFor(cluster: string): MxNames {
  if (!/^[a-z0-9]([a-z0-9-]{0,43}[a-z0-9])?$/.test(cluster)) {
    throw new UsageError(
      `"${cluster}" cannot name an MX cluster`,
      "Give up to 45 lower-case letters, digits and dashes, no dash at either end.",
    );
  }
  return { cluster, container: `${cluster}-control-plane`, tailnetHost: `${cluster}-mx` };
}
