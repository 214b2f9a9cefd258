import type { NetworkInterface } from "@azure/arm-network";
import { addressAt } from "../../../lib/cidr.ts";
import { subnetOf } from "../../assign-addresses.ts";
import type { DatacenterRequest } from "../../provider.ts";
import type { Resource } from "../arm/ensure-resource.ts";
import type { AzureOptions } from "../azure-options.ts";
import { networkInterface, networkInterfaceId } from "../resources/network-interface.ts";
import type { Place } from "../resources/place.ts";
import { publicAddress, publicAddressId } from "../resources/public-address.ts";
import { routesVia, routeTable, routeTableId } from "../resources/route-table.ts";
import type { MirrorTailscale } from "../../../toolchain/mirror/read-mirror.ts";
import { fromInternet, securityGroup, securityGroupId, throughRouter } from "../resources/security-group.ts";
import { subnet, subnetId, virtualNetwork } from "../resources/virtual-network.ts";
import { renderRouterCustomData } from "../router/render-router-config.ts";
import { DATACENTER_TAG, ROLE_TAG, type Tags } from "../tags.ts";
import type { VmSpec } from "../vm/vm-spec.ts";

/** Azure keeps the first four addresses of a subnet: the fifth is the first to be had. */
const ROUTER_INDEX = 4;

/** What a datacenter is asked to be. */
export interface DatacenterSpec {
  request: DatacenterRequest;
  options: AzureOptions;
  /** Undefined: VMs take what they need from the internet. */
  mirror?: MirrorTailscale | undefined;
}

export function routerAddressIn(subnetCidr: string): string {
  return addressAt(subnetOf(subnetCidr), ROUTER_INDEX);
}

/** Names of what is made for one datacenter. */
export function namesOf(routerName: string) {
  return {
    securityGroup: `${routerName}-nsg`,
    routeTable: `${routerName}-routes`,
    publicAddress: `${routerName}-ip`,
    uplinkSubnet: `${routerName}-uplink`,
    uplinkInterface: `${routerName}-uplink-nic`,
  };
}

export function interfaceName(vmName: string): string {
  return `${vmName}-nic`;
}

function tagsOf(routerName: string, role?: "router" | "worker"): Tags {
  return { [DATACENTER_TAG]: routerName, ...(role === undefined ? {} : { [ROLE_TAG]: role }) };
}

/** The network of a datacenter, but for its subnets. Made side by side. */
export function networkOf({ request, options }: DatacenterSpec) {
  const names = namesOf(request.routerName);
  const shared = { tags: tagsOf(request.routerName), ownerTag: DATACENTER_TAG };
  return {
    virtualNetwork: virtualNetwork(options, options.vnetName, options.vnetCidr),
    securityGroup: securityGroup(options, {
      ...shared,
      name: names.securityGroup,
      rules: [...fromInternet, ...throughRouter(request.subnetCidr)],
    }),
    routeTable: routeTable(options, {
      ...shared,
      name: names.routeTable,
      routes: routesVia(routerAddressIn(request.subnetCidr)),
    }),
    publicAddress: publicAddress(options, { ...shared, name: names.publicAddress, zone: options.zone }),
  };
}

/** Its two subnets: the workers', routed through the router, and the router's way out, which is not. */
export function subnetsOf({ request, options }: DatacenterSpec, uplinkCidr: string) {
  const names = namesOf(request.routerName);
  const shared = {
    virtualNetwork: options.vnetName,
    securityGroupId: securityGroupId(options, names.securityGroup),
  };
  return {
    uplink: subnet(options, {
      ...shared,
      name: names.uplinkSubnet,
      cidr: uplinkCidr,
      routeTableId: undefined,
    }),
    workers: subnet(options, {
      ...shared,
      name: options.subnetName,
      cidr: request.subnetCidr,
      routeTableId: routeTableId(options, names.routeTable),
    }),
  };
}

/** A VM of a datacenter, with its interfaces, the primary one first. */
export interface DatacenterVm {
  place: Place;
  /** Its address in the datacenter's subnet. */
  ipv4: string;
  vm: VmSpec;
  interfaces: Resource<NetworkInterface>[];
}

export function routerOf({ request, options, mirror }: DatacenterSpec): DatacenterVm {
  const { routerName, subnetCidr } = request;
  const names = namesOf(routerName);
  const tags = tagsOf(routerName, "router");
  const lanAddress = routerAddressIn(subnetCidr);
  const shared = { tags, ownerTag: DATACENTER_TAG };
  const vm: VmSpec = {
    ...vmDefaults({ request, options }),
    ...shared,
    name: routerName,
    size: options.routerVmSize,
    customData: renderRouterCustomData({ lanAddress, subnetCidr, mirror }),
    interfaceIds: [
      networkInterfaceId(options, names.uplinkInterface),
      networkInterfaceId(options, interfaceName(routerName)),
    ],
  };
  return {
    place: options,
    ipv4: lanAddress,
    vm,
    interfaces: [
      networkInterface(options, {
        ...shared,
        name: names.uplinkInterface,
        subnetId: subnetId(options, options.vnetName, names.uplinkSubnet),
        address: undefined,
        publicAddressId: publicAddressId(options, names.publicAddress),
        forwards: false,
      }),
      networkInterface(options, {
        ...shared,
        name: interfaceName(routerName),
        subnetId: subnetId(options, options.vnetName, options.subnetName),
        address: lanAddress,
        forwards: true,
      }),
    ],
  };
}

export function workerOf(
  { request, options }: DatacenterSpec,
  { name, ipv4 }: { name: string; ipv4: string },
): DatacenterVm {
  const shared = { tags: tagsOf(request.routerName, "worker"), ownerTag: DATACENTER_TAG };
  const vm: VmSpec = {
    ...vmDefaults({ request, options }),
    ...shared,
    name,
    size: options.vmSize,
    customData: undefined, // a bare machine: what it becomes is an Operation's business
    interfaceIds: [networkInterfaceId(options, interfaceName(name))],
  };
  return {
    place: options,
    ipv4,
    vm,
    interfaces: [
      networkInterface(options, {
        ...shared,
        name: interfaceName(name),
        subnetId: subnetId(options, options.vnetName, options.subnetName),
        address: ipv4,
        forwards: false,
      }),
    ],
  };
}

function vmDefaults({ request, options }: DatacenterSpec) {
  return {
    zone: options.zone,
    image: options.image,
    osDiskGiB: options.osDiskGiB,
    adminUsername: request.adminUsername,
    sshPublicKey: request.sshPublicKey,
  };
}
