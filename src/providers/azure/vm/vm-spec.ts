import type { VirtualMachine } from "@azure/arm-compute";
import type { Place } from "../resources/place.ts";
import type { Tags } from "../tags.ts";

/** publisher:offer:sku:version, as `az vm create --image` takes it. */
export interface ImageUrn {
  publisher: string;
  offer: string;
  sku: string;
  version: string;
}

export interface VmSpec {
  name: string;
  size: string;
  zone: string | undefined;
  image: ImageUrn;
  osDiskGiB: number | undefined;
  adminUsername: string;
  sshPublicKey: string;
  /** base64; undefined where the VM needs to be told nothing. */
  customData: string | undefined;
  /** Ids, the primary one first. They are deleted with the VM. */
  interfaceIds: readonly string[];
  tags: Tags;
  /** Name of the tag that says whose the VM is. */
  ownerTag: string;
}

/** The VM as it is created. */
export function renderVm({ location }: Place, spec: VmSpec): VirtualMachine {
  const { name, adminUsername, customData, osDiskGiB, zone } = spec;
  return {
    location,
    tags: spec.tags,
    ...(zone === undefined ? {} : { zones: [zone] }),
    hardwareProfile: { vmSize: spec.size },
    storageProfile: {
      imageReference: { ...spec.image },
      osDisk: {
        name: osDiskName(name),
        createOption: "FromImage",
        deleteOption: "Delete",
        managedDisk: { storageAccountType: "StandardSSD_LRS" },
        ...(osDiskGiB === undefined ? {} : { diskSizeGB: osDiskGiB }),
      },
    },
    osProfile: {
      computerName: name,
      adminUsername,
      ...(customData === undefined ? {} : { customData }),
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: {
          publicKeys: [{ path: `/home/${adminUsername}/.ssh/authorized_keys`, keyData: spec.sshPublicKey }],
        },
      },
    },
    networkProfile: {
      networkInterfaces: spec.interfaceIds.map((id, index) => ({
        id,
        primary: index === 0,
        deleteOption: "Delete",
      })),
    },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
}

export function osDiskName(vmName: string): string {
  return `${vmName}-os`;
}
