import { StargateError } from "../../../lib/errors.ts";
import type { World } from "../../../lib/world.ts";
import { subnetOf } from "../../assign-addresses.ts";
import { datacenterDir, type Datacenter, type NetworkState } from "../datacenter-state.ts";
import type { QemuOptions } from "../qemu-options.ts";
import { bridgeNetwork, chooseBridge } from "./bridge.ts";
import { canMakeNetworks } from "./capabilities.ts";
import type { Network } from "./network.ts";
import { chooseRootless, rootlessNetwork } from "./rootless.ts";

/** The mode that `auto` stands for: bridge where this process may make network namespaces, else rootless. */
export async function chooseMode(
  asked: QemuOptions["network"],
  existing: Datacenter | undefined,
): Promise<NetworkState["mode"]> {
  if (asked !== "auto") return asked;
  return existing?.network.mode ?? ((await canMakeNetworks()) ? "bridge" : "rootless");
}

/** Decides names, ports and ranges of a new datacenter's network, none of which another one here has. */
export async function chooseNetwork(
  mode: NetworkState["mode"],
  { routerName, subnetCidr }: { routerName: string; subnetCidr: string },
  others: readonly Datacenter[],
  world: World,
): Promise<NetworkState> {
  const place = { dir: datacenterDir(world.paths.datacentersDir, routerName), subnet: subnetOf(subnetCidr) };
  const taken = others.map(({ network }) => network);
  return mode === "rootless"
    ? chooseRootless(
        place,
        taken.flatMap((network) => (network.mode === "rootless" ? [network.port] : [])),
      )
    : chooseBridge(
        place,
        taken.map(({ uplinkCidr }) => uplinkCidr),
        world.signal,
      );
}

/** The network that was decided. */
export function openNetwork(datacenter: Datacenter): Network {
  const { network } = datacenter;
  return network.mode === "rootless" ? rootlessNetwork(network) : bridgeNetwork(network, datacenter);
}

/** @throws StargateError RootNeeded */
export async function requireCapabilities(mode: NetworkState["mode"]): Promise<void> {
  if (mode === "rootless" || (await canMakeNetworks())) return;
  throw new StargateError("RootNeeded", "Cannot make or change a bridge network: this takes root", {
    remedy: "Run the command with sudo -E, or give --qemu-network rootless.",
  });
}
