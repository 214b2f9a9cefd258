import { renderCrds } from "../api/crds.ts";
import { applyManifests } from "../kubernetes/apply-manifests.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { createKubeClient } from "../kubernetes/http-kube-client.ts";
import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import { renderTailnetFlannel } from "../lab/tailnet-flannel.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import type { Architecture } from "../toolchain/components.ts";
import { adaptKubeProxy, removeWellKnownToken, waitForNode } from "./adapt-cluster.ts";
import { deliverPrograms, installPrograms } from "./install-programs.ts";
import { ensureInTailnet } from "./join-tailnet.ts";
import {
  createKindCluster,
  decideCluster,
  deleteKindCluster,
  MADE_FILE,
  readClusterFacts,
  readKubeconfig,
} from "./kind-cluster.ts";
import { renderKindConfig } from "./kind-config.ts";
import type { MxNames } from "./names.ts";
import { nodeContainer, type NodeContainer } from "./node-container.ts";
import { writeOwnObjects, type OwnObjectsInput } from "./own-objects.ts";
import { architectureOf, findMissing, lookForPrograms } from "./prerequisites.ts";
import { publishAddress } from "./publish-address.ts";

/** A container that was stopped takes a while until its API server answers. */
const API_TIMEOUT_MS = 3 * 60_000;

export interface MxRequest {
  names: MxNames;
  /** kind's node image; kind's own default where undefined. */
  image: string | undefined;
  /** The tailnet, or why there is none to join. */
  tailnet: Tailnet | { missing: string };
  /** For the credentials Secrets, or why there is none. */
  ssh: Pick<OwnObjectsInput, "privateKey" | "isKeyNamed"> | { missing: string };
  authKey: string | undefined;
}

/** The cluster as others need to know it. */
export interface MxCluster {
  version: string;
  address: string;
}

/**
 * Makes an MX cluster by kind, or completes and repairs the one that is there. May be repeated; a run that was cut off
 * is continued by the next.
 */
export async function createMxCluster(request: MxRequest, world: World): Promise<MxCluster> {
  const { names } = request;
  const { progress, signal } = world;
  const container = nodeContainer(names.container);
  const { arch, tailnet, ssh } = await progress.step("Check docker, kind, kubectl and the keys", () =>
    checkPrerequisites(request, signal),
  );
  const programs = await deliverPrograms(arch, world);
  const client = await ensureCluster(container, request, world);
  await progress.step(`Install Tailscale and network plugins in ${names.container}`, () =>
    installPrograms(container, programs, signal),
  );
  const address = await progress.step(`Join the tailnet as ${names.tailnetHost}`, () =>
    ensureInTailnet(container, names, tailnet, signal),
  );
  await progress.step(`Have the API server be valid at ${address}`, () =>
    publishAddress(container, client, address, world),
  );
  await progress.step("Install Flannel, and wait for the node", async () => {
    await adaptKubeProxy(client, `https://${address}:6443`, signal);
    await removeWellKnownToken(client, signal);
    await applyManifests(client, renderTailnetFlannel(address), { signal });
    await waitForNode(client, names.container, world);
  });
  await progress.step("Install the custom resources", () => applyManifests(client, renderCrds(), { signal }));
  const version = await client.readVersion(signal);
  const kept = await progress.step("Write namespaces, Secrets and ProvisioningProfiles", () =>
    writeOwnObjects(client, { version, ...ssh, authKey: request.authKey }, signal),
  );
  if (kept.length > 0) progress.say(`  left as they are: ${kept.join(", ")}`);
  return { version, address };
}

async function checkPrerequisites(
  { tailnet, ssh }: MxRequest,
  signal: AbortSignal,
): Promise<{
  arch: Architecture;
  tailnet: Tailnet;
  ssh: Pick<OwnObjectsInput, "privateKey" | "isKeyNamed">;
}> {
  const found = await lookForPrograms(signal);
  const problems = [
    ...findMissing(found),
    ...("missing" in tailnet ? [`tailnet: ${tailnet.missing}`] : []),
    ...("missing" in ssh ? [`SSH key: ${ssh.missing}`] : []),
  ];
  const arch = "architecture" in found.docker ? architectureOf(found.docker.architecture) : undefined;
  if (problems.length > 0 || arch === undefined || "missing" in tailnet || "missing" in ssh) {
    throw new StargateError(
      "PrerequisiteMissing",
      `Cannot make an MX cluster on this host:\n${problems.map((line) => `- ${line}`).join("\n")}`,
      {
        remedy:
          "Do what each line says, then run the command again. (`bin/stargate lab up` needs none of it.)",
      },
    );
  }
  await tailnet.checkAccess(signal);
  return { arch, tailnet, ssh };
}

async function ensureCluster(
  container: NodeContainer,
  { names, image }: MxRequest,
  { progress, signal, clock }: World,
): Promise<KubeClient> {
  const decision = decideCluster(await readClusterFacts(container, names, signal), names);
  if (decision === "create" || decision === "create anew") {
    await progress.step(`Create kind cluster ${names.cluster}`, async (update) => {
      if (decision === "create anew") await deleteKindCluster(names, signal);
      await createKindCluster(names, renderKindConfig(names, image), { signal, onLine: update });
      await container.run(["touch", MADE_FILE], { signal });
    });
  }
  if (decision === "start") {
    await progress.step(`Start ${names.container}`, () => container.start(signal));
  }
  const client = await createKubeClient({ kubeconfig: await readKubeconfig(names, signal) });
  await retry(() => client.readVersion(signal), { timeoutMs: API_TIMEOUT_MS, signal, clock });
  return client;
}
