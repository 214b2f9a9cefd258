import { readFile } from "node:fs/promises";
import { StargateError, UsageError } from "../lib/errors.ts";
import { addSecret } from "../lib/redact.ts";
import type { World } from "../lib/world.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { createKubeClient } from "../kubernetes/http-kube-client.ts";
import { readLabStatus } from "../lab/lab-status.ts";
import type { LabState } from "../lab/lab-state.ts";
import { createDialer } from "../remote/create-dialer.ts";
import type { Dialer } from "../remote/dialer.ts";
import { chooseTailnet, type TailnetGiven } from "../tailnet/choose-tailnet.ts";
import { createHeadscale } from "../tailnet/headscale/headscale.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";

/** The cluster, the tailnet and the way into it that a run works with. */
export interface Connections {
  client: KubeClient;
  tailnet: Tailnet;
  dialer: Dialer;
  /** The lab, where it is used; undefined for somebody's own tailnet and cluster. */
  lab: LabState | undefined;
  /** URL of the API server as workers reach it; undefined where it cannot be known here. */
  workerApiServer: string | undefined;
}

export interface ConnectionFlags {
  tailnet: TailnetGiven;
  kubeconfig: string | undefined;
  tailnetProxy: string | undefined;
}

/**
 * What the flags name, or the lab where they name no tailnet.
 * @throws StargateError NoTailnet, LabNotRunning; UsageError for credentials that do not fit together
 */
export async function connect(flags: ConnectionFlags, world: World): Promise<Connections> {
  const tailnet = chooseTailnet(flags.tailnet);
  if (tailnet === undefined) return connectToLab(flags, world);
  const client = await createKubeClient({
    ...(flags.kubeconfig === undefined ? {} : { kubeconfigPath: flags.kubeconfig }),
    env: world.env,
  });
  return {
    client,
    tailnet,
    dialer: createDialer(flags.tailnetProxy),
    lab: undefined,
    workerApiServer: isLoopback(client.server) ? undefined : client.server,
  };
}

/**
 * The same for taking a datacenter down, which must be possible when the lab it was made for is gone: undefined then.
 * @throws as connect, but for NoTailnet where no cluster was named either
 */
export async function connectToDestroy(
  flags: ConnectionFlags,
  world: World,
): Promise<Connections | undefined> {
  try {
    return await connect(flags, world);
  } catch (error) {
    const isNothingNamed = flags.kubeconfig === undefined && world.env["KUBECONFIG"] === undefined;
    if (!isNothingNamed || !(error instanceof StargateError) || error.reason !== "NoTailnet") throw error;
    world.progress.say("There is no lab and no tailnet was named: only VMs are removed");
    return undefined;
  }
}

async function connectToLab(flags: ConnectionFlags, world: World): Promise<Connections> {
  const { state, lab } = await readLabStatus(world);
  if (lab === undefined) {
    throw new StargateError("NoTailnet", "No tailnet was named, and there is no lab here to use instead", {
      remedy:
        "Bring the lab up (bin/stargate lab up), or set TAILSCALE_CLIENT_ID and TAILSCALE_CLIENT_SECRET, or TAILSCALE_AUTH_KEY.",
    });
  }
  if (flags.kubeconfig !== undefined && flags.kubeconfig !== lab.kubeconfigPath) {
    throw new UsageError(
      "A kubeconfig was given but no tailnet: the lab's tailnet leads only to the lab's cluster",
      "Name the tailnet of that cluster too (TAILSCALE_CLIENT_ID and TAILSCALE_CLIENT_SECRET, or TAILSCALE_AUTH_KEY).",
    );
  }
  if (state !== "up") {
    throw new StargateError("LabNotRunning", `The lab is ${state}`, {
      remedy: "Bring it up: bin/stargate lab up.",
    });
  }
  world.progress.say(`Using the lab's cluster and tailnet (${world.paths.labDir})`);
  const apiKey = (await readFile(lab.headscaleApiKeyPath, "utf8")).trim();
  addSecret(apiKey);
  return {
    client: await createKubeClient({ kubeconfigPath: lab.kubeconfigPath, env: world.env }),
    tailnet: createHeadscale({ url: lab.headscaleUrl, apiKey }),
    dialer: createDialer(lab.socksProxy),
    lab,
    workerApiServer: lab.workerApiServer,
  };
}

function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
