import { join } from "node:path";

/** Where the lab's parts keep their files, all inside its one folder. */
export interface LabPaths {
  dir: string;
  logs: string;
  /** Unix sockets: their paths are limited to 107 bytes. */
  run: string;
  pki: string;
  /** Kubeconfigs of the control plane's parts. */
  kubernetes: string;
  etcd: string;
  headscale: string;
  derp: string;
  tailscale: string;
  supervisorPid: string;
  status: string;
  kubeconfig: string;
  sshKey: string;
  headscaleApiKey: string;
}

export function labPaths(dir: string): LabPaths {
  return {
    dir,
    logs: join(dir, "logs"),
    run: join(dir, "run"),
    pki: join(dir, "pki"),
    kubernetes: join(dir, "kubernetes"),
    etcd: join(dir, "etcd"),
    headscale: join(dir, "headscale"),
    derp: join(dir, "derp"),
    tailscale: join(dir, "tailscale"),
    supervisorPid: join(dir, "supervisor.pid"),
    status: join(dir, "status.json"),
    kubeconfig: join(dir, "kubeconfig"),
    sshKey: join(dir, "ssh", "id_ed25519"),
    headscaleApiKey: join(dir, "headscale", "api-key"),
  };
}
