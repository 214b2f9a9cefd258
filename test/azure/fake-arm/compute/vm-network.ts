import type { Arm } from "../core/arm.ts";
import { ArmError, networkError } from "../core/arm-error.ts";
import { requireProvisioned } from "../core/conflicts.ts";
import { objectIn, referenceIn, textIn } from "../core/json.ts";
import { isSameId, type Resource } from "../core/store.ts";
import type { Target } from "../core/target.ts";
import { ipConfigurationsOf, rangesOf } from "../network/addresses.ts";
import { reservation, vmWith } from "../network/interfaces.ts";
import { addressOfPublicIp } from "../network/public-ips.ts";
import type { VmSize } from "./catalogue.ts";
import type { NicView } from "./vm-backend.ts";
import { missing, type VmProperties } from "./vm-body.ts";

/** The interfaces that a VM asks for: there, free, in its location, not too many, one of them primary. */
export function requireInterfaces(
  arm: Arm,
  target: Target,
  location: string | undefined,
  size: VmSize,
  profile: VmProperties["networkProfile"],
): void {
  const wanted = profile?.networkInterfaces ?? [];
  if (wanted.length === 0) throw missing("networkProfile");
  if (wanted.length > size.maxInterfaces) {
    throw new ArmError(
      400,
      "NetworkInterfaceCountExceeded",
      `The number of network interfaces for virtual machine ${target.name} exceeds the maximum allowed for the virtual machine size ${size.name}. The number of network interfaces is ${wanted.length} and the maximum allowed is ${size.maxInterfaces}.`,
    );
  }
  if (wanted.length > 1 && wanted.filter(({ properties }) => properties?.primary === true).length !== 1) {
    throw new ArmError(
      400,
      "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary",
      `Virtual machine ${target.name} must have one network interface set as the primary.`,
    );
  }
  for (const { id } of wanted) requireFree(arm, target, location, id);
}

function requireFree(arm: Arm, target: Target, location: string | undefined, id: string): void {
  const nic = arm.store.get(id);
  if (nic?.location !== location || nic === undefined || nic.state === "Deleting") {
    throw new ArmError(404, "NotFound", `Resource ${id} not found.`);
  }
  requireProvisioned(arm, target.id, nic);
  const user = vmWith(arm, id);
  if (user !== undefined && !isSameId(user.id, target.id)) {
    throw networkError(
      400,
      "NicInUse",
      `Network Interface ${nic.id} is used by existing resource ${user.id}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`,
    );
  }
  const held = reservation(arm, id, target.id);
  if (held !== undefined) throw held;
}

const RESERVED_MS = 180_000;

/** A VM could not be made: its interfaces are kept for it for a while. */
export function reserveInterfaces(arm: Arm, vm: Resource, nicIds: readonly string[]): void {
  for (const id of nicIds) {
    arm.reservedInterfaces.set(id.toLowerCase(), { until: arm.clock.now() + RESERVED_MS, vmId: vm.id });
  }
}

/** An interface as a guest's network has to be made; undefined where it is gone. */
export function viewNic(arm: Arm, nicId: string, isPrimary: boolean): NicView | undefined {
  const nic = arm.store.get(nicId);
  const [configuration] = nic === undefined ? [] : ipConfigurationsOf(nic);
  if (nic === undefined || configuration === undefined) return undefined;
  const properties = objectIn(configuration.body, "properties");
  const subnetId = referenceIn(properties, "subnet") ?? "";
  const subnet = arm.store.get(subnetId);
  const publicIpId = referenceIn(properties, "publicIPAddress");
  return {
    id: nic.id,
    macAddress: (textIn(nic.properties, "macAddress") ?? "").replaceAll("-", ":").toLowerCase(),
    privateIpAddress: textIn(properties, "privateIPAddress") ?? "",
    publicIpAddress: publicIpId === undefined ? undefined : addressOfPublicIp(arm.store.get(publicIpId)),
    subnetId,
    subnetCidr: subnet === undefined ? "" : (rangesOf(subnet.properties, subnet.id)[0]?.cidr ?? ""),
    ipForwarding: nic.properties["enableIPForwarding"] === true,
    isPrimary,
  };
}
