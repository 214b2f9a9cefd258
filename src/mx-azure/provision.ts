import { UsageError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { createKubeClient } from "../kubernetes/http-kube-client.ts";
import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import { findCapacityMistakes } from "../providers/azure/capacity/check-capacity.ts";
import { findLoginMistakes } from "../providers/azure/check-login.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import { ensureMx, type MxVm } from "./ensure-mx.ts";
import { issueClient, type ClientAccess } from "./issue-client.ts";
import { withCluster } from "./kubeconfig-entry.ts";
import { writeKubeconfig, writeSshAccess } from "./local-access.ts";
import type { MxOptions } from "./mx-options.ts";
import { rememberMx } from "./mx-record.ts";
import { withTailnetJoin } from "./mx-tailnet.ts";
import type { MxSpec } from "./mx-spec.ts";
import { planMx } from "./plan-mx.ts";
import { waitForApiServer, waitForControlPlane } from "./wait-for-mx.ts";

const YEAR_DAYS = 365;

export interface MxRequest extends MxSpec {
  tailnet: Tailnet;
  /** Proxy into the tailnet, where this host's own routes do not lead there. */
  tailnetProxy: string | undefined;
  /** ssh config that gets an entry; undefined for none. */
  sshConfig: string | undefined;
  identityFile: string | undefined;
  /** Kubeconfig that gets the cluster; undefined for none. */
  kubeconfigOut: string | undefined;
}

export interface MxCluster extends MxVm {
  kubernetesVersion: string;
}

/**
 * Makes an MX cluster, or goes on with one that an earlier run began: VM, tailnet, control plane, and this host's way to
 * it. Everything is checked before anything is made.
 */
export async function provisionMx(request: MxRequest, ctx: AzureContext): Promise<MxCluster> {
  const { options, tailnet } = request;
  const { world } = ctx;
  const { progress, signal } = world;
  const ref = { resourceGroup: options.resourceGroup, name: options.vmName };
  await progress.step("Check the request, the tailnet and the subscription", async () => {
    await Promise.all([tailnet.checkAccess(signal), checkMx(request, ctx)]);
  });
  await rememberMx(options, {}, world);
  const vm = await withTailnetJoin(tailnet, options.vmName, world, (join) => ensureMx(request, join, ctx));
  await rememberMx(options, { tailnetAddress: vm.tailnetAddress }, world);
  await progress.step(`Wait for ${options.vmName} to become a control plane`, (update) =>
    waitForControlPlane(ref, ctx, update),
  );
  const access = await progress.step("Make a client certificate for this host", () =>
    issueClient(ctx.arm, ref, {
      tailnetAddress: vm.tailnetAddress,
      days: request.kubeconfigOut === undefined ? 1 : YEAR_DAYS,
      proxyUrl: request.tailnetProxy,
    }),
  );
  const kubernetesVersion = await progress.step("Wait for the API server over the tailnet", () =>
    reachApiServer(access, vm, options, world),
  );
  await writeAccess(request, vm, access, world);
  return { ...vm, kubernetesVersion };
}

async function checkMx(request: MxSpec, ctx: AzureContext): Promise<void> {
  const { options, sshPublicKey } = request;
  throwMistakes(findLoginMistakes({ adminUsername: options.adminUsername, sshPublicKey }));
  const { refusals, isNew } = await planMx(request, ctx);
  if (refusals[0] !== undefined) throw refusals[0];
  if (!isNew) return;
  throwMistakes(
    await findCapacityMistakes(ctx.arm, {
      location: options.location,
      zone: options.zone,
      sizes: [{ name: options.vmSize, interfaces: 1 }],
      newVms: [{ size: options.vmSize }],
    }),
  );
}

async function reachApiServer(
  access: ClientAccess,
  { tailnetAddress }: MxVm,
  { vmName }: MxOptions,
  world: World,
): Promise<string> {
  const client = await createKubeClient({ kubeconfig: withCluster(undefined, vmName, access) });
  return waitForApiServer(client, tailnetAddress, world);
}

async function writeAccess(request: MxRequest, vm: MxVm, access: ClientAccess, world: World): Promise<void> {
  const { options, sshConfig, identityFile, kubeconfigOut } = request;
  const { vmName } = options;
  if (sshConfig !== undefined) {
    // First remembered: whatever happens next, destroy takes it back.
    await rememberMx(options, { sshConfig }, world);
    await writeSshAccess(sshConfig, {
      name: vmName,
      address: vm.tailnetAddress,
      user: options.adminUsername,
      hostKey: vm.hostKey,
      identityFile,
    });
  }
  if (kubeconfigOut !== undefined) {
    await rememberMx(options, { kubeconfig: kubeconfigOut }, world);
    await writeKubeconfig(kubeconfigOut, vmName, access);
  }
}

function throwMistakes(mistakes: readonly string[]): void {
  const [first] = mistakes;
  if (first === undefined) return;
  throw new UsageError(
    mistakes.length === 1 ? first : `${mistakes.length} mistakes:\n- ${mistakes.join("\n- ")}`,
    "Nothing was made.",
  );
}
