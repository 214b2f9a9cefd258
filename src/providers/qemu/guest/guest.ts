import type { HostKeyPair } from "./host-keys.ts";

/** What every guest is told about itself. */
export interface GuestIdentity {
  hostName: string;
  /** cloud-init applies its seed once for each of these. Keep it when only the seed's secret goes. */
  instanceId: string;
  adminUsername: string;
  /** One authorized_keys line. */
  sshPublicKey: string;
  hostKey: HostKeyPair;
}

/** A network card of a guest and the address it gets, for instance 192.168.100.10 with 24. */
export interface GuestNic {
  macAddress: string;
  address: string;
  prefixLength: number;
}

/** The router's card towards the outside. */
export interface UplinkNic extends GuestNic {
  gateway: string;
  /** The router's own; workers use the same ones through it, unless it is isolated. */
  nameservers: readonly string[];
}

export interface WorkerGuest extends GuestIdentity {
  lan: GuestNic;
  /** The router's address in the LAN. */
  gateway: string;
  /** Empty where there is no way out. */
  nameservers: readonly string[];
}

export interface RouterGuest extends GuestIdentity {
  uplink: UplinkNic;
  lan: GuestNic;
  /** The workers' gateway, where several routers hold its address in turn, and the others' addresses. */
  shared: { address: string; peers: readonly string[] } | undefined;
  /** The subnet it advertises. */
  subnetCidr: string;
  /** Undefined for Tailscale's own control server. */
  loginServer: string | undefined;
  tags: readonly string[];
  /** Each 127.0.0.1:<port> of the router leads to this port of `hostAddress`. */
  loopbackPorts: readonly number[];
  /** Where this host's loopback is for the router: 10.0.2.2 behind QEMU's user network. */
  hostAddress: string;
  /** True lets nothing out but what goes to `loopbackPorts`, and keeps tailscaled from looking around. */
  isolated: boolean;
  /**
   * Single-use key with which it joins the tailnet; undefined for a seed without a secret. A router that has a key in
   * its seed and is not (or no more) in the tailnet joins with it, at any boot.
   */
  authKey: string | undefined;
}
