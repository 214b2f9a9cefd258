import { z } from "zod";
import { contains } from "../../../../src/lib/cidr.ts";
import type { Arm } from "../core/arm.ts";
import { networkError } from "../core/arm-error.ts";
import { requireProvisioned, requireReferred } from "../core/conflicts.ts";
import { compact, type Json, type JsonObject } from "../core/json.ts";
import type { PutRequest } from "../core/kind.ts";
import { isSameId, parentId, type Resource } from "../core/store.ts";
import {
  addressOf,
  checkStaticAddress,
  ipConfigurationsOf,
  ipConfigurationsWithPublicIp,
  nextFreeAddress,
  rangesOf,
} from "./addresses.ts";

const Reference = z.looseObject({ id: z.string() });

const IpConfiguration = z.looseObject({
  name: z.string().min(1),
  properties: z
    .looseObject({
      subnet: Reference.optional(),
      privateIPAddress: z.string().optional(),
      privateIPAllocationMethod: z.enum(["Static", "Dynamic"]).default("Dynamic"),
      publicIPAddress: Reference.extend({
        properties: z.looseObject({ deleteOption: z.enum(["Delete", "Detach"]).optional() }).optional(),
      }).optional(),
      primary: z.boolean().optional(),
      privateIPAddressVersion: z.enum(["IPv4", "IPv6"]).default("IPv4"),
    })
    .prefault({}),
});
type IpConfiguration = z.infer<typeof IpConfiguration>;

/** The IP configurations of an interface, with the addresses that they get. */
export function prepareIpConfigurations(arm: Arm, request: PutRequest): Json[] {
  const { target, wanted } = request;
  const parsed = z.array(IpConfiguration).min(1).safeParse(wanted.properties["ipConfigurations"]);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const given = wanted.properties["ipConfigurations"];
    if (given === undefined || (Array.isArray(given) && given.length === 0)) {
      throw networkError(
        400,
        "NetworkInterfaceMustHaveIpConfigurationOrAttachedElasticNetworkInterface",
        `Network interface ${target.id} must have one or more IP configurations.`,
      );
    }
    throw networkError(
      400,
      "InvalidRequestFormat",
      `Cannot parse the request: ipConfigurations.${issue?.path.join(".")} of ${target.id}: ${issue?.message}.`,
    );
  }
  const subnets = parsed.data.map((configuration) => subnetOf(arm, request, configuration));
  if (new Set(subnets.map(({ id }) => parentId(id).toLowerCase())).size > 1) {
    throw networkError(
      400,
      "SubnetsNotInSameVnet",
      `All ipconfigurations of network interface ${target.id} must be in one virtual network.`,
    );
  }
  const taken: string[] = [];
  return parsed.data.map((configuration, index) => {
    const subnet = subnets[index];
    if (subnet === undefined) throw new Error("every configuration has a subnet");
    const address = chooseAddress(arm, request, configuration, subnet, taken);
    if (taken.includes(address)) {
      throw networkError(
        400,
        "PrivateIPAddressIsAllocated",
        `IP configuration ${configuration.name} of ${target.id} is using the private IP address ${address} which is already allocated to another of its IP configurations.`,
      );
    }
    taken.push(address);
    const { properties } = configuration;
    checkPublicIp(arm, request, configuration);
    return {
      name: configuration.name,
      properties: compact({
        privateIPAddress: address,
        privateIPAllocationMethod: properties.privateIPAllocationMethod,
        subnet: { id: subnet.id },
        primary: properties.primary ?? index === 0,
        privateIPAddressVersion: properties.privateIPAddressVersion,
        publicIPAddress: referToPublicIp(properties.publicIPAddress),
      }),
    };
  });
}

function referToPublicIp(publicIp: IpConfiguration["properties"]["publicIPAddress"]): JsonObject | undefined {
  if (publicIp === undefined) return undefined;
  const deleteOption = publicIp.properties?.deleteOption;
  return { id: publicIp.id, ...(deleteOption === undefined ? {} : { properties: { deleteOption } }) };
}

function subnetOf(arm: Arm, { target, wanted }: PutRequest, { name, properties }: IpConfiguration): Resource {
  if (properties.subnet === undefined) {
    throw networkError(400, "SubnetIsRequired", `Subnet reference is required for ipconfiguration ${name}.`);
  }
  const subnet = requireReferred(arm, { id: target.id, location: wanted.location }, properties.subnet.id);
  const network = requireReferred(arm, { id: target.id, location: wanted.location }, parentId(subnet.id));
  requireProvisioned(arm, target.id, network);
  return subnet;
}

function chooseAddress(
  arm: Arm,
  { target, existing }: PutRequest,
  { name, properties }: IpConfiguration,
  subnet: Resource,
  taken: readonly string[],
): string {
  const id = `${target.id}/ipConfigurations/${name}`;
  const before =
    existing === undefined ? undefined : ipConfigurationsOf(existing).find((one) => isSameId(one.id, id));
  if (properties.privateIPAllocationMethod === "Dynamic") {
    const kept = before === undefined ? undefined : addressOf(before);
    const isInside =
      kept !== undefined && rangesOf(subnet.properties, subnet.id).some((range) => contains(range, kept));
    return isInside ? kept : nextFreeAddress(arm, subnet, taken);
  }
  if (properties.privateIPAddress === undefined) {
    throw networkError(
      400,
      "PrivateIPAddressMissing",
      `Private IP address is required when privateIPAllocationMethod is Static in IP configuration ${id}.`,
    );
  }
  checkStaticAddress(arm, subnet, id, properties.privateIPAddress);
  return properties.privateIPAddress;
}

function checkPublicIp(
  arm: Arm,
  { target, wanted }: PutRequest,
  { name, properties }: IpConfiguration,
): void {
  if (properties.publicIPAddress === undefined) return;
  const publicIp = requireReferred(
    arm,
    { id: target.id, location: wanted.location },
    properties.publicIPAddress.id,
  );
  requireProvisioned(arm, target.id, publicIp);
  const id = `${target.id}/ipConfigurations/${name}`;
  const other = ipConfigurationsWithPublicIp(arm, publicIp.id).find((one) => !isSameId(one.id, id));
  if (other === undefined) return;
  throw networkError(
    400,
    "PublicIPAddressInUse",
    `Resource ${id} is referencing public IP address ${publicIp.id} that is already allocated to resource ${other.id}.`,
  );
}
