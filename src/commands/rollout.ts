import { Command } from "commander";
import type { World } from "../lib/world.ts";
import { addClusterFlags, type ClusterFlags } from "./cluster-flags.ts";

/** `stargate rollout`: how far a Rollout is. */
export function rolloutCommand(world: World): Command {
  const status = new Command("status")
    .description("Prints how far a Rollout is, and why servers failed")
    .argument("<rollout>", "name of the Rollout")
    .option("--wait", "follow it until it is complete; exit code 1 if it cannot go on", false);
  addClusterFlags(status).action(async (name: string, flags: ClusterFlags & { wait: boolean }) => {
    const [{ connectToCluster }, { showRolloutStatus }] = await Promise.all([
      import("../operations/connect-to-cluster.ts"),
      import("../operations/rollout-status.ts"),
    ]);
    const { client, namespace } = await connectToCluster(flags, world);
    await showRolloutStatus({ client, namespace, name, wait: flags.wait }, world);
  });
  return new Command("rollout").description("Looks at Rollouts").addCommand(status);
}
