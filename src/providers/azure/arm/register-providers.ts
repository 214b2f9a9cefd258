import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import type { Arm } from "./arm.ts";
import type { AzureContext } from "./ensure-resource.ts";

const NEEDED = ["Microsoft.Compute", "Microsoft.Network"] as const;

/** Resource providers that the subscription has not registered. Also proves login and subscription. */
export async function findUnregistered(arm: Arm): Promise<string[]> {
  const states = await Promise.all(
    NEEDED.map(async (namespace) => ({ namespace, isRegistered: await isRegistered(arm, namespace) })),
  );
  return states.flatMap(({ namespace, isRegistered: isThere }) => (isThere ? [] : [namespace]));
}

/** Registers what is not, as `az` does, and waits until Azure says so. New subscriptions have next to nothing. */
export async function registerProviders({ arm, world }: AzureContext): Promise<void> {
  for (const namespace of await findUnregistered(arm)) {
    await world.progress.step(`Register ${namespace} in the subscription`, async () => {
      await arm.call(`Cannot register ${namespace}`, () => arm.resources.providers.register(namespace));
      await retry(() => requireRegistered(arm, namespace), {
        timeoutMs: 10 * 60_000,
        minDelayMs: 2_000,
        maxDelayMs: 10_000,
        signal: world.signal,
        clock: world.clock,
      });
    });
  }
}

async function requireRegistered(arm: Arm, namespace: string): Promise<void> {
  if (await isRegistered(arm, namespace)) return;
  throw new StargateError(
    "AzureProviderNotRegistered",
    `Cannot use ${namespace}: it is still being registered`,
    {
      retriable: true,
      remedy: `Run \`az provider register --wait --namespace ${namespace}\`, then the command again.`,
    },
  );
}

async function isRegistered(arm: Arm, namespace: string): Promise<boolean> {
  const { registrationState } = await arm.call(`Cannot look at the subscription ${arm.subscriptionId}`, () =>
    arm.resources.providers.get(namespace),
  );
  return registrationState === "Registered";
}
