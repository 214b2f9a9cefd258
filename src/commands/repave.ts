import { Command, InvalidArgumentError, Option } from "commander";
import { durationPattern } from "../lib/duration.ts";
import type { World } from "../lib/world.ts";
import { addClusterFlags, type ClusterFlags } from "./cluster-flags.ts";

interface Flags extends ClusterFlags {
  profile?: string;
  operation: "repave" | "reboot" | "deprovision";
  mode: "inplace" | "reimage";
  force: boolean;
  timeout?: string;
  wait: boolean;
  output: "text" | "name" | "json";
}

/** `stargate repave`: Operations for some servers at once, and what becomes of them. */
export function repaveCommand(world: World): Command {
  const command = new Command("repave")
    .description(
      "Creates an Operation for each of these servers: makes them new nodes, or what --operation says",
    )
    .argument("<server...>", "names of Servers")
    .option(
      "--profile <name>",
      "ProvisioningProfile (default: the one the Server names, or the only one there is)",
    )
    .addOption(
      new Option("--operation <type>", "what is done with them")
        .choices(["repave", "reboot", "deprovision"])
        .default("repave"),
    )
    .addOption(
      new Option("--mode <mode>", "reimage: a repave begins with a fresh disk, whatever is on the server")
        .choices(["inplace", "reimage"])
        .default("inplace"),
    )
    .option("--force", "go on where care would stop (kubectl explain operation.spec.force)", false)
    .option(
      "--timeout <duration>",
      "how long each may take from its start, for instance 45m (default: 30m)",
      duration,
    )
    .option("--wait", "show what they do until all have ended; exit code 1 if one failed", false)
    .addOption(
      new Option("-o, --output <format>", "what is printed of them: their names, or the objects as JSON")
        .choices(["text", "name", "json"])
        .default("text"),
    );
  return addClusterFlags(command).action(async (servers: string[], flags: Flags) => {
    const [{ connectToCluster }, { repaveServers }] = await Promise.all([
      import("../operations/connect-to-cluster.ts"),
      import("../operations/repave.ts"),
    ]);
    const { client, namespace } = await connectToCluster(flags, world);
    const { profile, operation, mode, force, timeout, wait, output } = flags;
    const wanted = { namespace, servers, profile, operation, mode, force, timeout };
    const isOver = await repaveServers({ ...wanted, client, wait, output }, world);
    if (!isOver) process.exitCode = 130;
  });
}

function duration(text: string): string {
  if (text === "" || !durationPattern.test(text)) {
    throw new InvalidArgumentError("It must be hours, minutes and seconds, for instance 1h30m.");
  }
  return text;
}
