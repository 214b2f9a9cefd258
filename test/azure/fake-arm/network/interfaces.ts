import { networkInterfaceDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import type { Arm } from "../core/arm.ts";
import { networkError, type ArmError } from "../core/arm-error.ts";
import { requireProvisioned, requireReferred } from "../core/conflicts.ts";
import {
  compact,
  objectIn,
  objectsIn,
  referenceIn,
  textIn,
  type Json,
  type JsonObject,
} from "../core/json.ts";
import type { Kind } from "../core/kind.ts";
import { isSameId, type Resource } from "../core/store.ts";
import { prepareIpConfigurations } from "./ip-configurations.ts";
import { networkKind } from "./network-kind.ts";

export const interfaces: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/networkInterfaces",
  model: networkInterfaceDeserializer,
  topMembers: ["extendedLocation"],
  isTracked: true,
  title: "PutNetworkInterfaceOperation",
  prepare: (arm, request) => {
    const { target, wanted, existing } = request;
    const group = referenceIn(wanted.properties, "networkSecurityGroup");
    if (group !== undefined) {
      requireProvisioned(
        arm,
        target.id,
        requireReferred(arm, { id: target.id, location: wanted.location }, group),
      );
    }
    return {
      properties: compact({
        enableAcceleratedNetworking: wanted.properties["enableAcceleratedNetworking"] ?? false,
        enableIPForwarding: wanted.properties["enableIPForwarding"] ?? false,
        disableTcpStateTracking: wanted.properties["disableTcpStateTracking"] ?? false,
        auxiliaryMode: wanted.properties["auxiliaryMode"],
        dnsSettings: {
          dnsServers: [],
          ...objectIn(wanted.properties, "dnsSettings"),
          appliedDnsServers: [],
        },
        networkSecurityGroup: group === undefined ? undefined : { id: group },
        ipConfigurations: prepareIpConfigurations(arm, request),
        macAddress: existing?.properties["macAddress"] ?? newMacAddress(arm),
      }),
    };
  },
  whyKept: (arm, nic) => whyInterfaceIsKept(arm, nic),
  show: showInterface,
};

function newMacAddress(arm: Arm): string {
  const tail = arm.random.hex(6).toUpperCase();
  return `00-0D-3A-${tail.slice(0, 2)}-${tail.slice(2, 4)}-${tail.slice(4)}`;
}

function whyInterfaceIsKept(arm: Arm, nic: Resource): ArmError | undefined {
  const vm = vmWith(arm, nic.id);
  if (vm !== undefined) {
    return networkError(
      400,
      "NicInUse",
      `Network Interface ${nic.id} is used by existing resource ${vm.id}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`,
    );
  }
  return reservation(arm, nic.id, undefined);
}

/** The VM that has this interface. */
export function vmWith(arm: Arm, nicId: string): Resource | undefined {
  return arm.store
    .ofType("Microsoft.Compute/virtualMachines")
    .find(({ properties }) => nicIdsOf(properties).some((id) => isSameId(id, nicId)));
}

/** Ids of the interfaces in a VM's network profile. */
export function nicIdsOf(vmProperties: JsonObject): string[] {
  const profile = vmProperties["networkProfile"];
  if (typeof profile !== "object" || profile === null || Array.isArray(profile)) return [];
  return (objectsIn(profile, "networkInterfaces") ?? []).flatMap((one) => textIn(one, "id") ?? []);
}

/** After a VM could not be made, its interfaces are kept for it for three minutes. */
export function reservation(arm: Arm, nicId: string, forVmId: string | undefined): ArmError | undefined {
  const held = arm.reservedInterfaces.get(nicId.toLowerCase());
  if (held === undefined || held.until <= arm.clock.now() || isSameId(held.vmId, forVmId)) return undefined;
  return networkError(
    400,
    "NicReservedForAnotherVm",
    `Nic(s) in request is reserved for another Virtual Machine for 180 seconds. Please provide another nic(s) or retry after 180 seconds. Reserved VM: ${held.vmId}`,
  );
}

function showInterface(arm: Arm, nic: Resource): JsonObject {
  const vm = vmWith(arm, nic.id);
  const { macAddress, ipConfigurations, ...rest } = nic.properties;
  const configurations = Array.isArray(ipConfigurations) ? ipConfigurations : [];
  return compact({
    provisioningState: nic.state,
    resourceGuid: nic.guid,
    ...rest,
    ipConfigurations: configurations.map((one): Json => showIpConfiguration(nic, one)),
    vnetEncryptionSupported: false,
    hostedWorkloads: [],
    tapConfigurations: [],
    nicType: "Standard",
    allowPort25Out: undefined,
    // An interface has an address of its own only once a VM has it.
    macAddress: vm === undefined ? undefined : macAddress,
    primary:
      vm === undefined ? undefined : nicIdsOf(vm.properties)[0]?.toLowerCase() === nic.id.toLowerCase(),
    virtualMachine: vm === undefined ? undefined : { id: vm.id },
  });
}

function showIpConfiguration(nic: Resource, configuration: Json): Json {
  if (typeof configuration !== "object" || configuration === null || Array.isArray(configuration))
    return configuration;
  const { properties } = configuration;
  const known =
    typeof properties === "object" && properties !== null && !Array.isArray(properties) ? properties : {};
  return {
    name: configuration["name"] ?? "",
    id: `${nic.id}/ipConfigurations/${textIn(configuration, "name") ?? ""}`,
    etag: nic.etag,
    type: "Microsoft.Network/networkInterfaces/ipConfigurations",
    properties: { provisioningState: nic.state, ...known },
  };
}
