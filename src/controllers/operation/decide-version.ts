/** How many minor versions a kubelet may be older than its API server. It may never be newer. */
const MAX_MINORS_OLDER = 3;
/** kubeadm of this minor is the first that reads the configuration a worker joins with. */
const OLDEST_MINOR = 31;

export type VersionDecision = { kind: "install"; version: string } | { kind: "refuse"; message: string };

/**
 * Pure: whether a kubelet of the `wanted` version ("1.37" or "1.37.2") may join a control plane of version `mx`
 * ("v1.37.2", with whatever a distribution appends). By minors, as Kubernetes' version skew policy counts.
 */
export function decideVersion(wanted: string, mx: string): VersionDecision {
  const ours = minorOf(wanted);
  const theirs = minorOf(mx);
  if (ours === undefined || theirs === undefined) {
    return { kind: "refuse", message: `Cannot compare Kubernetes ${wanted} with the control plane's ${mx}.` };
  }
  const oldest = `1.${Math.max(theirs - MAX_MINORS_OLDER, OLDEST_MINOR)}`;
  const remedy = `Set kubernetesVersion of the profile to ${oldest} … 1.${theirs}, then create a new Operation.`;
  if (ours > theirs) {
    return {
      kind: "refuse",
      message: `Kubernetes ${wanted} is newer than the control plane's ${mx}, which a node must not be. ${remedy}`,
    };
  }
  if (theirs - ours > MAX_MINORS_OLDER) {
    return {
      kind: "refuse",
      message: `Kubernetes ${wanted} is more than ${MAX_MINORS_OLDER} minor versions older than the control plane's ${mx}. ${remedy}`,
    };
  }
  if (ours < OLDEST_MINOR) {
    return {
      kind: "refuse",
      message: `Kubernetes ${wanted} is too old: its kubeadm does not read what workers join with. ${remedy}`,
    };
  }
  return { kind: "install", version: wanted };
}

function minorOf(version: string): number | undefined {
  const minor = /^v?1\.(\d+)(\D|$)/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
