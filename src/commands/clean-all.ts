import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { UsageError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { addTailnetFlags, tailnetGiven, type TailnetFlags } from "./tailnet-flags.ts";

interface Flags extends TailnetFlags {
  yes: boolean;
  keepCache: boolean;
}

/** `stargate clean-all`: nothing of ours is left. */
export function cleanAllCommand(world: World): Command {
  const command = new Command("clean-all")
    .description(
      "Removes everything of ours: controllers, datacenters, the kind cluster, devices and keys of ours in the tailnet " +
        "whose credentials are given, the lab, and all files",
    )
    .option("-y, --yes", "do not ask", false)
    .option("--keep-cache", "keep what is slow to build or download", false);
  return addTailnetFlags(command).action(async (flags: Flags) => {
    const [{ cleanAll }, { chooseTailnet }] = await Promise.all([
      import("../clean-all/clean-all.ts"),
      import("../tailnet/choose-tailnet.ts"),
    ]);
    const tailnet = chooseTailnet(await tailnetGiven(flags, world.env));
    const isSure = flags.yes || world.env["CI"] !== undefined;
    await cleanAll(
      { keepCache: flags.keepCache, tailnet, confirm: async () => isSure || (await ask(world)) },
      world,
    );
  });
}

async function ask({ isInteractive, signal }: World): Promise<boolean> {
  if (!isInteractive)
    throw new UsageError(
      "Nobody is there to be asked",
      "Add --yes (with make: YES=1) to remove it without asking.",
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question("Remove all this? [y/N] ", { signal })).trim());
  } finally {
    terminal.close();
  }
}
