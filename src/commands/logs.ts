import { Command } from "commander";
import type { World } from "../lib/world.ts";
import { addServerFlags, type ServerFlags } from "./cluster-flags.ts";

interface Flags extends ServerFlags {
  follow: boolean;
  step?: string;
}

/** `stargate logs`: what an Operation's steps say on its server. */
export function logsCommand(world: World): Command {
  const command = new Command("logs")
    .description("Prints what an Operation's steps said on its server, read there over SSH")
    .argument("<operation>", "name of the Operation")
    .option(
      "-f, --follow",
      "go on until the Operation ends; exit code 0 if it succeeded, 1 if it failed",
      false,
    )
    .option("--step <name>", "only this step, without headings");
  return addServerFlags(command).action(async (name: string, flags: Flags) => {
    const { connectToCluster } = await import("../operations/connect-to-cluster.ts");
    const cluster = await connectToCluster(flags, world);
    const request = { ...cluster, name, step: flags.step, adminUsername: flags.adminUsername };
    if (flags.follow) {
      const { followLogs } = await import("../operations/logs/follow-logs.ts");
      await followLogs(request, world);
    } else {
      const { showLogs } = await import("../operations/logs/show-logs.ts");
      await showLogs(request, world);
    }
  });
}
