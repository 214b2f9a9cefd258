import { UsageError } from "../lib/errors.ts";
import type { Provider } from "./provider.ts";
import { qemuProvider } from "./qemu/qemu-provider.ts";

/** Every provider that can make datacenters. */
export const providers: readonly Provider[] = [qemuProvider];

/** Every value --provider takes. Azure's flags are part of the contract; its VMs are not made by this version. */
export const providerIds = ["qemu", "azure"] as const;

/** @throws UsageError ProviderNotAvailable */
export function providerById(id: string): Provider {
  const found = providers.find((provider) => provider.id === id);
  if (found !== undefined) return found;
  throw new UsageError(
    `Provider ${id} cannot make datacenters in this version`,
    `Use one of: ${providers.map((provider) => provider.id).join(", ")}.`,
  );
}
