import { createHash } from "node:crypto";
import { gatewayAddress, subnetOf } from "../assign-addresses.ts";
import {
  routerVms,
  type Datacenter,
  type RouterJoinState,
  type RouterVmState,
  type VmState,
} from "./datacenter-state.ts";
import type { GuestIdentity, RouterGuest, WorkerGuest } from "./guest/guest.ts";
import type { Uplink } from "./network/network.ts";

/** What a worker is told about itself. Pure. */
export function workerGuest(
  datacenter: Datacenter,
  vm: VmState,
  nameservers: readonly string[],
): WorkerGuest {
  const subnet = subnetOf(datacenter.subnetCidr);
  return {
    ...identity(datacenter, vm),
    lan: { macAddress: vm.macAddress, address: vm.ipv4, prefixLength: subnet.prefixLength },
    gateway: gatewayAddress(subnet),
    nameservers,
  };
}

/** What a router is told about itself; with a key it joins the tailnet at its next boot. Pure. */
export function routerGuest(
  datacenter: Datacenter,
  router: RouterVmState & { join: RouterJoinState },
  uplink: Uplink,
  authKey: string | undefined,
): RouterGuest {
  const { join } = router;
  const subnet = subnetOf(datacenter.subnetCidr);
  const peers = routerVms(datacenter).filter(({ name }) => name !== router.name);
  return {
    ...identity(datacenter, router),
    uplink: { ...uplink, macAddress: router.uplinkMacAddress },
    lan: {
      macAddress: router.macAddress,
      address: router.ipv4,
      prefixLength: subnet.prefixLength,
    },
    shared:
      peers.length === 0
        ? undefined
        : { address: gatewayAddress(subnet), peers: peers.map(({ ipv4 }) => ipv4) },
    subnetCidr: datacenter.subnetCidr,
    loginServer: join.loginServer,
    tags: join.tags,
    loopbackPorts: join.loopbackPorts,
    hostAddress: uplink.hostAddress,
    isolated: join.isolated,
    authKey,
  };
}

function identity(datacenter: Datacenter, vm: VmState): GuestIdentity {
  const { adminUsername, sshPublicKey } = datacenter;
  // The same disk is the same instance, whatever else its seed says: cloud-init then leaves keys and users alone.
  const instanceId = createHash("sha256")
    .update(`${vm.uuid}/${vm.hostKey.publicKey}`)
    .digest("hex")
    .slice(0, 16);
  return {
    hostName: vm.name,
    instanceId: `stargate-${instanceId}`,
    adminUsername,
    sshPublicKey,
    hostKey: vm.hostKey,
  };
}
