import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isErrno, makePrivateDir, readJsonIfExists, writeFileAtomic } from "../../../lib/files.ts";
import type { World } from "../../../lib/world.ts";
import { withLock } from "../../../toolchain/lock.ts";

const Entry = z.object({ name: z.string(), ipv4: z.string(), macAddress: z.string(), hostKey: z.string() });

/**
 * azure.json: where in Azure a datacenter is, and what it was when last looked at, so that destroy need not be told and
 * overlaps are found without asking. Everything else is in Azure, by our tags.
 */
const DatacenterRecord = z.object({
  version: z.literal(1),
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  inventory: z.object({
    providerId: z.literal("azure"),
    subnetCidr: z.string(),
    router: Entry,
    workers: z.array(Entry),
  }),
});
export type DatacenterRecord = z.infer<typeof DatacenterRecord>;

/** Where this host keeps what it knows of a datacenter. */
export function recordFolder({ paths }: World, routerName: string): string {
  return join(paths.datacentersDir, routerName);
}

export function readRecord(routerName: string, world: World): Promise<DatacenterRecord | undefined> {
  return readJsonIfExists(join(recordFolder(world, routerName), "azure.json"), DatacenterRecord);
}

export async function writeRecord(record: DatacenterRecord, world: World): Promise<void> {
  const folder = await makePrivateDir(recordFolder(world, record.inventory.router.name));
  await writeFileAtomic(join(folder, "azure.json"), `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
}

export async function removeRecord(routerName: string, world: World): Promise<void> {
  await rm(recordFolder(world, routerName), { recursive: true, force: true });
}

export async function readRecords(world: World): Promise<DatacenterRecord[]> {
  const names = await readdir(world.paths.datacentersDir).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  });
  const records = await Promise.all(names.map((name) => readRecord(name, world)));
  return records.filter((record) => record !== undefined);
}

/** Runs `work` while no other run of this host does anything with the datacenter. */
export async function withDatacenter<T>(
  routerName: string,
  world: World,
  work: () => Promise<T>,
): Promise<T> {
  const folder = await makePrivateDir(recordFolder(world, routerName));
  const onWait = (holder: string): void =>
    world.progress.say(`Waiting: another run is working on ${routerName} (${holder})`);
  return withLock(
    join(folder, ".lock"),
    { purpose: `working on ${routerName}`, onWait, signal: world.signal },
    work,
  );
}
