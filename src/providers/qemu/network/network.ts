import type { World } from "../../../lib/world.ts";
import type { VmState } from "../datacenter-state.ts";

/** A router's card towards the outside. */
export interface Uplink {
  address: string;
  prefixLength: number;
  gateway: string;
  nameservers: readonly string[];
  /** Where this host's loopback is for the router. */
  hostAddress: string;
}

/** What of this host the router may reach. */
export interface WayOut {
  /** True: only `loopbackPorts`, and nothing beyond this host. */
  isolated: boolean;
  loopbackPorts: readonly number[];
}

/**
 * The network of one datacenter on this host: a LAN that only its VMs are on, and its routers' way out. Every call
 * may be repeated.
 */
export interface Network {
  /** Makes what is missing on this host. */
  ensure(way: WayOut, world: World): Promise<void>;
  /** Removes everything `ensure` made. */
  remove(world: World): Promise<void>;
  /** `place` counts the routers from 0, here and below. */
  uplink(place: number): Promise<Uplink>;
  /** Values of QEMU's -netdev: a VM's card in the LAN, with id "lan". */
  lanNetdev(vm: VmState): string;
  /** A router's card towards the outside, with id "uplink". */
  uplinkNetdev(place: number): string;
  /** A command as it must be run to find this network. */
  inside(argv: [string, ...string[]]): [string, ...string[]];
}
