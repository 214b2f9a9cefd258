import { Command } from "commander";
import { renderTable } from "../lib/table.ts";
import type { World } from "../lib/world.ts";
import { checkProviderId, providerIds } from "../providers/provider-flags.ts";

/** `stargate controllers`: the controllers as programs in the background. */
export function controllersCommand(world: World): Command {
  const controllers = new Command("controllers").description(
    "Controllers in the background (make start-controllers, make stop-controllers)",
  );
  const add = (name: string, description: string) =>
    controllers
      .command(name)
      .description(description)
      .argument("[provider...]", `whose controller: ${providerIds.join(", ")} (default: all)`);
  add("start", "Starts them; those that run already go on")
    .option("--metrics-bind-address <address>", "where metrics are served (default: each controller's own)")
    .addHelpText(
      "after",
      "\nThey find cluster and tailnet as bin/<provider>-controller does, by the environment and the lab.\n" +
        "Logs go to /tmp/stargate-<provider>-controller.log, or into STARGATE_LOG_DIR.",
    )
    .action(async (asked: string[], { metricsBindAddress }: { metricsBindAddress?: string }) => {
      const args = metricsBindAddress === undefined ? [] : ["--metrics-bind-address", metricsBindAddress];
      const { startControllers } = await work();
      await startControllers(checked(asked), args, world);
    });
  add("stop", "Stops them; work that runs on hosts goes on there").action(async (asked: string[]) => {
    const { stopControllers } = await work();
    await stopControllers(checked(asked), world);
  });
  add("status", "Says which run").action(async (asked: string[]) => {
    const { readControllers } = await work();
    const rows = (await readControllers(checked(asked), world)).map(({ place, pid }) => [
      place.program,
      pid === undefined ? "stopped" : "running",
      String(pid ?? ""),
      place.logPath,
    ]);
    world.print(renderTable(["CONTROLLER", "STATE", "PID", "LOG"], rows));
  });
  return controllers;
}

// Loaded by those who run something: help does not wait for it.
const work = () => import("../run-controllers/start-controllers.ts");

function checked(asked: readonly string[]): readonly string[] {
  return asked.length === 0 ? providerIds : asked.map(checkProviderId);
}
