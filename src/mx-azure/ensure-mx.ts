import { StargateError } from "../lib/errors.ts";
import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import { ensureResource } from "../providers/azure/arm/ensure-resource.ts";
import { registerProviders } from "../providers/azure/arm/register-providers.ts";
import { settleAll } from "../providers/azure/arm/settle-all.ts";
import { ensureResourceGroup } from "../providers/azure/resources/resource-group.ts";
import { HOST_KEY_TAG } from "../providers/azure/tags.ts";
import { ensureVm, tagVm } from "../providers/azure/vm/ensure-vm.ts";
import { settleVm } from "../providers/azure/vm/settle-vm.ts";
import { networkOf, TAILNET_ADDRESS_TAG, vmOf, type MxSpec } from "./mx-spec.ts";

/** The MX VM, in the tailnet. */
export interface MxVm {
  hostKey: string;
  tailnetAddress: string;
  /** Its full name there, for instance mx.tail1234.ts.net. */
  tailnetName: string;
}

export interface TailnetJoin {
  loginServer: string | undefined;
  /** Called only where the VM is not in the tailnet. */
  readAuthKey: () => Promise<string>;
}

/** Makes the VM and what it needs, and brings it into the tailnet. May be cut off anywhere and repeated. */
export async function ensureMx(spec: MxSpec, join: TailnetJoin, ctx: AzureContext): Promise<MxVm> {
  const { options } = spec;
  const { progress } = ctx.world;
  await registerProviders(ctx);
  await ensureResourceGroup(options, ctx);
  const network = networkOf(spec);
  await settleAll<unknown>([
    ensureResource(network.virtualNetwork, ctx),
    ensureResource(network.securityGroup, ctx),
    ensureResource(network.publicAddress, ctx),
  ]);
  await ensureResource(network.subnet, ctx);
  const { vm: wanted, interface: nic } = vmOf(spec);
  const ensureInterfaces = async (): Promise<void> => {
    await ensureResource(nic, ctx);
  };
  await ensureInterfaces();
  const { tags } = await ensureVm(options, wanted, ensureInterfaces, ctx);
  const vm = await progress.step(`Bring ${options.vmName} into the tailnet`, () =>
    joinTailnet(options, join, ctx),
  );
  const known = {
    ...tags,
    ...wanted.tags,
    [HOST_KEY_TAG]: vm.hostKey,
    [TAILNET_ADDRESS_TAG]: vm.tailnetAddress,
  };
  if (tags?.[HOST_KEY_TAG] !== vm.hostKey || tags[TAILNET_ADDRESS_TAG] !== vm.tailnetAddress) {
    await tagVm(ctx.arm, options.resourceGroup, options.vmName, known);
  }
  return vm;
}

async function joinTailnet(
  { resourceGroup, vmName }: MxSpec["options"],
  { loginServer, readAuthKey }: TailnetJoin,
  ctx: AzureContext,
): Promise<MxVm> {
  const ref = { resourceGroup, name: vmName };
  const membership = {
    loginServer,
    flags: [`--hostname=${vmName}`, "--ssh", "--accept-routes", "--accept-dns=false"],
  };
  let facts = await settleVm(ref, membership, undefined, ctx);
  if (facts.tailnet !== "Running") facts = await settleVm(ref, membership, await readAuthKey(), ctx);
  const { hostKey, tailnetAddress, tailnetName } = facts;
  if (facts.tailnet === "Running" && tailnetAddress !== undefined && tailnetName !== undefined) {
    return { hostKey, tailnetAddress, tailnetName };
  }
  throw new StargateError(
    "MxNotInTailnet",
    `Cannot bring ${vmName} into the tailnet: its tailscaled is ${facts.tailnet ?? "not running"}`,
    {
      remedy:
        "NeedsMachineAuth: approve it in the tailnet's admin console. Else run the command again with a fresh key.",
    },
  );
}
