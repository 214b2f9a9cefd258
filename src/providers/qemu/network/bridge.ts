import { createHash } from "node:crypto";
import { addressAt, overlaps, parseSubnet, type Subnet } from "../../../lib/cidr.ts";
import { StargateError } from "../../../lib/errors.ts";
import { assetPath } from "../../../lib/assets.ts";
import { exec } from "../../../lib/exec.ts";
import { subnetOf } from "../../assign-addresses.ts";
import { routerVms, vmsOf, type BridgeNetwork, type Datacenter } from "../datacenter-state.ts";
import { readHostRoutes } from "../host-facts.ts";
import { warnOfFirewall } from "./firewall.ts";
import { ensureForwarding, restoreForwarding } from "./forwarding.ts";
import { readNameservers } from "./nameservers.ts";
import type { Network } from "./network.ts";

const FOLDER = "providers/qemu/network";

/** Links between this host and its datacenters: a range that nobody routes (RFC 2544), eight addresses each. */
const LINK_RANGE = "198.18.0.0/15";
const LINK_PREFIX_LENGTH = 29;
const LINK_SIZE = 8;
const LINK_COUNT = 2 ** (LINK_PREFIX_LENGTH - 15);
const HOST_INDEX = 1;
const FIRST_ROUTER_INDEX = 2;

/**
 * A network of bridges and taps in a network namespace of its own, which needs root: whatever its subnet, it meets
 * neither this host's own network nor another datacenter's.
 */
export function bridgeNetwork(network: BridgeNetwork, datacenter: Datacenter): Network {
  const { name, uplinkCidr } = network;
  const link = subnetOf(uplinkCidr);
  const subnet = subnetOf(datacenter.subnetCidr);
  const hostAddress = addressAt(link, HOST_INDEX);
  const tapOf = (ipv4: string): string => `lan${placeIn(subnet, ipv4)}`;
  return {
    ensure: async ({ isolated, loopbackPorts }, world) => {
      await runScript("make-bridge.sh", world.signal, {
        NAME: name,
        HOST_ADDRESS: `${hostAddress}/${link.prefixLength}`,
        TAPS: vmsOf(datacenter)
          .map(({ ipv4 }) => tapOf(ipv4))
          .join(" "),
        UPLINKS: routerVms(datacenter)
          .map((_, place) => uplinkTap(place))
          .join(" "),
        ISOLATED: isolated ? "yes" : "no",
        PORTS: loopbackPorts.join(", "),
        FILES: assetPath(FOLDER),
      });
      if (!isolated) await ensureForwarding(name, world);
      await warnOfFirewall(name, isolated ? "input" : "forward", world);
    },
    remove: async (world) => {
      await runScript("remove-bridge.sh", world.signal, { NAME: name });
      await restoreForwarding(name, world);
    },
    uplink: async (place) => ({
      address: addressAt(link, FIRST_ROUTER_INDEX + place),
      prefixLength: link.prefixLength,
      gateway: hostAddress,
      nameservers: await readNameservers(),
      hostAddress,
    }),
    lanNetdev: ({ ipv4 }) => tapNetdev("lan", tapOf(ipv4)),
    uplinkNetdev: (place) => tapNetdev("uplink", uplinkTap(place)),
    inside: (argv) => ["nsenter", `--net=/run/netns/${name}`, ...argv],
  };
}

/** Decides the name and the link of a datacenter's network: what nobody here and no route of this host has. */
export async function chooseBridge(
  { dir, subnet }: { dir: string; subnet: Subnet },
  takenUplinks: readonly string[],
  signal: AbortSignal,
): Promise<BridgeNetwork> {
  const routes = await readHostRoutes(signal);
  const taken = [...takenUplinks, ...routes.map(({ cidr }) => cidr), subnet.cidr];
  const hash = createHash("sha256").update(dir).digest();
  const uplinkCidr = chooseLink(hash.readUInt32BE(0), taken);
  // Names of links have room for 15 characters.
  return { mode: "bridge", name: `sg${hash.toString("hex").slice(0, 12)}`, uplinkCidr };
}

/** Pure: the first link from this place on that overlaps nothing taken. */
export function chooseLink(start: number, taken: readonly string[]): string {
  const range = subnetOf(LINK_RANGE);
  const subnets = taken.map(parseSubnet).filter((subnet) => subnet !== undefined);
  for (let offset = 0; offset < LINK_COUNT; offset++) {
    const first = addressAt(range, ((start + offset) % LINK_COUNT) * LINK_SIZE);
    const link = subnetOf(`${first}/${LINK_PREFIX_LENGTH}`);
    if (!subnets.some((subnet) => overlaps(subnet, link))) return link.cidr;
  }
  throw new StargateError("NoFreeLink", `Every part of ${LINK_RANGE} is taken on this host`, {
    remedy: "Use --qemu-network rootless.",
  });
}

function uplinkTap(place: number): string {
  return place === 0 ? "uplink" : `uplink${place + 1}`;
}

function tapNetdev(id: string, name: string): string {
  return `tap,id=${id},ifname=${name},script=no,downscript=no`;
}

function placeIn(subnet: Subnet, ipv4: string): string {
  return String(subnetOf(`${ipv4}/32`).first - subnet.first);
}

async function runScript(name: string, signal: AbortSignal, inputs: Record<string, string>): Promise<void> {
  await exec(["bash", assetPath(`${FOLDER}/${name}`)], { env: inputs, signal });
}
