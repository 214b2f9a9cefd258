import assert from "node:assert/strict";
import { join } from "node:path";
import { readmeCommand, withFlags, withoutFlag } from "./readme.ts";
import type { Stage } from "./stage.ts";

const SECTION = "## Azure VMs";

/** Which cluster the workers join, and how it is reached. */
export interface Target {
  /** Flags of prep-dc-inventory that name tailnet and cluster, beyond the README's. */
  flags: readonly string[];
  /** True: the README's --kubeconfig is left out, as the lab is the default. */
  isLab: boolean;
  /** The controller's command. */
  controller: string;
}

/** README "Azure VMs": a datacenter, its workers repaved into Ready nodes. */
export async function makeNodes(stage: Stage, target: Target): Promise<void> {
  const { shell, transcript, mirrorUrl, manifestSha256, fake, logs } = stage;
  shell.env["AZURE_SUBSCRIPTION_ID"] = fake.settings.subscriptionId;
  await shell.type(readmeCommand(SECTION, "export DEPLOY_NUM="));
  const readme = readmeCommand(SECTION, "bin/prep-dc-inventory");
  const command = withFlags(target.isLab ? withoutFlag(readme, "--kubeconfig") : readme, [
    ...target.flags,
    `--artifact-mirror ${mirrorUrl}`,
  ]);
  transcript.note("What would be made");
  await shell.type(withFlags(command, ["--dry-run"]));
  transcript.note("Make it: a router and two workers");
  await shell.type(command);
  await shell.type("kubectl get datacenters,servers -n azure-dc");

  transcript.note("Secret, profile (with the mirror, as these VMs have no internet), controller, Operations");
  await shell.type(readmeCommand(SECTION, "kubectl create secret"));
  const profile = readmeCommand(SECTION, "kubectl apply");
  const source = `  artifactSource:\n    type: Mirror\n    url: ${mirrorUrl}\n    manifestSha256: ${manifestSha256}\n`;
  await shell.type(profile.replace(/(\n {2}adminUsername: .*\n)/, `$1${source}`));
  shell.start(target.controller, join(logs, "azure-controller.log"));
  await shell.type(
    readmeCommand("## Quick start, piece by piece", "for server in")
      .replaceAll("simulator-dc", "azure-dc")
      .replaceAll("qemu-k8s-worker", "azure-k8s-worker"),
  );
  await shell.type("kubectl wait --for=condition=Complete operations --all -n azure-dc --timeout=30m");
  await shell.type("kubectl get operations -n azure-dc");
  await shell.type("kubectl get servers -n azure-dc");
  const nodes = await shell.type("kubectl get nodes -o wide");
  assert.equal(nodes.match(/^stargate-azure-vm\S+ +Ready /gm)?.length, 2, nodes);
}

/** README: takes the datacenter down, and shows that nothing of it is left. */
export async function destroyDatacenter(stage: Stage, flags: readonly string[]): Promise<void> {
  const { shell, transcript, fake } = stage;
  transcript.note("Take the datacenter down");
  await shell.stop();
  await shell.type(
    withFlags(
      "bin/prep-dc-inventory destroy --provider azure --router-name stargate-azure-router-$DEPLOY_NUM",
      flags,
    ),
  );
  const left = fake.arm.store
    .ofType("Microsoft.Resources/resourceGroups")
    .concat(fake.arm.store.all())
    .filter(({ id, tags }) => /azure-(router|vm)/.test(id) || tags?.["stargate-datacenter"] !== undefined);
  assert.deepEqual(
    left.map(({ id }) => id),
    [],
  );
  await shell.type("tailscale status");
  await shell.type("kubectl get datacenters,servers -A");
}
