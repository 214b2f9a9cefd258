import { exec } from "../../src/lib/exec.ts";
import type { ScriptResult, VmView } from "./fake-arm/compute/vm-backend.ts";
import { MX_TAILNET_ADDRESS } from "./fake-mx.ts";
import { ScriptedGuest } from "./scripted-guest.ts";

/** A guest that becomes a control plane, step by step each time it is asked, once it is in the tailnet. */
export class MxGuest extends ScriptedGuest {
  readonly #stages = ["Install Kubernetes", "Make the control plane", "ready"];
  readonly #pki: string;
  /** Told of work that takes real time. */
  onWork: (work: Promise<unknown>) => void = () => undefined;

  constructor(view: VmView, pki: string) {
    super(view);
    this.#pki = pki;
  }

  override async runScript(script: string): Promise<ScriptResult> {
    if (script.includes("says how far the control plane is")) {
      this.scripts.push(script);
      return { exitCode: 0, stdout: this.#report(), stderr: "" };
    }
    if (script.includes("makes a client certificate of the cluster")) {
      this.scripts.push(script);
      // The very script, with the certificate authority of this test.
      const text = script.replace("/etc/kubernetes/pki", this.#pki);
      const work = exec(["bash", "-s"], { stdin: text, okCodes: [0, 1] });
      this.onWork(work);
      const { stdout, stderr, exitCode } = await work;
      return { exitCode, stdout, stderr };
    }
    return super.runScript(script);
  }

  #report(): string {
    const isIn = this.tailnet === "Running";
    const stage = isIn
      ? this.#stages.length > 1
        ? this.#stages.shift()
        : this.#stages[0]
      : "Wait for the tailnet";
    const facts: Record<string, string> = {
      stage: stage ?? "",
      unit: stage === "ready" ? "active" : "activating",
      "last-line": "2026-01-01T00:00:00Z something",
      tailnet: this.tailnet,
      "tailnet-address": isIn ? MX_TAILNET_ADDRESS : "",
      tailscale: "1.102.3",
      containerd: "2.1.5",
      ...(stage === "ready"
        ? {
            kubernetes: "v1.37.2",
            kubelet: "v1.37.2",
            "node-status": "Ready",
            nodes: "3",
            "nodes-ready": "2",
          }
        : {}),
    };
    return Object.entries(facts)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("");
  }
}
