import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, writeFileAtomic } from "../../../lib/files.ts";
import type { World } from "../../../lib/world.ts";

const SWITCH = "/proc/sys/net/ipv4/ip_forward";
/** A file a network that needs forwarding, in a folder that is there only where forwarding was off before us. */
const USERS_DIR = ".needs-ip-forward";

/** Turns on this host's IP forwarding for a network, and remembers that it was off. */
export async function ensureForwarding(name: string, world: World): Promise<void> {
  const users = usersDir(world);
  const isOn = (await readFile(SWITCH, "utf8")).trim() === "1";
  if (!isOn || (await listUsers(users)).length > 0) await writeFileAtomic(join(users, name), "");
  if (!isOn) await writeFile(SWITCH, "1");
}

/** Turns it off again with the last network that needed it, where we had turned it on. */
export async function restoreForwarding(name: string, world: World): Promise<void> {
  const users = usersDir(world);
  if (!(await listUsers(users)).includes(name)) return;
  if ((await listUsers(users)).length === 1) await writeFile(SWITCH, "0");
  await rm(join(users, name), { force: true });
  if ((await listUsers(users)).length === 0) await rm(users, { recursive: true, force: true });
}

function usersDir({ paths }: World): string {
  return join(paths.datacentersDir, USERS_DIR);
}

async function listUsers(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
