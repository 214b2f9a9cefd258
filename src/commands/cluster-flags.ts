import type { Command } from "commander";

/** Which cluster, which namespace, and the way to its servers. */
export interface ClusterFlags {
  kubeconfig?: string;
  namespace?: string;
}

export interface ServerFlags extends ClusterFlags {
  tailnetProxy?: string;
  adminUsername?: string;
}

/** Adds the flags that name a cluster and a namespace, as kubectl has them. */
export function addClusterFlags(command: Command): Command {
  return command
    .option("-n, --namespace <namespace>", "namespace (default: that of the kubeconfig's context)")
    .option(
      "--kubeconfig <path>",
      "kubeconfig of the cluster (default: the lab's, KUBECONFIG, ~/.kube/config)",
    );
}

/** Adds those, and the flags by which servers are reached as a controller reaches them. */
export function addServerFlags(command: Command): Command {
  return addClusterFlags(command)
    .option(
      "--tailnet-proxy <url>",
      "SOCKS5 proxy into the tailnet, for instance socks5://127.0.0.1:1055 (default: the lab's; else none)",
    )
    .option("--admin-username <user>", "user to log in as where neither Secret nor profile names one");
}
