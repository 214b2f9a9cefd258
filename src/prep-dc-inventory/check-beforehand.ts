import type { World } from "../lib/world.ts";
import type { DatacenterRequest, Provider } from "../providers/provider.ts";
import type { Connections } from "./connections.ts";
import { checkLogin, type UsableLogin } from "./ensure-login.ts";
import { checkRequest, listServers } from "./survey.ts";
import type { WorkerLogin } from "./verify-way.ts";

/** What prep-dc-inventory was asked for. */
export interface PrepareRequest<Options> {
  datacenter: DatacenterRequest;
  namespace: string;
  provider: Provider<Options>;
  options: Options;
  login: WorkerLogin;
}

/**
 * Checks request, login, tailnet and host side by side, before anything is made or a plan is shown. Returns what is
 * to become of the login.
 * @throws UsageError with what is wrong; StargateError where the cluster, the tailnet or the provider cannot be asked
 */
export async function checkBeforehand<Options>(
  { datacenter, namespace, provider, options, login }: PrepareRequest<Options>,
  connections: Connections,
  world: World,
): Promise<UsableLogin> {
  const { client, tailnet } = connections;
  const known = await listServers(client, world.signal);
  const place = { namespace, routerName: datacenter.routerName, login };
  const [found] = await Promise.all([
    checkLogin(place, connections, known, world.signal),
    tailnet.checkAccess(world.signal),
    checkRequest(datacenter, namespace, provider, { tailnet, known }, world),
    provider.preflight(datacenter, options, world),
  ]);
  return found;
}
