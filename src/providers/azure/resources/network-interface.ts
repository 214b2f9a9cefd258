import type { NetworkInterface, NetworkInterfaceIPConfiguration } from "@azure/arm-network";
import type { Resource } from "../arm/ensure-resource.ts";
import { resourceId, type ResourceScope } from "../arm/resource-id.ts";
import { hasTag, type Tags } from "../tags.ts";
import { mergeByName, type Place } from "./place.ts";
import { ifMatch } from "./virtual-network.ts";

export function networkInterfaceId(scope: ResourceScope, name: string): string {
  return resourceId(scope, "Network", `networkInterfaces/${name}`);
}

export interface NetworkInterfaceSpec {
  name: string;
  subnetId: string;
  /** Undefined: Azure chooses one. */
  address: string | undefined;
  publicAddressId?: string;
  /** Packets that are neither from nor for it pass. */
  forwards: boolean;
  tags: Tags;
  ownerTag: string;
}

export function networkInterface(place: Place, spec: NetworkInterfaceSpec): Resource<NetworkInterface> {
  const { name, subnetId, address, publicAddressId, forwards, tags, ownerTag } = spec;
  const configuration: NetworkInterfaceIPConfiguration = {
    name: "primary",
    subnet: { id: subnetId },
    ...(address === undefined
      ? { privateIPAllocationMethod: "Dynamic" }
      : { privateIPAllocationMethod: "Static", privateIPAddress: address }),
    ...(publicAddressId === undefined ? {} : { publicIPAddress: { id: publicAddressId } }),
  };
  const wanted: NetworkInterface = {
    location: place.location,
    tags,
    enableIPForwarding: forwards,
    ipConfigurations: [configuration],
  };
  return {
    title: `network interface ${name}`,
    lockKey: networkInterfaceId(place, name),
    wanted,
    isOurs: (actual) => hasTag(actual, ownerTag, tags[ownerTag] ?? ""),
    fixed: ["location"],
    read: (arm) =>
      arm.read(`Cannot read network interface ${name}`, () =>
        arm.network.networkInterfaces.get(place.resourceGroup, name),
      ),
    merge: (actual) => ({
      ...actual,
      enableIPForwarding: forwards,
      tags: { ...actual.tags, ...tags },
      ipConfigurations: mergeByName(actual.ipConfigurations, [configuration]),
    }),
    write: (arm, body, etag) =>
      arm.network.networkInterfaces.createOrUpdate(place.resourceGroup, name, body, ifMatch(etag)),
  };
}

/** A hardware address as we write it; Azure writes 00-0D-3A-… */
export function plainMac(mac: string | undefined): string {
  return (mac ?? "").toLowerCase().replaceAll("-", ":");
}
