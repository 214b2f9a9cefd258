import { StargateError } from "../lib/errors.ts";
import type { Inventory } from "../providers/provider.ts";
import { routersOf } from "../providers/routers.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";

/**
 * What a person has to approve in the tailnet, and where, because only an auth key was given; undefined where its API
 * can be used.
 */
export async function whatToApprove(
  inventory: Inventory,
  tailnet: Pick<Tailnet, "listDevices" | "approveRoutes">,
  signal: AbortSignal,
): Promise<string | undefined> {
  if ((await refusal(() => tailnet.listDevices(signal))) === undefined) return undefined;
  const names = routersOf(inventory).map(({ name }) => name);
  // Refused as well, in words that name device and route.
  return refusal(() => tailnet.approveRoutes(names.join(" and "), [inventory.subnetCidr], signal));
}

async function refusal(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (!(error instanceof StargateError) || error.reason !== "ManualApprovalNeeded") throw error;
    return error.remedy ?? error.message;
  }
}
