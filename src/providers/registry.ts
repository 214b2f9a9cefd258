import { UsageError } from "../lib/errors.ts";
import { azureProvider } from "./azure/azure-provider.ts";
import type { Provider } from "./provider.ts";
import { providerIds } from "./provider-flags.ts";
import { qemuProvider } from "./qemu/qemu-provider.ts";

/** Every provider that can make datacenters. */
export const providers: readonly Provider[] = [qemuProvider, azureProvider];

/** @throws UsageError */
export function providerById(id: string): Provider {
  const found = providers.find((provider) => provider.id === id);
  if (found !== undefined) return found;
  throw new UsageError(`There is no provider ${id}`, `Use one of: ${providerIds.join(", ")}.`);
}
