import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ProvisioningProfile } from "../../src/api/v1alpha1/provisioning-profile.ts";
import {
  renderDiscoveryKubeconfig,
  renderJoinConfiguration,
} from "../../src/bootstrap/join-configuration.ts";
import { scriptText } from "../../src/bootstrap/step-context.ts";
import { bundleInputs } from "../../src/bootstrap/steps/install-kubernetes.ts";
import { createWorkerBootstrap, type BootstrapRequest } from "../../src/bootstrap/worker-bootstrap.ts";
import { ensureToken } from "../../src/controllers/operation/bootstrap-token.ts";
import * as resources from "../../src/kubernetes/resources.ts";
import { hostArchitecture } from "../../src/toolchain/host-architecture.ts";
import { nodeBundleDir } from "../../src/toolchain/make-node-bundle.ts";
import { NodeBundle } from "../../src/toolchain/node-bundle.ts";
import type { BenchLab } from "./bench-lab.ts";

const PREPARATION = ["inspect-host", "send-artifacts", "configure-kernel", "install-containerd"];

/** Milliseconds of each part of a join that nothing is done around, on the first worker. */
export async function joinBare(
  lab: BenchLab,
  bareJoin: string,
): Promise<{ import: number; join: number; ready: number }> {
  const name = lab.workers[0];
  await using host = await lab.connect(name);
  const client = await lab.client();
  const server = await lab.server(name);
  const { namespace } = server.metadata;
  const profile = await client.get(
    resources.provisioningProfiles,
    { namespace, name: server.spec.provisioningProfile ?? "qemu-k8s-worker" },
    ProvisioningProfile,
  );
  const owner = { uid: randomUUID(), namespace, name: "bench-bare" };
  const token = await ensureToken(client, owner, new Date(Date.now() + 3_600_000));
  const controlPlane = {
    description: "the lab",
    server: lab.state.workerApiServer,
    caPem: client.caPem,
    kubeletOverrides: {},
  };
  const folder = nodeBundleDir({
    cacheDir: lab.cacheDir,
    version: lab.state.kubernetesVersion,
    arch: hostArchitecture(process.arch),
  });
  const bundle = NodeBundle.parse(JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")));
  const request: BootstrapRequest = {
    host,
    controlPlane,
    token,
    work: { operation: { metadata: owner }, server, profile, kubernetesVersion: bundle.kubernetesVersion },
  };
  const control = { signal: new AbortController().signal, onLine: () => undefined };
  for (const step of createWorkerBootstrap({ bundleFolder: () => folder }).steps(request)) {
    if (PREPARATION.includes(step.name)) await step.run(control);
  }
  const { IMAGES = "", ...inputs } = bundleInputs(bundle);
  await host.runScript(
    { name: "bench-programs", text: scriptText("install-bundle.sh"), inputs: { ...inputs, IMAGES: "" } },
    { okCodes: [0, 100] },
  );

  const { stdout } = await host.runScript({
    name: "bench-join",
    text: bareJoin,
    inputs: {
      IMAGES: IMAGES.replace(/ .*$/gm, ""),
      JOIN_CONFIGURATION: renderJoinConfiguration({
        nodeName: name,
        nodeIp: server.spec.ipv4,
        labels: {},
        taints: [],
        kubeletOverrides: {},
      }),
      DISCOVERY_KUBECONFIG: renderDiscoveryKubeconfig(controlPlane, token),
    },
  });
  return { import: msOf("import", stdout), join: msOf("join", stdout), ready: await lab.untilReady(name) };
}

function msOf(part: string, output: string): number {
  const found = new RegExp(`^${part}=(\\d+)$`, "m").exec(output)?.[1];
  if (found === undefined) throw new Error(`bare-join.sh did not say ${part}: ${output}`);
  return Number(found);
}
