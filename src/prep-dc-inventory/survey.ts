import { Server } from "../api/v1alpha1/server.ts";
import { StargateError, UsageError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { POD_CIDR, SERVICE_CIDR } from "../lab/networks.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { servers } from "../kubernetes/resources.ts";
import type { DatacenterRequest, Provider } from "../providers/provider.ts";
import type { Device, Tailnet } from "../tailnet/tailnet.ts";
import { routerNamesOf, routersOf } from "../providers/routers.ts";
import { findMistakes, type KnownServer, type Surroundings } from "./check-request.ts";

const RESERVED = [
  { cidr: POD_CIDR, what: "the cluster's pods" },
  { cidr: SERVICE_CIDR, what: "the cluster's services" },
  { cidr: "100.64.0.0/10", what: "the tailnet's own addresses" },
  { cidr: "127.0.0.0/8", what: "loopback" },
];

/**
 * Checks a request against everything that is there already, before anything is made.
 * @throws UsageError with every mistake, a line each
 */
export async function checkRequest(
  request: DatacenterRequest,
  namespace: string,
  provider: Provider,
  cluster: { tailnet: Tailnet; known: readonly KnownServer[] },
  world: World,
): Promise<void> {
  const around = await survey(request, provider, cluster, world);
  const mistakes = findMistakes(request, namespace, around);
  if (mistakes.length === 0) return;
  const [first = ""] = mistakes;
  throw new UsageError(
    mistakes.length === 1 ? first : `${mistakes.length} mistakes:\n- ${mistakes.join("\n- ")}`,
  );
}

async function survey(
  request: DatacenterRequest,
  provider: Provider,
  { tailnet, known }: { tailnet: Tailnet; known: readonly KnownServer[] },
  world: World,
): Promise<Surroundings> {
  const [datacenters, devices] = await Promise.all([
    provider.listDatacenters(world),
    listDevices(tailnet, world.signal),
  ]);
  const others = datacenters.filter(({ router }) => router.name !== request.routerName);
  const routerNames = others.flatMap((other) => routersOf(other).map(({ name }) => name));
  const ours = new Set([...routerNames, ...routerNamesOf(request)]);
  const routes = devices
    .filter(({ hostname }) => !ours.has(hostname))
    .flatMap(({ hostname, advertisedRoutes }) =>
      advertisedRoutes.map((cidr) => ({ cidr, what: `a route of ${hostname}` })),
    );
  return {
    reserved: RESERVED,
    taken: [
      ...others.map(({ subnetCidr, router }) => ({ cidr: subnetCidr, what: `datacenter ${router.name}` })),
      ...routes,
    ],
    routerNames,
    servers: known,
  };
}

async function listDevices(tailnet: Tailnet, signal: AbortSignal): Promise<Device[]> {
  try {
    return await tailnet.listDevices(signal);
  } catch (error) {
    // With nothing but an auth key the tailnet cannot be asked; its routes are then the user's to keep apart.
    if (error instanceof StargateError && error.reason === "ManualApprovalNeeded") return [];
    throw error;
  }
}

/** Every Server of the cluster; none where it does not know what that is yet. */
export async function listServers(
  client: Pick<KubeClient, "list">,
  signal: AbortSignal,
): Promise<KnownServer[]> {
  try {
    const { items } = await client.list(servers, Server, { signal });
    return items.map(({ metadata, spec }) => ({
      name: metadata.name,
      namespace: metadata.namespace,
      ipv4: spec.ipv4,
      router: spec.router?.name,
    }));
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ApiTypeMissing") return []; // the CRDs come later
    throw error;
  }
}
