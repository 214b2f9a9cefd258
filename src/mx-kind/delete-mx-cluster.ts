import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { ROUTER_TAG, type Tailnet } from "../tailnet/tailnet.ts";
import { readDevice } from "./join-tailnet.ts";
import { decideCluster, deleteKindCluster, readClusterFacts } from "./kind-cluster.ts";
import type { MxNames } from "./names.ts";
import { nodeContainer, type NodeContainer } from "./node-container.ts";

/**
 * Removes an MX cluster and its device in the tailnet. One that is not there is fine.
 * @throws StargateError ForeignCluster for one that was made by somebody else
 */
export async function deleteMxCluster(
  names: MxNames,
  tailnet: Tailnet | undefined,
  world: World,
): Promise<void> {
  const { progress, signal } = world;
  const container = nodeContainer(names.container);
  const facts = await readClusterFacts(container, names, signal);
  decideCluster(facts, names);
  const deviceId = facts.isRunning ? await logOut(container, signal) : undefined;
  if (facts.exists) {
    await progress.step(`Delete kind cluster ${names.cluster}`, () => deleteKindCluster(names, signal));
  }
  if (tailnet === undefined) {
    if (facts.exists) sayWhatStays(names, world);
    return;
  }
  await progress.step(`Remove ${names.tailnetHost} from the tailnet`, () =>
    removeDevices(names, deviceId, tailnet, world),
  );
}

/** Ends the container's session in the tailnet; the id that its device had there. */
async function logOut(container: NodeContainer, signal: AbortSignal): Promise<string | undefined> {
  const device = await readDevice(container, signal);
  if (device === undefined || device.id === "") return undefined;
  // Whatever it says: the device is removed from outside as well, where we may.
  await container.run(["tailscale", "logout"], { signal, timeoutMs: 30_000, okCodes: [0, 1] });
  return device.id;
}

async function removeDevices(
  names: MxNames,
  deviceId: string | undefined,
  tailnet: Tailnet,
  world: World,
): Promise<void> {
  const { signal } = world;
  try {
    const devices = await tailnet.listDevices(signal);
    const ours = devices.filter(
      ({ id, hostname, tags }) =>
        id === deviceId || (hostname === names.tailnetHost && tags.includes(ROUTER_TAG)),
    );
    for (const { id } of ours) await tailnet.deleteDevice(id, signal);
  } catch (error) {
    if (!(error instanceof StargateError) || error.reason !== "ManualApprovalNeeded") throw error;
    sayWhatStays(names, world);
  }
}

function sayWhatStays({ tailnetHost }: MxNames, { progress }: World): void {
  progress.say(
    `The device ${tailnetHost} stays listed in the tailnet, logged out: remove it in its admin console ` +
      "(with an OAuth client or API key this is done for you)",
  );
}
