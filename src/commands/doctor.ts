import { Command, InvalidArgumentError, Option } from "commander";
import { countOf, renderFindings, renderJson } from "../doctor/render.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { addJoiningFlags, addProxyFlag, joiningTailnetGiven, type JoiningFlags } from "./tailnet-flags.ts";

interface Flags extends JoiningFlags {
  output: "table" | "json";
  kubeconfig?: string;
  controlPlaneIp?: string;
  controlPlanePort?: number;
  tailnetProxy?: string;
}

/** `stargate doctor`: looks at everything that has to be right, and says what to do where it is not. */
export function doctorCommand(world: World): Command {
  const command = new Command("doctor")
    .description(
      "Looks at host, tailnet, cluster, datacenters and controllers, and says what to do where one is not right",
    )
    .addOption(
      new Option("-o, --output <format>", "how it is told").choices(["table", "json"]).default("table"),
    )
    .option("--kubeconfig <path>", "kubeconfig of the MX cluster (default: KUBECONFIG, or the lab's)")
    .option("--control-plane-ip <address>", "tailnet address of the control plane, where workers join")
    .option("--control-plane-port <port>", "port of its API server there (default: 6443)", portNumber);
  return addProxyFlag(addJoiningFlags(command, "routers")).action((flags: Flags) => examine(flags, world));
}

async function examine(flags: Flags, world: World): Promise<void> {
  const { env } = world;
  const request = {
    tailnet: await joiningTailnetGiven(flags, env),
    kubeconfig: flags.kubeconfig,
    tailnetProxy: flags.tailnetProxy,
    controlPlaneIp: flags.controlPlaneIp,
    controlPlanePort: flags.controlPlanePort,
  };
  const { runDoctor } = await import("../doctor/run-doctor.ts");
  const areas = await runDoctor(request, world);
  world.print(flags.output === "json" ? renderJson(areas) : renderFindings(areas));
  const bad = countOf(areas, "red");
  if (bad === 0) return;
  throw new StargateError("NotInOrder", `${bad === 1 ? "1 thing is" : `${bad} things are`} not in order`, {
    remedy: "Do what each red line says, from the top: what comes first is often why the rest is red.",
  });
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 65535.");
  }
  return value;
}
