import type { DatacenterCondition } from "../../api/v1alpha1/datacenter.ts";
import { findCondition, type NewCondition } from "../conditions.ts";
import type { Facts } from "./facts.ts";

/** What was known before a restart stays until something newer is known. */
export function keep({ datacenter }: Facts, type: DatacenterCondition, otherwise: string): NewCondition {
  const before = findCondition(datacenter.status.conditions ?? [], type);
  return before ?? { type, status: "Unknown", reason: "NotKnownYet", message: otherwise };
}
