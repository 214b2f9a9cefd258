import type { KubeClient } from "../kubernetes/client.ts";
import { createKubeClient } from "../kubernetes/http-kube-client.ts";
import { readContextNamespace } from "../kubernetes/kubeconfig.ts";
import { readLabState } from "../lab/lab-state.ts";
import type { World } from "../lib/world.ts";
import { createDialer } from "../remote/create-dialer.ts";
import type { HostConnector } from "../remote/host.ts";
import { createSshConnector } from "../remote/ssh.ts";
import { chooseCluster } from "./choose-cluster.ts";

export interface ClusterFlags {
  kubeconfig?: string;
  namespace?: string;
  tailnetProxy?: string;
}

/** The cluster that a command about Operations works with, and the way to its servers. */
export interface Cluster {
  client: KubeClient;
  connector: HostConnector;
  /** The one that was named, else that of the kubeconfig's context. */
  namespace: string;
}

/**
 * What the flags name, else the lab, else what KUBECONFIG says.
 * @throws StargateError KubeconfigMissing, KubeconfigInvalid
 */
export async function connectToCluster(
  { kubeconfig, namespace, tailnetProxy }: ClusterFlags,
  { env, paths }: Pick<World, "env" | "paths">,
): Promise<Cluster> {
  const lab = await readLabState(paths.labDir);
  const kubeconfigOfEnv = env["KUBECONFIG"];
  const choice = chooseCluster({ kubeconfig, kubeconfigOfEnv, tailnetProxy, lab });
  const source = { kubeconfigPath: choice.kubeconfigPath, env };
  return {
    client: await createKubeClient(source),
    connector: createSshConnector(createDialer(choice.tailnetProxy)),
    namespace: namespace ?? (await readContextNamespace(source)),
  };
}
