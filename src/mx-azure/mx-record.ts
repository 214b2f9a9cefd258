import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isErrno, makePrivateDir, readJsonIfExists, writeFileAtomic } from "../lib/files.ts";
import type { World } from "../lib/world.ts";

/** What this host wrote for a cluster outside our own folder, so that destroy can take it back. */
const MxRecord = z.object({
  version: z.literal(1),
  tailnetAddress: z.string().optional(),
  sshConfig: z.string().optional(),
  kubeconfig: z.string().optional(),
});
export type MxRecord = z.infer<typeof MxRecord>;

export interface MxName {
  resourceGroup: string;
  vmName: string;
}

function folderOf({ paths }: World): string {
  return join(paths.stateDir, "mx-azure");
}

function pathOf({ resourceGroup, vmName }: MxName, world: World): string {
  return join(folderOf(world), `${resourceGroup}.${vmName}.json`);
}

export async function readMxRecord(name: MxName, world: World): Promise<MxRecord> {
  return (await readJsonIfExists(pathOf(name, world), MxRecord)) ?? { version: 1 };
}

/** Adds to what is remembered. */
export async function rememberMx(name: MxName, more: Omit<MxRecord, "version">, world: World): Promise<void> {
  await makePrivateDir(folderOf(world));
  const record = { ...(await readMxRecord(name, world)), ...more };
  await writeFileAtomic(pathOf(name, world), `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
}

/** Every cluster that this host made and has not destroyed. */
export async function listMxNames(world: World): Promise<MxName[]> {
  const files = await readdir(folderOf(world)).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  });
  return files.flatMap((file) => {
    // The name of a resource group may have dots in it, that of a VM has none.
    const [, resourceGroup, vmName] = /^(.+)\.([^.]+)\.json$/.exec(file) ?? [];
    return resourceGroup === undefined || vmName === undefined ? [] : [{ resourceGroup, vmName }];
  });
}

export async function forgetMx(name: MxName, world: World): Promise<void> {
  await rm(pathOf(name, world), { force: true });
}
