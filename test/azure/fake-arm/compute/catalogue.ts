/** A VM size as the SKU list tells of it. */
export interface VmSize {
  name: string;
  /** Its quota is counted by this. */
  family: string;
  vCpus: number;
  memoryGb: number;
  maxInterfaces: number;
  architecture: "x64" | "Arm64";
}

function size(name: string, family: string, vCpus: number, memoryGb: number, maxInterfaces: number): VmSize {
  return { name, family, vCpus, memoryGb, maxInterfaces, architecture: "x64" };
}

/** Sizes that every location of the fake offers, in all its zones. */
export const vmSizes: readonly VmSize[] = [
  size("Standard_B1s", "standardBSFamily", 1, 1, 2),
  size("Standard_B2s", "standardBSFamily", 2, 4, 3),
  size("Standard_B2ms", "standardBSFamily", 2, 8, 3),
  size("Standard_D2s_v3", "standardDSv3Family", 2, 8, 2),
  size("Standard_D4s_v3", "standardDSv3Family", 4, 16, 2),
  size("Standard_D2s_v5", "standardDSv5Family", 2, 8, 2),
  size("Standard_D4s_v5", "standardDSv5Family", 4, 16, 2),
  size("Standard_D8s_v5", "standardDSv5Family", 8, 32, 4),
  size("Standard_F2s_v2", "standardFSv2Family", 2, 4, 2),
  { ...size("Standard_D2ps_v5", "standardDPSv5Family", 2, 8, 2), architecture: "Arm64" },
];

export function findSize(name: string): VmSize | undefined {
  return vmSizes.find((one) => one.name.toLowerCase() === name.toLowerCase());
}

export interface PlatformImage {
  publisher: string;
  offer: string;
  sku: string;
  versions: readonly string[];
  /** Has terms to be accepted: a VM from it must carry the plan. */
  hasPlan: boolean;
}

export const platformImages: readonly PlatformImage[] = [
  {
    publisher: "Canonical",
    offer: "ubuntu-24_04-lts",
    sku: "server",
    versions: ["24.04.202509160", "24.04.202510200", "24.04.202511050"],
    hasPlan: false,
  },
  {
    publisher: "Canonical",
    offer: "0001-com-ubuntu-server-jammy",
    sku: "22_04-lts-gen2",
    versions: ["22.04.202509090", "22.04.202510140"],
    hasPlan: false,
  },
  {
    publisher: "Debian",
    offer: "debian-13",
    sku: "13-gen2",
    versions: ["0.20251006.2257", "0.20251117.2299"],
    hasPlan: false,
  },
  {
    publisher: "kinvolk",
    offer: "flatcar-container-linux-free",
    sku: "stable-gen2",
    versions: ["4230.2.3", "4230.2.4"],
    hasPlan: true,
  },
];

export function findImage(publisher: string, offer: string, sku: string): PlatformImage | undefined {
  const wanted = [publisher, offer, sku].join(":").toLowerCase();
  return platformImages.find((one) => [one.publisher, one.offer, one.sku].join(":").toLowerCase() === wanted);
}
