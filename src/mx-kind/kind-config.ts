import { stringify } from "yaml";
import { POD_CIDR, SERVICE_CIDR } from "../lab/networks.ts";
import type { MxNames } from "./names.ts";

/**
 * What `kind create cluster` is told. Flannel takes the place of kind's own network, which knows no nodes outside
 * Docker. The name in the tailnet is in the API server's certificate from the start; the address is known only once
 * the container has joined (publish-address.ts).
 */
export function renderKindConfig({ tailnetHost }: MxNames, image: string | undefined): string {
  const apiServerAddress = "127.0.0.1";
  return stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: {
      disableDefaultCNI: true,
      apiServerAddress,
      podSubnet: POD_CIDR,
      serviceSubnet: SERVICE_CIDR,
    },
    nodes: [{ role: "control-plane", ...(image === undefined ? {} : { image }) }],
    kubeadmConfigPatches: [
      // This replaces kind's own list: its two names are repeated.
      stringify({
        kind: "ClusterConfiguration",
        apiServer: { certSANs: ["localhost", apiServerAddress, tailnetHost] },
      }),
    ],
  });
}
