import { Command, Option } from "commander";
import type { World } from "../lib/world.ts";
import { providerFlags, providerIds } from "../providers/provider-flags.ts";
import { addJoiningFlags, addProxyFlag } from "./tailnet-flags.ts";

/** `prep-dc-inventory`: creates, completes, repairs or takes down a datacenter. */
export function prepDcInventoryCommand(world: World): Command {
  const command = new Command("prep-dc-inventory")
    .description(
      "Creates a datacenter (router and worker VMs), verifies the way through, and writes Server objects",
    )
    .argument("[action]", 'nothing to create or repair, or "destroy"');
  addCommonFlags(command);
  for (const { addFlags } of providerFlags) addFlags(command);
  return command.action(async (action: string | undefined, flags: unknown) => {
    // Loaded only here: help does not wait for the providers.
    const { runPrepDcInventory } = await import("./run-prep-dc-inventory.ts");
    await runPrepDcInventory(action, flags, world);
  });
}

function addCommonFlags(command: Command): void {
  command
    .addOption(
      new Option("--provider <id>", "where the VMs are made").choices([...providerIds]).makeOptionMandatory(),
    )
    .requiredOption("--router-name <name>", "host name of the router VM; it also names the datacenter")
    .option(
      "--routers <count>",
      "1, or 2 of which one takes over from the other (default: as many as there are, else 1)",
    )
    .option("--vm <name>", "name of a worker VM (repeat for more)", collect)
    .option("--admin-username <name>", "user made on every VM, with sudo (default: ubuntu for qemu)")
    .option(
      "--ssh-public-key <path>",
      "public key that may log in (default: the lab's, or ~/.ssh/id_ed25519.pub)",
    )
    .option(
      "--ssh-private-key <path>",
      "its private key, to verify the way (default: the same path without .pub)",
    )
    .option(
      "--namespace <name>",
      "namespace of the Server objects (default: <provider>-dc, simulator-dc for qemu)",
    )
    .option("--kubeconfig <path>", "kubeconfig of the MX cluster (default: KUBECONFIG, or the lab's)");
  addProxyFlag(addJoiningFlags(command, "the router"))
    .option("--dry-run", "prints what would be done, in order, and does nothing")
    .option("--destroy", "takes the datacenter of --router-name down");
}

function collect(one: string, all: string[] | undefined): string[] {
  return [...(all ?? []), one];
}
