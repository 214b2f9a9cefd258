import { Datacenter } from "../api/v1alpha1/datacenter.ts";
import { Operation } from "../api/v1alpha1/operation.ts";
import { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import { Rollout } from "../api/v1alpha1/rollout.ts";
import { Server } from "../api/v1alpha1/server.ts";
import { DEFAULT_KIND_CONTAINER } from "../control-plane/decide-control-plane.ts";
import { resolveControlPlane } from "../control-plane/resolve-control-plane.ts";
import type { ListResult, ResourceType } from "../kubernetes/client.ts";
import { datacenters, operations, provisioningProfiles, rollouts, servers } from "../kubernetes/resources.ts";
import { readLabStatus } from "../lab/lab-status.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { connect, type ConnectionFlags, type Connections } from "../prep-dc-inventory/connections.ts";
import { decideTailnet } from "../tailnet/choose-tailnet.ts";
import type { z } from "zod";
import { judgeClock, readClock } from "./clock.ts";
import { judgeCluster, readCluster } from "./cluster-objects.ts";
import { findWork, judgeControllers, readControllers } from "./controllers.ts";
import { findPlaces, judgePlace } from "./datacenters.ts";
import { attempt, redFor, type Area, type Attempt, type Finding } from "./finding.ts";
import { judgeHost, readHost } from "./host.ts";
import { judgeLab } from "./lab.ts";
import { judgeApi, readApi, workerServerOf } from "./mx.ts";
import { judgeRollouts, readRolloutLeases } from "./rollouts.ts";
import { judgeTailnet, readTailnet } from "./tailnet.ts";
import { tryServer } from "./try-server.ts";

export interface DoctorRequest extends ConnectionFlags {
  /** Tailnet address of the control plane, where it is not the lab's. */
  controlPlaneIp: string | undefined;
  controlPlanePort: number | undefined;
}

/** Looks at everything that has to be right for the main job, and changes nothing. */
export async function runDoctor(request: DoctorRequest, world: World): Promise<Area[]> {
  const { signal } = world;
  const usesLab = decideTailnet(request.tailnet) === undefined;
  const areas: Area[] = [{ area: "host", findings: judgeHost(await readHost(usesLab, world)) }];
  if (usesLab) {
    const lab = await readLabStatus(world);
    areas.push({ area: "lab", findings: judgeLab(lab, world.paths.labDir) });
    // Without it there is neither cluster nor tailnet to look at.
    if (lab.lab === undefined) return areas;
  }
  const quiet = { ...world, progress: { ...world.progress, say: () => undefined } };
  const connected = await attempt(() => connect(request, quiet), signal);
  if ("error" in connected) {
    const isToldAlready =
      usesLab && connected.error instanceof StargateError && connected.error.reason === "LabNotRunning";
    if (isToldAlready) return areas;
    return [
      ...areas,
      { area: "connections", findings: [redFor("connections", connected.error, "Check the flags.")] },
    ];
  }
  return [...areas, ...(await examine(connected.value, request, world))];
}

async function examine(connections: Connections, request: DoctorRequest, world: World): Promise<Area[]> {
  const { client, tailnet, lab } = connections;
  const { signal, clock } = world;
  const workerServer = await findWorkerServer(connections, request, signal);
  const apiClock = { caPem: client.caPem, clock, signal };
  const [api, cluster, found, apiTime, tailnetTime] = await Promise.all([
    readApi(client, workerServer, clock.now(), signal),
    readCluster(client, signal),
    readTailnet(tailnet, credentialsOf(request), signal),
    readClock("the API server", `${client.server}/version`, apiClock),
    readClock(tailnet.description, lab?.headscaleUrl ?? tailnet.loginServer ?? "https://api.tailscale.com", {
      clock,
      signal,
    }),
  ]);
  const areas: Area[] = [
    { area: "clock", findings: [judgeClock(apiTime), judgeClock(tailnetTime)] },
    { area: "tailnet", findings: judgeTailnet(found) },
    { area: "MX", findings: [...judgeApi(api), ...("error" in api.version ? [] : judgeCluster(cluster))] },
  ];
  if ("error" in api.version) return areas;
  const devices = "value" in found.devices ? found.devices.value : undefined;
  const server = "value" in workerServer ? workerServer.value : undefined;
  return [...areas, ...(await examineWork(connections, devices, server, world))];
}

/** Datacenters, controllers and Rollouts, from the objects in the cluster. */
async function examineWork(
  { client, dialer }: Connections,
  devices: Parameters<typeof judgePlace>[0]["devices"],
  workerServer: string | undefined,
  { clock, signal }: World,
): Promise<Area[]> {
  const read = <T>(type: ResourceType, schema: z.ZodType<T>) =>
    attempt(() => client.list(type, schema, { signal }), signal);
  const [places, known, work, profiles, rolled] = await Promise.all([
    read(datacenters, Datacenter),
    read(servers, Server),
    read(operations, Operation),
    read(provisioningProfiles, ProvisioningProfile),
    read(rollouts, Rollout),
  ]);
  const means = { client, dialer, profiles: itemsOf(profiles), workerServer };
  const datacenterAreas = await Promise.all(
    findPlaces(itemsOf(places), itemsOf(known)).map(async (place) => {
      const tried = await Promise.all(place.servers.map((server) => tryServer(server, means, signal)));
      return { area: `datacenter ${place.name}`, findings: judgePlace({ place, devices, servers: tried }) };
    }),
  );
  const controllers = await readControllers(client, findWork(itemsOf(known), itemsOf(work)), signal);
  const findings: Finding[] = [
    ...unreadable({ Servers: known, Operations: work, Datacenters: places, Rollouts: rolled }),
    ...judgeControllers(controllers, clock.now()),
  ];
  const rolledOut = {
    rollouts: itemsOf(rolled),
    operations: itemsOf(work),
    leases: await readRolloutLeases(client, itemsOf(rolled), signal),
  };
  return [
    ...datacenterAreas,
    { area: "controllers", findings },
    { area: "rollouts", findings: judgeRollouts(rolledOut, clock.now()) },
  ];
}

function itemsOf<T>(list: Attempt<ListResult<T>>): readonly T[] {
  return "value" in list ? list.value.items : [];
}

/** A type that is not there is told with the CRDs. */
function unreadable(lists: Readonly<Record<string, Attempt<unknown>>>): Finding[] {
  return Object.entries(lists).flatMap(([what, list]) => {
    if ("value" in list || (list.error instanceof StargateError && list.error.reason === "ApiTypeMissing"))
      return [];
    return [redFor(what, list.error, "Use a kubeconfig that may read them.")];
  });
}

/** Where workers join: known, or asked of the container that kind made. */
async function findWorkerServer(
  { client, lab }: Connections,
  { controlPlaneIp, controlPlanePort }: DoctorRequest,
  signal: AbortSignal,
): Promise<Attempt<string>> {
  const known = workerServerOf({
    labServer: lab?.workerApiServer,
    controlPlaneIp,
    controlPlanePort,
    clientServer: client.server,
  });
  if (known !== undefined) return { value: known };
  const plan = {
    mode: "kind",
    server: undefined,
    container: DEFAULT_KIND_CONTAINER,
    port: 6443,
    kubeconfig: undefined,
  } as const;
  return attempt(async () => (await resolveControlPlane(plan, client.caPem, { signal })).server, signal);
}

function credentialsOf({ tailnet }: DoctorRequest): Parameters<typeof readTailnet>[1] {
  const choice = decideTailnet(tailnet);
  const hasAuthKey = choice?.authKey !== undefined;
  if (choice?.api !== "tailscale" || !("clientId" in choice.credentials)) {
    return { oauth: undefined, hasAuthKey };
  }
  const baseUrl = choice.baseUrl ?? "https://api.tailscale.com/api/v2";
  return { oauth: { baseUrl, ...choice.credentials }, hasAuthKey };
}
