import { profileWith, serverWith } from "../api/v1alpha1/test-objects.ts";
import type { ProvisioningProfileSpec } from "../api/v1alpha1/provisioning-profile.ts";
import { FakeHost, type FakeAnswer } from "../remote/fake-host.ts";
import type { Script } from "../remote/host.ts";
import { createWorkerBootstrap, type BootstrapRequest } from "./worker-bootstrap.ts";

export const TOKEN = "abcdef.0123456789abcdef";

/** What inspect-host.sh prints of a host that can become a worker. */
export const FACTS = [
  "os=debian 13",
  "arch=amd64",
  "kernel=6.12",
  "machine-id=m1",
  "boot-id=b1",
  "system-uuid=s1",
  "free-mib=9000",
  "cgroup=2",
  "kubelet=no",
  "",
].join("\n");

/** A bare host with a way to the package repositories: every script finds something to do, and does it. */
const BARE_HOST: Record<string, FakeAnswer | FakeAnswer[]> = {
  "script inspect-host": { stdout: FACTS },
  "script check-packages": {},
  "script find-artifacts": {},
  "script reset-node": { exitCode: 100 },
  "script configure-kernel": {},
  "script install-containerd": {},
  "script install-kubernetes": {},
  "script run-custom-script": {},
  "script join-cluster": {},
  "script stop": {},
};

/** One host, and the bootstrap that makes it a worker. A test says what the host answers instead. */
export class BootstrapStory {
  readonly host: FakeHost;
  readonly request: BootstrapRequest;
  readonly lines: string[] = [];
  readonly outcomes: string[] = [];
  bundleFolder = "/nowhere";
  readonly asked: string[] = [];

  constructor(
    answers: Record<string, FakeAnswer | FakeAnswer[]> = {},
    profile: Partial<ProvisioningProfileSpec> = {},
    kubeletOverrides: Readonly<Record<string, unknown>> = {},
  ) {
    this.host = new FakeHost({ ...BARE_HOST, ...answers });
    this.request = {
      work: {
        operation: { metadata: { uid: "uid-of-op-1" } },
        server: serverWith(),
        profile: profileWith(profile),
        kubernetesVersion: profile.kubernetesVersion ?? "1.37",
      },
      host: this.host,
      controlPlane: {
        description: "here",
        server: "https://100.64.0.1:6443",
        caPem: "CA of the cluster",
        kubeletOverrides,
      },
      token: TOKEN,
    };
  }

  readonly bootstrap = createWorkerBootstrap({
    bundleFolder: (version, architecture) => {
      this.asked.push(`${version} ${architecture}`);
      return this.bundleFolder;
    },
  });

  /** Runs every step in order; what each did is in `outcomes`, for instance "reset-node skipped". */
  async run(): Promise<void> {
    for (const step of this.bootstrap.steps(this.request)) {
      const outcome = await step.run({
        signal: new AbortController().signal,
        onLine: (line) => this.lines.push(line),
      });
      this.outcomes.push(`${step.name} ${outcome}`);
    }
  }

  /** The script that ran durably under this name, as the unit on the host gets it. */
  durable(name: string): Script {
    const found = this.host.scripts.find((script) => script.name === name && "SCRIPT" in script.inputs);
    if (found === undefined) throw new Error(`no durable script ${name} ran`);
    const { SCRIPT = "", SCRIPT_INPUTS = "" } = found.inputs;
    return { name, text: SCRIPT, inputs: readExports(SCRIPT_INPUTS) };
  }
}

/** What a shell reads of `export NAME='value'` lines. */
function readExports(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = "", quoted, bare = ""] of text.matchAll(
    /^export ([A-Z0-9_]+)=(?:'((?:[^']|'\\'')*)'|(.*))$/gm,
  )) {
    found[name] = quoted === undefined ? bare : quoted.replaceAll(`'\\''`, "'");
  }
  return found;
}
