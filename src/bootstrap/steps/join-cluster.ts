import { addSecret } from "../../lib/redact.ts";
import { renderDiscoveryKubeconfig, renderJoinConfiguration } from "../join-configuration.ts";
import { runStepScript, type StepContext } from "../step-context.ts";

/** kubeadm join. */
export function joinCluster(ctx: StepContext): Promise<"done" | "skipped"> {
  const { work, controlPlane, token } = ctx;
  const { server, profile } = work;
  const { kubeletOverrides } = controlPlane;
  addSecret(token);
  const { hostname, port } = new URL(controlPlane.server);
  const apiServer = `${hostname}:${port === "" ? "443" : port}`;
  const inputs = {
    JOIN_CONFIGURATION: renderJoinConfiguration({
      nodeName: server.metadata.name,
      nodeIp: server.spec.ipv4,
      labels: profile.spec.nodeLabels,
      taints: profile.spec.nodeTaints,
      kubeletOverrides,
    }),
    DISCOVERY_KUBECONFIG: renderDiscoveryKubeconfig(controlPlane, token),
    KUBELET_PATCH: Object.keys(kubeletOverrides).length === 0 ? "" : JSON.stringify(kubeletOverrides),
    API_SERVER: apiServer,
  };
  return runStepScript(ctx, "join-cluster.sh", inputs, {
    107: {
      reason: "ApiServerUnreachable",
      message: `it does not reach the API server ${apiServer}`,
      remedy: "Look at the datacenter's router: the tailnet must carry the host's packets to the API server.",
      retriable: true,
    },
    108: {
      reason: "JoinFailed",
      message: "kubeadm join failed on the way",
      remedy: "Look at the kubelet's log on the host (journalctl -u kubelet) and at the API server.",
      retriable: true,
    },
    109: {
      reason: "JoinRefused",
      message: "kubeadm refuses to join as the host is",
      remedy: "Correct on the host what kubeadm says, then create a new Operation.",
    },
  });
}
