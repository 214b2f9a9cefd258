import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { VirtualMachine } from "@azure/arm-compute";
import { z } from "zod";
import { readJsonIfExists, writeFileAtomic } from "../../../lib/files.ts";

/** Written by us from what the SDK gave out. */
const Model = z.custom<VirtualMachine>((value) => typeof value === "object" && value !== null);
const Kept = z.object({ version: z.literal(1), id: z.string(), vm: Model });

/** What a VM was, kept on this host while the VM is gone. */
export interface KeptModel {
  read(): Promise<VirtualMachine | undefined>;
  write(vm: VirtualMachine): Promise<void>;
  remove(): Promise<void>;
}

/** The model of a VM that is replaced for this wish; one of an older wish is none. */
export function keptModel(folder: string, vmName: string, id: string): KeptModel {
  const path = join(folder, `replaced-${vmName}.json`);
  return {
    async read() {
      const kept = await readJsonIfExists(path, Kept);
      return kept?.id === id ? kept.vm : undefined;
    },
    write: (vm) => writeFileAtomic(path, `${JSON.stringify({ version: 1, id, vm })}\n`, 0o600),
    remove: () => rm(path, { force: true }),
  };
}
