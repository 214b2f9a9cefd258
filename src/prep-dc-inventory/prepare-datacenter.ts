import { renderCrds } from "../api/crds.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { applyManifests } from "../kubernetes/apply-manifests.ts";
import { patientClient } from "../kubernetes/patient-client.ts";
import type { Inventory, RouterJoin } from "../providers/provider.ts";
import { routersOf } from "../providers/routers.ts";
import { createSshConnector } from "../remote/ssh.ts";
import { ROUTER_TAG, type RouterKey } from "../tailnet/tailnet.ts";
import { checkBeforehand, type PrepareRequest } from "./check-beforehand.ts";
import type { Connections } from "./connections.ts";
import { putLogin } from "./ensure-login.ts";
import { recordVerification } from "./record-verification.ts";
import { verifyWorkers } from "./verify-way.ts";
import { ensureRoutes, findRouter, reachRouters, waitForRouter } from "./router-routes.ts";
import { whatToApprove } from "./what-to-approve.ts";
import { writeDatacenter } from "./write-datacenter.ts";
import { writeServers } from "./write-servers.ts";

/** Long enough for a slow emulated router to boot and join. */
const ROUTER_KEY_TTL_SECONDS = 3_600;
/** A run that has made VMs for minutes does not end because the API server restarts. */
const WRITE_TIMEOUT_MS = 180_000;

/**
 * Makes a datacenter, or completes and repairs one that is there: VMs, the router in the tailnet with its route
 * approved, the way to and from every worker verified, and the Server objects. Everything is checked before anything
 * is made. May be repeated; a run that was cut off is continued by the next.
 */
export async function prepareDatacenter<Options>(
  request: PrepareRequest<Options>,
  connections: Connections,
  world: World,
): Promise<Inventory> {
  const { datacenter, namespace, provider, options, login } = request;
  const { tailnet, dialer } = connections;
  const { progress, signal, clock } = world;
  const decided = await progress.step("Check the request, the tailnet and this host", () =>
    checkBeforehand(request, connections, world),
  );
  await progress.step("Install the custom resources", () =>
    applyManifests(connections.client, renderCrds(), { signal }),
  );
  // It has answered: if it does not later, it will again.
  const client = patientClient(connections.client, { timeoutMs: WRITE_TIMEOUT_MS, signal, clock });

  if (decided.kind === "put") {
    await progress.step(`Put this login into Secret ${decided.secrets.join(" and ")}`, () =>
      putLogin(decided.secrets, { namespace, login }, client, signal),
    );
  }

  const keys: RouterKey[] = [];
  const join = routerJoin(connections, keys, world);
  try {
    const inventory = await provider.ensureDatacenter(datacenter, options, join, world);
    const owner = await progress.step("Write the Datacenter object", () =>
      writeDatacenter(client, inventory, namespace, tailnet, signal),
    );
    const routers = routersOf(inventory);
    const names = routers.map(({ name }) => name);
    const toApprove = await whatToApprove(inventory, tailnet, signal);
    if (toApprove === undefined) {
      await progress.step(`Wait for router ${names.join(" and ")} in the tailnet`, () =>
        Promise.all(names.map((name) => waitForRouter(tailnet, name, world))),
      );
      await provider.forgetJoinKey?.(datacenter.routerName, world);
      await progress.step(`Approve route ${inventory.subnetCidr}`, () =>
        ensureRoutes(tailnet, names, inventory.subnetCidr, world),
      );
    } else {
      progress.say(
        `Approve the route now, as soon as ${names.join(" and ")} is in the tailnet: ${toApprove}`,
      );
    }
    const apiServer = connections.workerApiServer;
    await progress.step("Verify the way to every worker, and from it to the API server", (update) =>
      recordVerification(
        () =>
          verifyWorkers(
            inventory,
            login,
            { connector: createSshConnector(dialer), apiServer },
            world,
            update,
          ),
        { client, ref: { namespace, name: owner.name }, apiServer, clock: world.clock },
      ),
    );
    // A worker that answers has shown that the router before it has joined. Of a pair it shows so of one only.
    if (toApprove !== undefined && inventory.workers.length > 0 && routers.length === 1) {
      await provider.forgetJoinKey?.(datacenter.routerName, world);
    }
    if (routers.length > 1) {
      await progress.step("Verify that one router leads to the other", () =>
        reachRouters(routers, dialer, world),
      );
    }
    await progress.step("Write the Server objects", () =>
      writeServers(client, inventory, namespace, owner, signal),
    );
    if (decided.kind === "tell") progress.say(decided.text);
    return inventory;
  } finally {
    await revokeKeys(keys, connections, world);
  }
}

function routerJoin({ tailnet, lab }: Connections, keys: RouterKey[], { signal }: World): RouterJoin {
  return {
    findDevice: (routerName) => findDeviceState(routerName, tailnet, signal),
    readAuthKey: async (routerName) => {
      await removeOldDevices(routerName, tailnet, signal);
      const key = await tailnet.createRouterKey(
        { description: `stargate router ${routerName}`.slice(0, 50), ttlSeconds: ROUTER_KEY_TTL_SECONDS },
        signal,
      );
      keys.push(key);
      return key.key;
    },
    loginServer: tailnet.loginServer,
    tags: [ROUTER_TAG],
    loopbackPorts: lab === undefined ? [] : [lab.ports.headscale, lab.ports.derp],
    isolated: lab !== undefined,
  };
}

async function findDeviceState(
  routerName: string,
  tailnet: Connections["tailnet"],
  signal: AbortSignal,
): Promise<Awaited<ReturnType<RouterJoin["findDevice"]>>> {
  try {
    const device = findRouter(await tailnet.listDevices(signal), routerName);
    if (device === undefined) return "absent";
    return device.online ? "online" : "offline";
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ManualApprovalNeeded") return "unknown";
    throw error;
  }
}

/** A router that is made anew is a new device; the old one would keep its routes and its name. */
async function removeOldDevices(
  routerName: string,
  tailnet: Connections["tailnet"],
  signal: AbortSignal,
): Promise<void> {
  try {
    const devices = await tailnet.listDevices(signal);
    const old = devices.filter(
      ({ hostname, tags, online }) => hostname === routerName && !online && tags.includes(ROUTER_TAG),
    );
    for (const { id } of old) await tailnet.deleteDevice(id, signal);
    const other = findRouter(devices, routerName);
    if (other?.online === true) {
      throw new StargateError(
        "RouterNameTaken",
        `${routerName} is online in the tailnet, but is no VM of ours here`,
        {
          remedy: "Choose another --router-name, or remove that device.",
        },
      );
    }
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ManualApprovalNeeded") return;
    throw error;
  }
}

/** A key is for one router and one run: used or not, it ends with the run. */
async function revokeKeys(keys: readonly RouterKey[], { tailnet }: Connections, world: World): Promise<void> {
  for (const { id } of keys) {
    if (id === undefined) continue;
    try {
      await tailnet.revokeRouterKey(id); // also after Ctrl-C, so not under the world's signal
    } catch (error) {
      world.log.warn("Cannot revoke a tailnet key; it ends by itself within an hour", {
        id,
        error: String(error),
      });
    }
  }
}
