import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import { exec } from "../lib/exec.ts";
import { makePrivateDir, readFileIfExists, writeFileAtomic } from "../lib/files.ts";
import type { Toolchain } from "../toolchain/toolchain.ts";
import type { LabPaths } from "./lab-paths.ts";
import type { LabPorts } from "./lab-state.ts";
import { MX_TAILNET_ADDRESS, POD_CIDR, SERVICE_CIDR } from "./networks.ts";

/** kubeadm's configuration of this cluster; `certificatesDir` differs between making certificates and publishing. */
export function renderKubeadmConfig(
  ports: LabPorts,
  kubernetesVersion: string,
  certificatesDir: string,
  bootstrapToken?: string,
): string {
  const apiVersion = "kubeadm.k8s.io/v1beta4";
  return [
    stringify({
      apiVersion,
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: MX_TAILNET_ADDRESS, bindPort: ports.apiServer },
      nodeRegistration: { name: "stargate-mx", criSocket: "unix:///run/containerd/containerd.sock" },
      ...(bootstrapToken === undefined
        ? {}
        : {
            bootstrapTokens: [
              { token: bootstrapToken, ttl: "1m0s", description: "made with the lab, used by nobody" },
            ],
          }),
    }),
    stringify({
      apiVersion,
      kind: "ClusterConfiguration",
      clusterName: "stargate-lab",
      kubernetesVersion: `v${kubernetesVersion}`, // given, or kubeadm would ask the internet
      certificatesDir,
      certificateValidityPeriod: "87600h0m0s", // nobody renews a lab
      controlPlaneEndpoint: `${MX_TAILNET_ADDRESS}:${ports.apiServer}`,
      apiServer: { certSANs: ["127.0.0.1", "localhost", MX_TAILNET_ADDRESS] },
      networking: { podSubnet: POD_CIDR, serviceSubnet: SERVICE_CIDR, dnsDomain: "cluster.local" },
    }),
    stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      cgroupDriver: "systemd",
    }),
  ].join("---\n");
}

/** Makes the cluster's certificates and kubeconfigs with kubeadm, once; what is there stays. */
export async function ensurePki(
  paths: LabPaths,
  ports: LabPorts,
  toolchain: Toolchain,
  signal: AbortSignal,
): Promise<void> {
  const done = join(paths.kubernetes, "admin.conf");
  if (
    (await readFileIfExists(done)) !== undefined &&
    (await readFileIfExists(paths.kubeconfig)) !== undefined
  )
    return;
  await Promise.all([makePrivateDir(paths.pki), makePrivateDir(paths.kubernetes)]);
  const config = join(paths.kubernetes, "kubeadm-certs.yaml");
  await writeFileAtomic(config, renderKubeadmConfig(ports, toolchain.kubernetesVersion, paths.pki), 0o600);
  const kubeadm = toolchain.program("kubeadm");
  await exec([kubeadm, "init", "phase", "certs", "all", "--config", config], { signal });
  await exec(
    [kubeadm, "init", "phase", "kubeconfig", "all", "--config", config, "--kubeconfig-dir", paths.kubernetes],
    { signal },
  );
  // kubeadm writes the tailnet address, which this host reaches only through a proxy.
  for (const name of ["controller-manager.conf", "scheduler.conf", "super-admin.conf", "admin.conf"]) {
    await pointAtLoopback(join(paths.kubernetes, name), ports.apiServer);
  }
  await writeFileAtomic(
    paths.kubeconfig,
    await readFile(join(paths.kubernetes, "super-admin.conf"), "utf8"),
    0o600,
  );
}

const Kubeconfig = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

async function pointAtLoopback(path: string, port: number): Promise<void> {
  await writeFileAtomic(path, pointAt(await readFile(path, "utf8"), `https://127.0.0.1:${port}`), 0o600);
}

/** A kubeconfig's text with another API server in it. */
export function pointAt(kubeconfig: string, server: string): string {
  const config = Kubeconfig.parse(parse(kubeconfig));
  for (const { cluster } of config.clusters) cluster.server = server;
  return stringify(config);
}

/** An SSH key pair of the lab's own, made once. */
export async function ensureSshKey(paths: LabPaths, signal: AbortSignal): Promise<void> {
  if ((await readFileIfExists(`${paths.sshKey}.pub`)) !== undefined) return;
  await makePrivateDir(join(paths.sshKey, ".."));
  try {
    await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "stargate-lab", "-f", paths.sshKey], {
      signal,
    });
  } catch (error) {
    throw new StargateError("KeyNotMade", "Cannot make the lab's SSH key", { cause: error });
  }
}
