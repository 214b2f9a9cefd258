import type { World } from "../lib/world.ts";
import { controllerPlace, runDir, type ControllerPlace } from "../run-controllers/controller-place.ts";
import { startController } from "../run-controllers/start-controllers.ts";
import { commandLine } from "./show-command.ts";

/** Starts bin/qemu-controller in the background; one that runs already goes on. The demo keeps its log with its state. */
export async function startDemoController(kubeconfigPath: string, world: World): Promise<ControllerPlace> {
  const place = controllerPlace("qemu", { ...world, env: { STARGATE_LOG_DIR: runDir(world), ...world.env } });
  const args = ["--metrics-bind-address", "127.0.0.1:0"];
  world.progress.say(`\n$ ${commandLine([`bin/${place.program}`, ...args])} &`);
  const env = { ...world.env, KUBECONFIG: kubeconfigPath };
  const { pid, started } = await startController(place, args, { ...world, env });
  world.progress.say(`${started ? "Started" : "It runs already"}: process ${pid}, log ${place.logPath}`);
  return place;
}
