import { readRunningPid } from "../lib/background.ts";
import { readJsonIfExists } from "../lib/files.ts";
import type { World } from "../lib/world.ts";
import { labPaths } from "./lab-paths.ts";
import { readLabState, type LabState } from "./lab-state.ts";
import { SupervisorStatus, type PartStatus } from "./supervisor-status.ts";

export interface LabStatus {
  state: "absent" | "down" | "starting" | "up" | "failing";
  lab: LabState | undefined;
  parts: PartStatus[];
}

/** How the lab is. Reads only files and /proc, so it answers at once whatever hangs. */
export async function readLabStatus(world: Pick<World, "paths">): Promise<LabStatus> {
  const paths = labPaths(world.paths.labDir);
  const lab = await readLabState(paths.dir);
  if (lab === undefined) return { state: "absent", lab, parts: [] };
  const pid = await readRunningPid(paths.supervisorPid);
  const status = await readJsonIfExists(paths.status, SupervisorStatus);
  if (pid === undefined) return { state: "down", lab, parts: [] };
  if (status === undefined || status.pid !== pid) return { state: "starting", lab, parts: [] };
  const { parts } = status;
  if (parts.every((part) => part.state === "ready")) return { state: "up", lab, parts };
  return { state: parts.some((part) => part.state === "failed") ? "failing" : "starting", lab, parts };
}
