import type { Command } from "commander";
import { UsageError } from "../lib/errors.ts";
import { addAzureFlags } from "./azure/azure-flags.ts";
import { addQemuFlags } from "./qemu/qemu-flags.ts";

/** What a program's help needs to know of a provider. */
export interface ProviderFlags {
  /** Value of --provider. */
  readonly id: string;
  /** Adds this provider's own flags to prep-dc-inventory. */
  readonly addFlags: (command: Command) => void;
}

/** Every provider, without what it loads to do its work: that would make every program slow to start. */
export const providerFlags: readonly ProviderFlags[] = [
  { id: "qemu", addFlags: addQemuFlags },
  { id: "azure", addFlags: addAzureFlags },
];

/** Every value --provider takes. */
export const providerIds: readonly string[] = providerFlags.map(({ id }) => id);

/** @throws UsageError for an id that no provider has */
export function checkProviderId(id: string): string {
  if (providerIds.includes(id)) return id;
  throw new UsageError(`There is no provider ${id}`, `Use one of: ${providerIds.join(", ")}.`);
}
