import { join } from "node:path";
import type { World } from "../lib/world.ts";

/** Where a controller in the background leaves its process id and its log. */
export interface ControllerPlace {
  /** Its program, for instance qemu-controller. */
  program: string;
  pidPath: string;
  logPath: string;
}

/** Folder of the pid files of everything that runs in the background for this state folder. */
export function runDir({ paths }: Pick<World, "paths">): string {
  return join(paths.stateDir, "run");
}

/** Logs are where they always were: /tmp/stargate-<provider>-controller.log, or in STARGATE_LOG_DIR. */
export function controllerPlace(providerId: string, world: Pick<World, "paths" | "env">): ControllerPlace {
  const program = `${providerId}-controller`;
  return {
    program,
    pidPath: join(runDir(world), `${program}.pid`),
    logPath: join(world.env["STARGATE_LOG_DIR"] ?? "/tmp", `stargate-${program}.log`),
  };
}
