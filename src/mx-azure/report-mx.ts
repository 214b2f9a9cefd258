import { readAsset } from "../lib/assets.ts";
import type { Arm } from "../providers/azure/arm/arm.ts";
import { runOnVm, type VmRef } from "../providers/azure/vm/run-command.ts";

/** How far an MX VM is, and what it is made of: what report-mx.sh finds. Undefined: not there yet. */
export interface MxReport {
  /** Title of the step it is at, or "ready". */
  stage: string;
  /** State of the unit that makes the control plane: activating while it works or waits to try again. */
  unit: string;
  lastLine: string;
  tailnet: string | undefined;
  tailnetAddress: string | undefined;
  kubernetes: string | undefined;
  kubelet: string | undefined;
  containerd: string | undefined;
  tailscale: string | undefined;
  nodeStatus: string | undefined;
  nodes: number;
  nodesReady: number;
}

/** Asks the VM through Azure's agent, so that it answers also where the tailnet does not. */
export function readMxReport(arm: Arm, vm: VmRef): Promise<MxReport> {
  return askForReport(arm, vm, "yes");
}

/** The same, but only how far it is: cheap for a VM that is at work. */
export async function readMxStage(arm: Arm, vm: VmRef): Promise<Pick<MxReport, "stage" | "lastLine">> {
  return askForReport(arm, vm, "no");
}

async function askForReport(arm: Arm, vm: VmRef, details: "yes" | "no"): Promise<MxReport> {
  const text = readAsset("mx-azure/vm/report-mx.sh");
  return parseMxReport(await runOnVm(arm, vm, { name: "report-mx", text, inputs: { DETAILS: details } }));
}

/** Pure. */
export function parseMxReport(output: string): MxReport {
  const facts = new Map(
    output.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const text = (name: string): string | undefined => {
    const value = facts.get(name);
    return value === "" ? undefined : value;
  };
  return {
    stage: text("stage") ?? "unknown",
    unit: text("unit") ?? "unknown",
    lastLine: text("last-line") ?? "",
    tailnet: text("tailnet"),
    tailnetAddress: text("tailnet-address"),
    kubernetes: text("kubernetes"),
    kubelet: text("kubelet"),
    containerd: text("containerd"),
    tailscale: text("tailscale"),
    nodeStatus: text("node-status"),
    nodes: Number(text("nodes") ?? 0),
    nodesReady: Number(text("nodes-ready") ?? 0),
  };
}
