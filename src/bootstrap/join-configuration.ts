import { stringify } from "yaml";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import type { Taint } from "../api/v1alpha1/provisioning-profile.ts";

/** Where join-cluster.sh keeps kubeadm's files while it runs. */
const FOLDER = "/run/stargate/join";

export interface JoinOptions {
  nodeName: string;
  nodeIp: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  kubeletOverrides: ControlPlane["kubeletOverrides"];
}

/**
 * kubeadm's JoinConfiguration. By file discovery: the kubelet then keeps the very server of that file, where token
 * discovery would replace it by what the cluster calls itself.
 */
export function renderJoinConfiguration(options: JoinOptions): string {
  const { nodeName, nodeIp, labels, taints, kubeletOverrides } = options;
  const labelText = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  return stringify({
    apiVersion: "kubeadm.k8s.io/v1beta4",
    kind: "JoinConfiguration",
    discovery: { file: { kubeConfigPath: `${FOLDER}/discovery.yaml` } },
    nodeRegistration: {
      name: nodeName,
      criSocket: "unix:///run/containerd/containerd.sock",
      kubeletExtraArgs: [
        { name: "node-ip", value: nodeIp },
        ...(labelText === "" ? [] : [{ name: "node-labels", value: labelText }]),
      ],
      taints,
    },
    ...(Object.keys(kubeletOverrides).length === 0 ? {} : { patches: { directory: `${FOLDER}/patches` } }),
  });
}

/** The kubeconfig that tells kubeadm where the cluster is, and lets it in. */
export function renderDiscoveryKubeconfig(
  { server, caPem }: Pick<ControlPlane, "server" | "caPem">,
  token: string,
): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "cluster",
        cluster: { server, "certificate-authority-data": Buffer.from(caPem).toString("base64") },
      },
    ],
    users: [{ name: "bootstrap", user: { token } }],
    contexts: [{ name: "join", context: { cluster: "cluster", user: "bootstrap" } }],
    "current-context": "join",
  });
}
