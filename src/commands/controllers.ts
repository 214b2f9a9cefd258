import { Command } from "commander";
import { renderTable } from "../lib/table.ts";
import type { World } from "../lib/world.ts";
import { providerById, providerIds } from "../providers/registry.ts";
import { readControllers, startControllers, stopControllers } from "../run-controllers/start-controllers.ts";

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
      await startControllers(checked(asked), args, world);
    });
  add("stop", "Stops them; work that runs on hosts goes on there").action(async (asked: string[]) =>
    stopControllers(checked(asked), world),
  );
  add("status", "Says which run").action(async (asked: string[]) => {
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

function checked(asked: readonly string[]): readonly string[] {
  return asked.length === 0 ? providerIds : asked.map((id) => providerById(id).id);
}
