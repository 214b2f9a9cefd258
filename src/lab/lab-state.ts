import { join } from "node:path";
import { z } from "zod";
import { readJsonIfExists } from "../lib/files.ts";

/** TCP ports on 127.0.0.1 that the lab's parts listen on, chosen free at the first `up` and kept. */
export const LabPorts = z.object({
  etcdClient: z.int(),
  etcdPeer: z.int(),
  apiServer: z.int(),
  controllerManager: z.int(),
  scheduler: z.int(),
  headscale: z.int(),
  headscaleMetrics: z.int(),
  headscaleGrpc: z.int(),
  derp: z.int(),
  socks5: z.int(),
  httpProxy: z.int(),
});
export type LabPorts = z.infer<typeof LabPorts>;

/**
 * lab.json in the lab's folder: everything another program must know to use the lab. Written when the lab is up,
 * kept when it is down. Secrets are in files of mode 0600 that it names.
 */
export const LabState = z.object({
  kubernetesVersion: z.string().describe("Full version of the control plane, for instance 1.37.2."),
  ports: LabPorts,
  /** Tailnet address of the MX side, for instance 100.64.0.1. */
  tailnetAddress: z.string(),
  /** URL of the API server as workers reach it: https://<tailnetAddress>:<apiServer port>. */
  workerApiServer: z.string(),
  kubeconfigPath: z.string(),
  headscaleUrl: z.string(),
  headscaleApiKeyPath: z.string(),
  /** socks5://127.0.0.1:<port>: the only way from this host into the tailnet. */
  socksProxy: z.string(),
  /** Private key the lab's servers accept, made with the lab; its public half is this path plus ".pub". */
  sshPrivateKeyPath: z.string(),
});
export type LabState = z.infer<typeof LabState>;

export function labStatePath(labDir: string): string {
  return join(labDir, "lab.json");
}

/** The lab's state, or undefined where no lab was ever brought up. Says nothing about whether it runs. */
export async function readLabState(labDir: string): Promise<LabState | undefined> {
  return readJsonIfExists(labStatePath(labDir), LabState);
}
