import type { NetworkInterface } from "@azure/arm-network";
import type { Resource } from "../providers/azure/arm/ensure-resource.ts";
import { networkInterface, networkInterfaceId } from "../providers/azure/resources/network-interface.ts";
import { publicAddress, publicAddressId } from "../providers/azure/resources/public-address.ts";
import { fromInternet, securityGroup, securityGroupId } from "../providers/azure/resources/security-group.ts";
import { subnet, subnetId, virtualNetwork } from "../providers/azure/resources/virtual-network.ts";
import { ROLE_TAG } from "../providers/azure/tags.ts";
import type { VmSpec } from "../providers/azure/vm/vm-spec.ts";
import type { MirrorControlPlane } from "../toolchain/mirror/read-mirror.ts";
import type { MxOptions } from "./mx-options.ts";
import { renderMxCustomData } from "./render-mx-config.ts";

/** On everything of one MX cluster: the name of its VM. */
export const MX_TAG = "stargate-mx";
/** On the VM: its address in the tailnet, by which its device is found. */
export const TAILNET_ADDRESS_TAG = "stargate-tailnet-address";

export interface MxSpec {
  options: MxOptions;
  sshPublicKey: string;
  /** Undefined: the VM takes what it needs from the internet. */
  mirror?: MirrorControlPlane | undefined;
}

function namesOf(vmName: string) {
  return {
    securityGroup: `${vmName}-nsg`,
    publicAddress: `${vmName}-ip`,
    interface: `${vmName}-nic`,
  };
}

/** The network around the VM; its public address is for the way out only. */
export function networkOf({ options }: MxSpec) {
  const names = namesOf(options.vmName);
  const shared = { tags: { [MX_TAG]: options.vmName }, ownerTag: MX_TAG };
  return {
    virtualNetwork: virtualNetwork(options, options.vnetName, options.vnetAddressSpace),
    securityGroup: securityGroup(options, { ...shared, name: names.securityGroup, rules: fromInternet }),
    publicAddress: publicAddress(options, { ...shared, name: names.publicAddress, zone: options.zone }),
    subnet: subnet(options, {
      virtualNetwork: options.vnetName,
      name: options.subnetName,
      cidr: options.subnetPrefix,
      securityGroupId: securityGroupId(options, names.securityGroup),
      routeTableId: undefined,
    }),
  };
}

export function vmOf({ options, sshPublicKey, mirror }: MxSpec): {
  vm: VmSpec;
  interface: Resource<NetworkInterface>;
} {
  const names = namesOf(options.vmName);
  const shared = { tags: { [MX_TAG]: options.vmName, [ROLE_TAG]: "mx" }, ownerTag: MX_TAG };
  return {
    vm: {
      ...shared,
      name: options.vmName,
      size: options.vmSize,
      zone: options.zone,
      image: options.image,
      osDiskGiB: options.osDiskGiB,
      adminUsername: options.adminUsername,
      sshPublicKey,
      customData: renderMxCustomData({ ...options, mirror }),
      interfaceIds: [networkInterfaceId(options, names.interface)],
    },
    interface: networkInterface(options, {
      ...shared,
      name: names.interface,
      subnetId: subnetId(options, options.vnetName, options.subnetName),
      address: undefined,
      publicAddressId: publicAddressId(options, names.publicAddress),
      forwards: false,
    }),
  };
}
