import { Command } from "commander";
import { runDemo } from "../demo/run-demo.ts";
import type { World } from "../lib/world.ts";

/** `stargate demo`: the main job, shown on this machine. */
export function demoCommand(world: World): Command {
  return new Command("demo")
    .description("Shows the main job on this machine: real VMs become Ready nodes of a real cluster")
    .action(() => runDemo(world));
}
