import type { Arm } from "../core/arm.ts";
import type { Resource } from "../core/store.ts";
import { decodeCustomData } from "./check-os-profile.ts";
import { viewNic } from "./vm-network.ts";
import type { VmView } from "./vm-backend.ts";
import { readVm } from "./vm-body.ts";

/** What whoever runs the guest has to know. */
export function viewVm(arm: Arm, vm: Resource): VmView {
  const { hardwareProfile, osProfile, storageProfile, networkProfile } = readVm(vm.properties);
  const { publisher = "", offer = "", sku = "", exactVersion = "" } = storageProfile?.imageReference ?? {};
  const nics = networkProfile?.networkInterfaces ?? [];
  return {
    id: vm.id,
    vmId: typeof vm.properties["vmId"] === "string" ? vm.properties["vmId"] : vm.guid,
    name: vm.name,
    computerName: osProfile?.computerName ?? vm.name,
    size: hardwareProfile?.vmSize ?? "",
    adminUsername: osProfile?.adminUsername ?? "",
    publicKeys: (osProfile?.linuxConfiguration?.ssh?.publicKeys ?? []).flatMap(
      ({ keyData }) => keyData?.trim() ?? [],
    ),
    customData: osProfile?.customData === undefined ? undefined : decodeCustomData(osProfile.customData),
    image: { publisher, offer, sku, version: exactVersion },
    nics: nics
      .map(({ id, properties }) => viewNic(arm, id, properties?.primary ?? nics.length === 1))
      .filter((nic) => nic !== undefined),
  };
}
