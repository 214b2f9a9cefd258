import { InMemoryBackend } from "./fake-arm/compute/in-memory-backend.ts";
import type { ScriptResult, VmView } from "./fake-arm/compute/vm-backend.ts";

/** Stands for a guest whose cloud-init works and which answers settle-vm.sh as a real one would. */
export class ScriptedGuest extends InMemoryBackend {
  readonly view: VmView;
  /** How often settle-vm.sh finds cloud-init still at work. */
  bootingFor = 1;
  cloudInit: "done" | "error" = "done";
  /** BackendState of tailscaled. */
  tailnet = "NeedsLogin";
  readonly usedKeys: string[] = [];
  /** Flags that tailscale was last given. */
  tailnetFlags: string[] = [];
  /** Told when it joins the tailnet. */
  onJoin: () => void = () => undefined;

  constructor(view: VmView) {
    super(view);
    this.view = view;
  }

  override async runScript(script: string): Promise<ScriptResult> {
    this.scripts.push(script);
    if (!script.includes("says what a VM is once cloud-init")) {
      return { exitCode: 127, stdout: "", stderr: "the scripted guest does not know this script" };
    }
    const inputs = readInputs(script);
    if (this.bootingFor > 0) {
      this.bootingFor -= 1;
      return said({ "cloud-init": "running", "host-key": this.#key() });
    }
    const flags = (inputs["TAILNET_FLAGS"] ?? "").split("\n").filter((flag) => flag !== "");
    if (flags.length === 0 || this.cloudInit === "error") {
      return said({ "cloud-init": this.cloudInit, "host-key": this.#key() });
    }
    const key = inputs["TAILNET_KEY"] ?? "";
    if (key !== "" && !this.usedKeys.includes(key)) {
      this.usedKeys.push(key);
      this.tailnet = "Running";
      this.onJoin();
      this.tailnetFlags = flags;
    } else if (this.tailnet === "Running") this.tailnetFlags = flags;
    return said({
      "cloud-init": "done",
      "host-key": this.#key(),
      tailnet: this.tailnet,
      ...(this.tailnet === "Running"
        ? { "tailnet-address": "100.64.0.7", "tailnet-name": `${this.view.name}.ts.test.` }
        : {}),
    });
  }

  #key(): string {
    return this.hostKey.split(" ").slice(0, 2).join(" ");
  }
}

/** The `export NAME=value` lines that come before a script. */
function readInputs(script: string): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const [, name = "", quoted, plain] of script.matchAll(/^export ([A-Z_]+)=(?:'([^']*)'|(\S*))$/gm)) {
    inputs[name] = quoted ?? plain ?? "";
  }
  return inputs;
}

function said(facts: Record<string, string>): ScriptResult {
  const stdout = Object.entries(facts)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
  return { exitCode: 0, stdout, stderr: "" };
}
