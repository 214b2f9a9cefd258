import { createWorkerBootstrap } from "../bootstrap/worker-bootstrap.ts";
import { resolveControlPlane } from "../control-plane/resolve-control-plane.ts";
import type { ControlPlanePlan } from "../control-plane/decide-control-plane.ts";
import type { LeaseTimes } from "../controller-runtime/leader-election.ts";
import { createKubeClient } from "../kubernetes/http-kube-client.ts";
import type { World } from "../lib/world.ts";
import type { Provider } from "../providers/provider.ts";
import { createDialer } from "../remote/create-dialer.ts";
import { createSshConnector } from "../remote/ssh.ts";
import type { TailnetGiven } from "../tailnet/choose-tailnet.ts";
import { nodeBundleDir } from "../toolchain/make-node-bundle.ts";
import { hostNetworks } from "./datacenter/networks.ts";
import { controllerTailnet } from "./datacenter/controller-tailnet.ts";
import { DEFAULT_LIMITS } from "./operation/context.ts";
import { createReimager } from "./reimager.ts";
import { serve } from "./serve.ts";

/** What a controller is told, by flags. */
export interface ControllerRequest {
  providerId: string;
  /** What the provider itself can do is loaded only where it is needed. */
  loadProvider: () => Promise<Provider>;
  plan: ControlPlanePlan;
  adminUsername: string | undefined;
  /** Undefined for all namespaces. */
  namespace: string | undefined;
  concurrency: number;
  /** Undefined: as many as `concurrency`. */
  datacenterConcurrency: number | undefined;
  metricsBindAddress: string | undefined;
  leaderElect: boolean;
  leaseTimes: LeaseTimes;
  /** Undefined where servers are reached straight from this host. */
  tailnetProxy: string | undefined;
  /** Credentials of the tailnet, as given; the lab has its own. */
  tailnet: TailnetGiven;
}

/**
 * Runs one provider's controller until it is told to stop.
 * @throws StargateError where the cluster's credentials or address cannot be had; nothing else ends it
 */
export async function runController(request: ControllerRequest, world: World): Promise<void> {
  const { plan, tailnetProxy } = request;
  const { clock, log, signal } = world;
  const source = { kubeconfigPath: plan.kubeconfig, env: world.env };
  const [client, leaseClient] = await Promise.all([createKubeClient(source), createKubeClient(source)]);
  const controlPlane = await resolveControlPlane(plan, client.caPem, { signal });
  const dialer = createDialer(tailnetProxy);
  log.info("workers join here", { controlPlane: controlPlane.description, server: controlPlane.server });
  log.info("servers are reached", { way: dialer.description });
  await serve({
    ...request,
    client,
    leaseClient,
    controlPlane,
    connector: createSshConnector(dialer),
    bootstrap: createWorkerBootstrap({
      bundleFolder: (version, arch) => nodeBundleDir({ cacheDir: world.paths.cacheDir, version, arch }),
    }),
    reimager: createReimager(request.loadProvider, world),
    datacenters: {
      tailnet: await controllerTailnet(plan, request.tailnet, log),
      dialer,
      hostNetworks: tailnetProxy === undefined ? () => hostNetworks() : () => [],
    },
    limits: DEFAULT_LIMITS,
    clock,
    log,
    signal,
  });
}
