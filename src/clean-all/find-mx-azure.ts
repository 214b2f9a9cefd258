import { StargateError } from "../lib/errors.ts";
import { destroyMx } from "../mx-azure/destroy-mx.ts";
import { listMxNames } from "../mx-azure/mx-record.ts";
import { connectArm } from "../providers/azure/arm/connect-arm.ts";
import { createKeyedLock } from "../providers/azure/arm/keyed-lock.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import type { Finder } from "./removal.ts";

/** MX clusters in Azure that this host made. */
export function findMxAzure(tailnet: Tailnet | undefined): Finder {
  return async (world) => {
    const names = await listMxNames(world);
    const subscriptionId = world.env["AZURE_SUBSCRIPTION_ID"];
    return names.map(({ resourceGroup, vmName }) => ({
      kind: "MX in Azure",
      what: `${vmName} in resource group ${resourceGroup}`,
      async remove() {
        if (subscriptionId === undefined) {
          throw new StargateError("SubscriptionUnknown", "its subscription is not known here", {
            remedy: "Set AZURE_SUBSCRIPTION_ID.",
          });
        }
        const ctx = { arm: await connectArm({ subscriptionId }, world), world, locks: createKeyedLock() };
        await destroyMx({ subscriptionId, resourceGroup, vmName, tailnet }, ctx);
      },
    }));
  };
}
