import { randomInt } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { renderCrds } from "../api/crds.ts";
import { API_VERSION } from "../api/v1alpha1/kind.ts";
import { exec } from "../lib/exec.ts";
import { readFileIfExists, writeFileAtomic } from "../lib/files.ts";
import { addSecret } from "../lib/redact.ts";
import type { World } from "../lib/world.ts";
import { applyManifests } from "../kubernetes/apply-manifests.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { createKubeClient } from "../kubernetes/http-kube-client.ts";
import { configMaps, provisioningProfiles } from "../kubernetes/resources.ts";
import type { Toolchain } from "../toolchain/toolchain.ts";
import { renderAddons } from "./addons.ts";
import type { LabPaths } from "./lab-paths.ts";
import type { LabState } from "./lab-state.ts";
import { pointAt, renderKubeadmConfig } from "./pki.ts";

export const LAB_NAMESPACE = "simulator-dc";
export const LAB_PROFILE = "qemu-k8s-worker";
const LAB_SSH_SECRET = "qemu-ssh-credentials";
export const LAB_ADMIN_USERNAME = "ubuntu";

/** Puts into the cluster what joining workers and our own programs need there. Safe to repeat. */
export async function publishCluster(
  paths: LabPaths,
  state: LabState,
  toolchain: Toolchain,
  { env, signal }: World,
): Promise<void> {
  const client = await createKubeClient({ kubeconfigPath: state.kubeconfigPath, env });
  await Promise.all([
    publishKubeadm(client, paths, state, toolchain, signal),
    (async () => {
      await applyManifests(client, renderCrds(), { signal });
      await applyManifests(client, await renderOwnObjects(state), { signal });
      // The profile is only begun with: what its user makes of it stays.
      const ref = { namespace: LAB_NAMESPACE, name: LAB_PROFILE };
      const profile = await client.getIfExists(provisioningProfiles, ref, z.unknown(), signal);
      if (profile === undefined) await applyManifests(client, renderProfile(state), { signal });
    })(),
    applyManifests(client, renderAddons(state), { signal }),
  ]);
}

/** What `kubeadm join` reads from a cluster: two ConfigMaps and the roles to read them and to ask for certificates. */
async function publishKubeadm(
  client: KubeClient,
  paths: LabPaths,
  state: LabState,
  toolchain: Toolchain,
  signal: AbortSignal,
): Promise<void> {
  const marker = join(paths.kubernetes, "published");
  if ((await readFileIfExists(marker)) === state.kubernetesVersion) return;
  const config = join(paths.kubernetes, "kubeadm-publish.yaml");
  const token = randomToken();
  addSecret(token);
  // Each joining kubelet is told this folder: it must be the workers', not this host's.
  const text = renderKubeadmConfig(state.ports, state.kubernetesVersion, "/etc/kubernetes/pki", token);
  await writeFileAtomic(config, text, 0o600);
  try {
    for (const phase of [
      ["upload-config", "all"],
      ["bootstrap-token", "--skip-token-print"],
    ]) {
      await exec(
        [
          toolchain.program("kubeadm"),
          "init",
          "phase",
          ...phase,
          ...["--config", config, "--kubeconfig", state.kubeconfigPath],
        ],
        { signal },
      );
    }
  } finally {
    await rm(config, { force: true });
  }
  await publishWorkersWay(client, state, signal);
  await writeFileAtomic(marker, state.kubernetesVersion);
}

/** kubeadm has published the address it used itself, on loopback; workers go another way. */
async function publishWorkersWay(client: KubeClient, state: LabState, signal: AbortSignal): Promise<void> {
  const ref = { namespace: "kube-public", name: "cluster-info" };
  const ClusterInfo = z.object({ data: z.object({ kubeconfig: z.string() }) });
  const { data } = await client.get(configMaps, ref, ClusterInfo, signal);
  const kubeconfig = pointAt(data.kubeconfig, state.workerApiServer);
  await client.mergePatch(configMaps, ref, { data: { kubeconfig } }, { signal });
}

async function renderOwnObjects(state: LabState): Promise<string> {
  const privateKey = await readFile(state.sshPrivateKeyPath, "utf8");
  const namespace = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: LAB_SSH_SECRET, namespace: LAB_NAMESPACE },
    type: "Opaque",
    stringData: { username: LAB_ADMIN_USERNAME, privateKey },
  };
  return [namespace(LAB_NAMESPACE), namespace("azure-dc"), secret].map((one) => stringify(one)).join("---\n");
}

function renderProfile({ kubernetesVersion }: LabState): string {
  return stringify({
    apiVersion: API_VERSION,
    kind: "ProvisioningProfile",
    metadata: { name: LAB_PROFILE, namespace: LAB_NAMESPACE },
    spec: {
      kubernetesVersion,
      sshCredentialsSecretRef: LAB_SSH_SECRET,
      adminUsername: LAB_ADMIN_USERNAME,
      artifactSource: { type: "ControllerCache" },
    },
  });
}

function randomToken(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const text = (length: number) => Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
  return `${text(6)}.${text(16)}`;
}
