import { join } from "node:path";
import { ensureBackground } from "../lib/background.ts";
import type { World } from "../lib/world.ts";
import { programArgv } from "../lib/own-program.ts";
import { commandLine } from "./show-command.ts";

/** Where a controller in the background leaves its process id and its log. */
export interface ControllerPlace {
  pidPath: string;
  logPath: string;
}

/** Starts bin/qemu-controller in the background; one that runs already goes on. */
export async function startController(kubeconfigPath: string, world: World): Promise<ControllerPlace> {
  const folder = join(world.paths.stateDir, "run");
  const place = {
    pidPath: join(folder, "qemu-controller.pid"),
    logPath: join(folder, "qemu-controller.log"),
  };
  const args = ["--metrics-bind-address", "127.0.0.1:0"];
  world.progress.say(`\n$ ${commandLine(["bin/qemu-controller", ...args])} &`);
  const { pid, started } = await ensureBackground({
    argv: [...programArgv("qemu-controller", world), ...args],
    env: { ...world.env, KUBECONFIG: kubeconfigPath },
    ...place,
  });
  world.progress.say(`${started ? "Started" : "It runs already"}: process ${pid}, log ${place.logPath}`);
  return place;
}
