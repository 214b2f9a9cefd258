import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { addressAt, overlaps, parseSubnet, type Subnet } from "../../../lib/cidr.ts";
import { StargateError } from "../../../lib/errors.ts";
import type { RootlessNetwork } from "../datacenter-state.ts";
import { subnetOf } from "../../assign-addresses.ts";
import type { Network } from "./network.ts";

/** Ranges for QEMU's user network: its own default, and another where the datacenter has that one. */
const UPLINK_CIDRS = ["10.0.2.0/24", "198.51.100.0/24"];
/** Places in that range, by QEMU's rule. */
const HOST_INDEX = 2;
const NAMESERVER_INDEX = 3;
const GUEST_INDEX = 15;

const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;
const PORT_TRIES = 50;

/**
 * A network that needs no root and leaves the host's own alone: the LAN is a multicast group on loopback, the way out
 * is QEMU's user network. What an isolated router may reach of this host is held to in the router itself.
 */
export function rootlessNetwork({ group, port, uplinkCidr }: RootlessNetwork): Network {
  const range = subnetOf(uplinkCidr);
  const hostAddress = addressAt(range, HOST_INDEX);
  return {
    ensure: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    uplink: () =>
      Promise.resolve({
        address: addressAt(range, GUEST_INDEX),
        prefixLength: range.prefixLength,
        gateway: hostAddress,
        nameservers: [addressAt(range, NAMESERVER_INDEX)],
        hostAddress,
      }),
    lanNetdev: () => `socket,id=lan,mcast=${group}:${port},localaddr=127.0.0.1`,
    uplinkNetdev: () => `user,id=uplink,net=${range.cidr},ipv6=off`,
    inside: (argv) => argv,
  };
}

/**
 * Decides the group and port of a datacenter. Two datacenters differ in both: the group comes from the state folder
 * and name, the port is one that nobody on this host listens on, nor any datacenter here has.
 */
export async function chooseRootless(
  { dir, subnet }: { dir: string; subnet: Subnet },
  takenPorts: readonly number[],
): Promise<RootlessNetwork> {
  const group = multicastGroup(dir);
  for (let index = 0; index < PORT_TRIES; index++) {
    const port = portCandidate(dir, index);
    if (!takenPorts.includes(port) && (await isFree(port)))
      return { mode: "rootless", group, port, uplinkCidr: uplinkBeside(subnet) };
  }
  throw new StargateError("NoFreePort", `Found no free UDP port for the LAN among ${PORT_TRIES}`, {
    remedy: `Free some UDP ports from ${FIRST_PORT} to ${FIRST_PORT + PORT_COUNT}.`,
  });
}

/** A group of 239.0.0.0/8: administratively scoped, so that no router passes it on even by mistake. */
export function multicastGroup(dir: string): string {
  const hash = createHash("sha256").update(dir).digest();
  return `239.${hash.readUInt8(0)}.${hash.readUInt8(1)}.${hash.readUInt8(2)}`;
}

/** The range of the user network for a datacenter of this subnet. */
export function uplinkBeside(subnet: Subnet): string {
  const free = UPLINK_CIDRS.find((cidr) => {
    const range = parseSubnet(cidr);
    return range !== undefined && !overlaps(range, subnet);
  });
  if (free === undefined) throw new RangeError(`${subnet.cidr} overlaps every uplink`); // only a /1 or so does
  return free;
}

function portCandidate(dir: string, index: number): number {
  const hash = createHash("sha256").update(`${dir}#${index}`).digest();
  return FIRST_PORT + (hash.readUInt32BE(0) % PORT_COUNT);
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket({ type: "udp4", reuseAddr: false });
  try {
    socket.bind({ port, exclusive: true });
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
