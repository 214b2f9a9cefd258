import type { LabState } from "../lab/lab-state.ts";

export interface ClusterGiven {
  kubeconfig: string | undefined;
  /** KUBECONFIG. */
  kubeconfigOfEnv: string | undefined;
  tailnetProxy: string | undefined;
  lab: Pick<LabState, "kubeconfigPath" | "socksProxy"> | undefined;
}

export interface ClusterChoice {
  /** Undefined: what KUBECONFIG or ~/.kube/config says. */
  kubeconfigPath: string | undefined;
  /** Undefined: servers are reached straight from this host. */
  tailnetProxy: string | undefined;
}

/** Pure: which cluster is meant and how its servers are reached, as the controllers decide it. */
export function chooseCluster({
  kubeconfig,
  kubeconfigOfEnv,
  tailnetProxy,
  lab,
}: ClusterGiven): ClusterChoice {
  const named = kubeconfig ?? kubeconfigOfEnv;
  const ofLab = lab !== undefined && (named === undefined || named === lab.kubeconfigPath) ? lab : undefined;
  return {
    kubeconfigPath: kubeconfig ?? ofLab?.kubeconfigPath,
    tailnetProxy: tailnetProxy ?? ofLab?.socksProxy,
  };
}
