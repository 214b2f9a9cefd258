import { Command } from "commander";
import type { World } from "../lib/world.ts";

/** `stargate demo`: the main job, shown on this machine. */
export function demoCommand(world: World): Command {
  return new Command("demo")
    .description("Shows the main job on this machine: real VMs become Ready nodes of a real cluster")
    .action(async () => {
      const { runDemo } = await import("../demo/run-demo.ts");
      await runDemo(world);
    });
}
