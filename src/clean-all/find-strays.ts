import { join } from "node:path";
import { isErrno } from "../lib/files.ts";
import { readRunningPid, readStartTime } from "../lib/background.ts";
import type { World } from "../lib/world.ts";
import { labPaths } from "../lab/lab-paths.ts";
import { providers } from "../providers/registry.ts";
import { runDir } from "../run-controllers/controller-place.ts";
import { findOwnProcesses, type OwnProcess } from "./own-processes.ts";
import type { Finder } from "./removal.ts";
import { namesIn } from "./remove-known.ts";

const STOP_TIMEOUT_MS = 10_000;

/** Processes of ours that nothing knows any more: what started them was killed, or its files are gone. */
export const findStrays: Finder = async (world) => {
  const kept = await findKeepers(world);
  const strays = (await findOwnProcesses(world)).filter((one) => !isKept(one, kept));
  return strays.map((one) => ({
    kind: "process",
    what: `${one.pid}, ${shorten(one.command)}`,
    remove: () => stopProcess(one.pid, world),
  }));
};

/** Who stops what: these processes with their children, and the virtual machines that run in these folders. */
interface Keepers {
  pids: ReadonlySet<number>;
  folders: readonly string[];
}

async function findKeepers(world: World): Promise<Keepers> {
  const run = runDir(world);
  const pidPaths = (await namesIn(run))
    .filter((name) => name.endsWith(".pid"))
    .map((name) => join(run, name));
  const pids = await Promise.all(
    [labPaths(world.paths.labDir).supervisorPid, ...pidPaths].map(readRunningPid),
  );
  const datacenters = await Promise.all(providers.map((provider) => provider.listDatacenters(world)));
  return {
    pids: new Set(pids.filter((pid) => pid !== undefined)),
    folders: datacenters.flat().map(({ router }) => `${join(world.paths.datacentersDir, router.name)}/`),
  };
}

function isKept({ pid, parentPid, cwd }: OwnProcess, { pids, folders }: Keepers): boolean {
  return pids.has(pid) || pids.has(parentPid) || folders.some((folder) => cwd.startsWith(folder));
}

async function stopProcess(pid: number, { clock }: World): Promise<void> {
  const startTime = readStartTime(pid);
  const isRunning = () => startTime !== undefined && readStartTime(pid) === startTime;
  const deadline = clock.now() + STOP_TIMEOUT_MS;
  while (isRunning()) {
    send(pid, clock.now() < deadline ? "SIGTERM" : "SIGKILL");
    await clock.sleep(100);
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

/** A command line for a list: without the program's folder, and not longer than a line. */
function shorten(command: string): string {
  const text = command.replace(/^\S*\//, "");
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
