import { Command, Option } from "commander";
import type { World } from "../lib/world.ts";
import type { LabStatus } from "../lab/lab-status.ts";
import { StargateError } from "../lib/errors.ts";
import { renderTable } from "../lib/table.ts";

/** `stargate lab`: the embedded control plane and tailnet. */
export function labCommand(world: World): Command {
  const lab = new Command("lab").description("A control plane and a tailnet of this host's own, on loopback");
  lab
    .command("up")
    .description("Brings the lab up, or says that it is")
    .option("--kubernetes <version>", "Kubernetes version, for instance 1.37")
    .action(async (options: { kubernetes?: string }) => {
      const { labUp } = await import("../lab/lab-up.ts");
      const state = await labUp(world, options);
      world.print(
        [
          `The lab is up: Kubernetes ${state.kubernetesVersion}`,
          `  export KUBECONFIG=${state.kubeconfigPath}`,
          `  tailnet proxy: ${state.socksProxy}`,
        ].join("\n"),
      );
    });
  lab
    .command("down")
    .description("Stops the lab; bin/stargate lab up continues with the same cluster")
    .action(async () => {
      const { labDown } = await import("../lab/lab-up.ts");
      world.print((await labDown(world)) ? "The lab is down" : "The lab was not running");
    });
  lab
    .command("status")
    .description("Says what runs, since when, and how often it was started again")
    .addOption(
      new Option("-o, --output <format>", "how it is printed").choices(["table", "json"]).default("table"),
    )
    .action(async ({ output }: { output: "table" | "json" }) => {
      const { readLabStatus } = await import("../lab/lab-status.ts");
      const status = await readLabStatus(world);
      world.print(output === "json" ? JSON.stringify(status, null, 2) : renderStatus(status));
      if (status.state === "failing") process.exitCode = 1;
    });
  lab
    .command("kubeconfig")
    .description("Prints the path of the lab's kubeconfig")
    .action(async () => {
      const { readLabStatus } = await import("../lab/lab-status.ts");
      const { lab: state } = await readLabStatus(world);
      if (state === undefined) {
        throw new StargateError("LabMissing", `There is no lab in ${world.paths.labDir}`, {
          remedy: "Bring it up: bin/stargate lab up.",
        });
      }
      world.print(state.kubeconfigPath);
    });
  lab
    .command("destroy")
    .description("Stops the lab and removes everything it keeps")
    .action(async () => {
      const { labDestroy } = await import("../lab/lab-destroy.ts");
      await labDestroy(world);
      world.print("The lab is gone");
    });
  lab.command("supervise", { hidden: true }).action(async () => {
    const { runSupervisor } = await import("../lab/run-supervisor.ts");
    await runSupervisor(world);
  });
  return lab;
}

function renderStatus({ state, lab, parts }: LabStatus): string {
  const head = `The lab is ${state}${lab === undefined ? "" : ` (Kubernetes ${lab.kubernetesVersion})`}`;
  if (parts.length === 0) return head;
  const rows = parts.map((part) => [
    part.name,
    part.state,
    String(part.pid ?? ""),
    String(part.restarts),
    part.since,
    lastErrorOf(part),
  ]);
  return `${head}\n${renderTable(["PART", "STATE", "PID", "RESTARTS", "SINCE", "LAST ERROR"], rows)}`;
}

/** What ended a part last; for one that does not run, what its log says too. */
function lastErrorOf({ state, lastError = "" }: LabStatus["parts"][number]): string {
  const [first = "", ...rest] = lastError.split("\n");
  return state === "failed" ? [first, ...rest.slice(-1)].join(": ") : first;
}
