import type { Amount } from "../../api/v1alpha1/rollout.ts";

/** Pure: what a number, or a percentage of `total`, comes to. At least 1: nothing would ever be done with less. */
export function resolveAmount(amount: Amount, total: number, round: "up" | "down"): number {
  if (typeof amount === "number") return amount;
  const share = (Number.parseInt(amount, 10) * total) / 100;
  return Math.max(1, round === "up" ? Math.ceil(share) : Math.floor(share));
}
