import type { Datacenter } from "../api/v1alpha1/datacenter.ts";
import type { Server } from "../api/v1alpha1/server.ts";
import { StargateError } from "../lib/errors.ts";
import { describeRoute } from "../prep-dc-inventory/router-routes.ts";
import type { Device } from "../tailnet/tailnet.ts";
import { ok, red, redFor, skipped, warning, type Attempt, type Finding } from "./finding.ts";

/** A datacenter as it is known from its object, or only from the Servers that name its router. */
export interface Place {
  name: string;
  provider: string;
  routers: readonly string[];
  /** Empty where there is no Datacenter object that says. */
  subnets: readonly string[];
  servers: readonly Server[];
}

/** One Server with what was tried on it. */
export interface ServerFacts {
  name: string;
  target: string;
  /** The SSH daemon names itself, through the router. */
  wayIn: Attempt<void>;
  /** The host connects to the API server; undefined where nobody could be asked to log in. */
  wayOut: Attempt<void> | undefined;
}

export interface PlaceFacts {
  place: Place;
  /** Undefined where the tailnet cannot be asked. */
  devices: readonly Device[] | undefined;
  servers: readonly ServerFacts[];
}

/** Pure: datacenters by their objects, and one for each router that only Servers name. */
export function findPlaces(datacenters: readonly Datacenter[], servers: readonly Server[]): Place[] {
  const known = datacenters.map(({ metadata, spec }): Place => {
    const routers = spec.routers.map(({ name }) => name);
    const behind = ({ spec: { router } }: Server) =>
      router?.name !== undefined && routers.includes(router.name);
    return {
      name: metadata.name,
      provider: spec.provider,
      routers,
      subnets: spec.subnets,
      servers: servers.filter(behind),
    };
  });
  const taken = new Set(known.flatMap(({ routers }) => routers));
  const others = servers.filter(
    ({ spec }) => spec.router?.name === undefined || !taken.has(spec.router.name),
  );
  const byRouter = Map.groupBy(others, ({ spec }) => spec.router?.name);
  return [
    ...known,
    ...[...byRouter].map(([router, members]): Place => ({
      name: router ?? "(no router)",
      provider: members[0]?.spec.provider ?? "",
      routers: router === undefined ? [] : [router],
      subnets: [],
      servers: members,
    })),
  ];
}

/** Pure: the way in and the way out of one datacenter. */
export function judgePlace({ place, devices, servers }: PlaceFacts): Finding[] {
  return [
    ...(place.routers.length > 0 && place.subnets.length === 0
      ? [
          warning(
            "object",
            `no Datacenter says which subnets are behind ${place.routers.join(", ")}`,
            "Run prep-dc-inventory again: it writes one, and the controllers then look after its routes.",
          ),
        ]
      : []),
    ...(devices === undefined ? [] : [...judgeRouters(place, devices), ...judgeRoutes(place, devices)]),
    ...judgeWayIn(servers),
    ...judgeWayOut(servers),
  ];
}

function judgeRouters({ routers }: Place, devices: readonly Device[]): Finding[] {
  if (routers.length === 0) return [];
  const online = routers.filter((name) =>
    devices.some((device) => device.hostname === name && device.online),
  );
  const off = routers.filter((name) => !online.includes(name));
  const remedy =
    "Run prep-dc-inventory again: it starts a router that is stopped. If it runs, read its console and look at tailscaled there.";
  if (off.length === 0) return [ok("router", `${online.join(", ")} online`)];
  return online.length === 0
    ? [red("router", `${off.join(", ")} not online in the tailnet`, remedy)]
    : [warning("router", `${online.join(", ")} online; ${off.join(", ")} not`, remedy)];
}

/** A route is up when one of the routers carries it; the others stand by. */
function judgeRoutes({ routers, subnets }: Place, devices: readonly Device[]): Finding[] {
  const own = devices.filter(({ hostname }) => routers.includes(hostname));
  return subnets.map((subnet) => {
    const check = `route ${subnet}`;
    const states = own.map((device) => describeRoute(device, subnet));
    const via = own.find((_, index) => states[index] === undefined);
    if (via !== undefined) return ok(check, `approved and primary, through ${via.hostname}`);
    const online = own.findIndex((device) => device.online);
    const state = states[Math.max(online, 0)] ?? describeRoute(undefined, subnet) ?? "";
    return red(check, state, remedyForRoute(state, subnet));
  });
}

function remedyForRoute(state: string, subnet: string): string {
  if (state.startsWith("not approved")) {
    return "Run prep-dc-inventory again with credentials of the tailnet, or approve the route in its admin console.";
  }
  if (state.startsWith("not primary"))
    return `Look which other device serves ${subnet}, and take the route from it.`;
  if (state.startsWith("not advertised")) {
    return `Run on the router: tailscale set --advertise-routes=${subnet}. prep-dc-inventory does it for a router it makes.`;
  }
  return "Bring the router back first.";
}

function judgeWayIn(servers: readonly ServerFacts[]): Finding[] {
  const check = "way in";
  if (servers.length === 0) return [skipped(check, "no Servers")];
  const failed = servers.flatMap(({ name, target, wayIn }) =>
    "error" in wayIn ? [redFor(`${check}: ${name}`, wayIn.error, remedyForWayIn(wayIn.error, target))] : [],
  );
  const answering = servers.length - failed.length;
  return [
    ...(answering > 0
      ? [ok(check, `${answering} of ${servers.length} SSH daemons answer through the router`)]
      : []),
    ...failed,
  ];
}

function remedyForWayIn(error: unknown, target: string): string {
  const reason = error instanceof StargateError ? error.reason : "";
  if (reason === "ConnectionRefused")
    return "The host is there but its SSH daemon is not: wait until it has booted, or read its console.";
  if (reason === "NoSshBanner")
    return `Look what answers at ${target}: the Server's spec.ipv4 and spec.sshPort may be wrong.`;
  return "Run prep-dc-inventory again: it starts a VM that is stopped. If it runs, look at the route above.";
}

function judgeWayOut(servers: readonly ServerFacts[]): Finding[] {
  const check = "way out";
  const tried = servers.flatMap(({ name, wayOut }) => (wayOut === undefined ? [] : [{ name, wayOut }]));
  if (servers.length === 0) return [];
  if (tried.length === 0) return [skipped(check, "nobody could be asked: see the way in, and the profiles")];
  const failed = tried.flatMap(({ name, wayOut }) =>
    "error" in wayOut
      ? [
          redFor(
            `${check}: ${name}`,
            wayOut.error,
            "Check that the control plane accepts routes (tailscale set --accept-routes) and the tailnet's policy lets the subnet in.",
          ),
        ]
      : [],
  );
  const reaching = tried.length - failed.length;
  return [
    ...(reaching > 0 ? [ok(check, `${reaching} of ${tried.length} hosts reach the API server`)] : []),
    ...failed,
  ];
}
