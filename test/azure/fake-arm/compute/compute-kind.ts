import type { Kind } from "../core/kind.ts";

export const COMPUTE_API_VERSIONS = ["2026-04-01", "2025-11-01", "2025-04-01", "2024-11-01"] as const;
export const DISK_API_VERSIONS = ["2026-03-02", "2025-01-02", "2024-03-02"] as const;
export const SKU_API_VERSIONS = ["2021-07-01", "2019-04-01"] as const;

/** What VMs and disks have in common. */
export const computeKind = {
  owner: "Microsoft.Compute",
  isTracked: true,
} satisfies Partial<Kind>;
