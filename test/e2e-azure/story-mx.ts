import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { exec } from "../../src/lib/exec.ts";
import { readmeCommand, withFlags } from "./readme.ts";
import type { Stage } from "./stage.ts";

const SECTION = "## Deploy MX Cluster in Azure";

/** README "Deploy MX Cluster in Azure", from nothing to a cluster that answers. */
export async function provisionMx({ shell, transcript, lab, mirrorUrl, fake }: Stage): Promise<void> {
  transcript.note("Deploy MX Cluster in Azure");
  shell.env["AZURE_SUBSCRIPTION_ID"] = fake.settings.subscriptionId;
  transcript.write(
    "(TAILSCALE_AUTH_KEY is a key of the lab's Headscale for one device, TAILNET_API_KEY one for its API)\n",
  );
  shell.env["TAILNET_API_KEY"] = (await readFile(lab.headscaleApiKeyPath, "utf8")).trim();
  shell.env["TAILSCALE_AUTH_KEY"] = await makeAuthKey(shell.env);
  await shell.type(
    withFlags(readmeCommand(SECTION, "bin/mx-azure provision"), [
      `--tailnet-url ${lab.headscaleUrl}`,
      `--tailnet-proxy ${lab.socksProxy}`,
      `--artifact-mirror ${mirrorUrl}`,
    ]),
  );
  await shell.type(readmeCommand(SECTION, "export KUBECONFIG="));
  const nodes = await shell.type(readmeCommand(SECTION, "kubectl get nodes"));
  assert.match(nodes, /stargate-mx-cp +Ready +control-plane/);
  await shell.type("kubectl get pods -A -o wide");
  await shell.type(
    "ssh -F ~/.ssh/config -G stargate-mx-cp | grep -E '^(hostname|user|stricthostkeychecking) '",
  );
  // Here tailscaled has no interface of its own, so ssh is told the way.
  await shell.type(
    "ssh -F ~/.ssh/config -o ProxyCommand='tailscale nc %h %p' stargate-mx-cp sudo tail -n 1 /var/log/mx-bootstrap.log",
  );
}

/** README: the controller for workers of the cluster. */
export function controllerCommand({ lab }: Stage): string {
  return withFlags(readmeCommand(SECTION, "bin/azure-controller"), [
    `--tailnet-url ${lab.headscaleUrl}`,
    `--tailnet-proxy ${lab.socksProxy}`,
    "--metrics-bind-address 0",
  ]);
}

export async function showStatus({ shell, lab }: Stage): Promise<void> {
  const command = readmeCommand(SECTION, "bin/mx-azure status").replace(/\s+#.*$/, "");
  const status = await shell.type(withFlags(command, [`--tailnet-url ${lab.headscaleUrl}`]));
  assert.match(status, /running/);
}

export async function destroyMx({ shell, lab, fake, home }: Stage): Promise<void> {
  await shell.type(
    withFlags(readmeCommand(SECTION, "bin/mx-azure destroy"), [`--tailnet-url ${lab.headscaleUrl}`]),
  );
  assert.deepEqual(
    fake.arm.store.all().map(({ id }) => id),
    [],
  );
  await shell.type(`ls ${join(home, ".kube")} ${join(home, ".ssh")}`);
}

/** What a person would make in the tailnet's admin console. */
async function makeAuthKey(env: Record<string, string>): Promise<string> {
  const flags = ["--tags", "tag:stargate-router", "--expiration", "1h", "-o", "json"];
  const { stdout } = await exec(["headscale", "preauthkeys", "create", ...flags], { env });
  return z.object({ key: z.string() }).parse(JSON.parse(stdout)).key;
}
