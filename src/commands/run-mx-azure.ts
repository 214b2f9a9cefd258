import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { UsageError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";
import type { World } from "../lib/world.ts";
import { findMxName } from "../mx-azure/find-mx.ts";
import { destroyMx, listMx } from "../mx-azure/destroy-mx.ts";
import { parseMxOptions, parseVmName } from "../mx-azure/mx-options.ts";
import { planMx } from "../mx-azure/plan-mx.ts";
import { provisionMx } from "../mx-azure/provision.ts";
import { renderMxStatus } from "../mx-azure/render-mx-status.ts";
import { readMxStatus } from "../mx-azure/read-mx-status.ts";
import { connectArm } from "../providers/azure/arm/connect-arm.ts";
import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import { createKeyedLock } from "../providers/azure/arm/keyed-lock.ts";
import { parseScope } from "../providers/azure/azure-options.ts";
import { chooseTailnet } from "../tailnet/choose-tailnet.ts";
import { readMirrorControlPlane } from "../toolchain/mirror/read-mirror.ts";
import type { DestroyFlags, ProvisionFlags, StatusFlags } from "./mx-azure.ts";
import { joiningTailnetGiven, tailnetGiven } from "./tailnet-flags.ts";

/** `mx-azure provision` */
export async function provision(flags: ProvisionFlags, world: World): Promise<void> {
  const options = parseMxOptions({ ...flags }, world.env);
  const key = await readPublicKey(flags.sshPublicKeyPath);
  const { artifactMirror, kubernetesVersion } = options;
  const mirror =
    artifactMirror === undefined
      ? undefined
      : await readMirrorControlPlane(artifactMirror, kubernetesVersion, "amd64", world.signal);
  const spec = { options, sshPublicKey: key.text, mirror };
  const ctx = await contextFor(options.subscriptionId, world);
  if (flags.dryRun) {
    const { lines, refusals } = await planMx(spec, ctx);
    if (refusals[0] !== undefined) throw refusals[0];
    world.print(lines.map(({ action, what }) => `${action.padEnd(10)}${what}`).join("\n"));
    return;
  }
  const tailnet = chooseTailnet(await joiningTailnetGiven(flags, world.env));
  if (tailnet === undefined) {
    throw new UsageError(
      "No tailnet was given for the VM to join",
      "Set TAILSCALE_AUTH_KEY, or better TAILSCALE_CLIENT_ID and TAILSCALE_CLIENT_SECRET.",
    );
  }
  const { vmName } = options;
  const cluster = await provisionMx(
    {
      ...spec,
      tailnet,
      tailnetProxy: flags.tailnetProxy,
      sshConfig: sshConfigPath(flags.sshConfig, world),
      identityFile: key.path.replace(/\.pub$/, ""),
      kubeconfigOut: flags.kubeconfigOut === undefined ? undefined : resolve(flags.kubeconfigOut),
    },
    ctx,
  );
  world.print(
    [
      `MX cluster ${vmName} is ready: Kubernetes ${cluster.kubernetesVersion} at https://${cluster.tailnetAddress}:6443`,
      ...(flags.sshConfig === false ? [] : [`  ssh ${vmName}`]),
      ...(flags.kubeconfigOut === undefined
        ? [`  its kubeconfig: ssh ${vmName} sudo cat /etc/kubernetes/admin.conf`]
        : [`  export KUBECONFIG=${resolve(flags.kubeconfigOut)}`]),
      `  a controller for its workers: bin/azure-controller --control-plane-mode=tailscale --control-plane-ip=${cluster.tailnetAddress}`,
    ].join("\n"),
  );
}

/** `mx-azure status` */
export async function showStatus(flags: StatusFlags, world: World): Promise<void> {
  const scope = parseScope(flags, world.env);
  const tailnet = chooseTailnet(await tailnetGiven(flags, world.env));
  const ctx = await contextFor(scope.subscriptionId, world);
  const status = await readMxStatus(scope, flags.vmName, tailnet, ctx);
  world.print(flags.output === "json" ? JSON.stringify(status, undefined, 2) : renderMxStatus(status));
}

/** `mx-azure destroy` */
export async function destroy(flags: DestroyFlags, world: World): Promise<void> {
  const scope = parseScope(flags, world.env);
  const ctx = await contextFor(scope.subscriptionId, world);
  const vmName = await findMxName(ctx.arm, scope.resourceGroup, flags.vmName);
  if (vmName === undefined) {
    world.print(`There is no MX cluster in resource group ${scope.resourceGroup}`);
    return;
  }
  const request = {
    ...scope,
    vmName: parseVmName(vmName),
    tailnet: chooseTailnet(await tailnetGiven(flags, world.env)),
  };
  if (!flags.yes) {
    const { subnets, ...lists } = await listMx(request, ctx);
    const names = [...Object.values(lists).flat(), ...subnets.map(({ name }) => `subnet ${name}`)];
    await confirm(`Delete MX cluster ${vmName} in ${scope.resourceGroup} (${names.join(", ")})?`, world);
  }
  await destroyMx(request, ctx);
  world.print(`MX cluster ${vmName} is gone`);
}

async function confirm(question: string, { isInteractive, signal }: World): Promise<void> {
  if (!isInteractive)
    throw new UsageError("Nobody is there to be asked", "Add --yes to delete without asking.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError("Nothing was deleted");
  } finally {
    terminal.close();
  }
}

async function contextFor(subscriptionId: string, world: World): Promise<AzureContext> {
  return { arm: await connectArm({ subscriptionId }, world), world, locks: createKeyedLock() };
}

function sshConfigPath(flag: string | false | undefined, { env }: World): string | undefined {
  if (flag === false) return undefined;
  return flag !== undefined ? resolve(flag) : join(env["HOME"] ?? homedir(), ".ssh", "config");
}

async function readPublicKey(asked: string | undefined): Promise<{ path: string; text: string }> {
  const usual = ["id_ed25519.pub", "id_rsa.pub"].map((name) => join(homedir(), ".ssh", name));
  const paths = asked === undefined ? usual : [asked.replace(/^~(?=\/)/, homedir())];
  for (const path of paths) {
    try {
      return { path, text: (await readFile(path, "utf8")).trim() };
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
  throw new UsageError(
    `There is no SSH key at ${paths.join(" or ")}`,
    "Make one with ssh-keygen, or name another by --ssh-public-key-path.",
  );
}
