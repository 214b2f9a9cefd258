import { StargateError } from "../lib/errors.ts";
import { exec } from "../lib/exec.ts";
import { KUBEADM_CONF, readCertSans } from "./kubeadm-conf.ts";
import type { MxNames } from "./names.ts";
import type { NodeContainer } from "./node-container.ts";

/** Written into the container once kind has made the whole of it. */
export const MADE_FILE = "/kind/stargate";

/** What was found of a cluster of this name. */
export interface ClusterFacts {
  exists: boolean;
  /** What kubeadm was told; undefined where it got none yet. */
  kubeadmConf: string | undefined;
  isComplete: boolean;
  isRunning: boolean;
}

export type ClusterDecision = "create" | "create anew" | "start" | "use";

/**
 * Pure: what has to be done to have the cluster. One whose making was cut off holds nothing yet, and is made anew.
 * @throws StargateError ForeignCluster
 */
export function decideCluster(facts: ClusterFacts, names: MxNames): ClusterDecision {
  if (!facts.exists) return "create";
  if (facts.kubeadmConf !== undefined && !readCertSans(facts.kubeadmConf).includes(names.tailnetHost)) {
    throw new StargateError(
      "ForeignCluster",
      `There is a kind cluster ${names.cluster} already, and it was not made by this command`,
      {
        remedy: `Choose another --name, or remove it yourself: kind delete cluster --name ${names.cluster}.`,
      },
    );
  }
  if (!facts.isComplete) return "create anew";
  return facts.isRunning ? "use" : "start";
}

export async function readClusterFacts(
  container: NodeContainer,
  { cluster }: MxNames,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const { stdout } = await exec(["kind", "get", "clusters", "--quiet"], { signal });
  const exists = stdout.split("\n").some((line) => line.trim() === cluster);
  if (!exists) return { exists, kubeadmConf: undefined, isComplete: false, isRunning: false };
  const [kubeadmConf, made, isRunning] = await Promise.all([
    container.readFile(KUBEADM_CONF, signal),
    container.readFile(MADE_FILE, signal),
    container.isRunning(signal),
  ]);
  return { exists, kubeadmConf, isComplete: made !== undefined, isRunning };
}

/** Has kind make the cluster, and write its access into the user's kubeconfig. */
export async function createKindCluster(
  { cluster }: MxNames,
  config: string,
  { signal, onLine }: { signal: AbortSignal; onLine: (line: string) => void },
): Promise<void> {
  await exec(["kind", "create", "cluster", "--name", cluster, "--config", "-"], {
    signal,
    stdin: config,
    timeoutMs: 15 * 60_000,
    onLine,
  });
}

/** Removes the cluster; one that is not there is fine. */
export async function deleteKindCluster({ cluster }: MxNames, signal: AbortSignal): Promise<void> {
  await exec(["kind", "delete", "cluster", "--name", cluster], { signal, timeoutMs: 5 * 60_000 });
}

/** The kubeconfig by which this host reaches the cluster. */
export async function readKubeconfig({ cluster }: MxNames, signal: AbortSignal): Promise<string> {
  return (await exec(["kind", "get", "kubeconfig", "--name", cluster], { signal })).stdout;
}
