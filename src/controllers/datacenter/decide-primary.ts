import type { Device } from "../../tailnet/tailnet.ts";
import type { NewCondition } from "../conditions.ts";
import { quoted, sentence } from "./words.ts";

/** Who traffic for a subnet goes through. */
type Carrier =
  | { kind: "router"; name: string }
  /** One of ours; which one is not told. */
  | { kind: "routers" }
  /** Ours or another's: not told. */
  | { kind: "unclear"; others: readonly { name: string }[] }
  | { kind: "others"; others: readonly { name: string }[] }
  | { kind: "nobody" };

export interface PrimaryDecision {
  condition: NewCondition;
  /** The one router that carries every subnet, where that is known. */
  activeRouter: string | undefined;
}

/**
 * Pure: whether one of the datacenter's routers carries its traffic. Of several routers one is primary at a time.
 * Tailscale's API does not tell which; where only ours can be, that is as good. `ours` are the datacenter's routers,
 * `strangers` every other device.
 */
export function decidePrimary(
  subnets: readonly string[],
  ours: readonly Device[],
  strangers: readonly Device[],
): PrimaryDecision {
  const carriers = subnets.map((subnet) => ({ subnet, carrier: carrierOf(subnet, ours, strangers) }));
  const remarks = carriers.flatMap(({ subnet, carrier }) => {
    switch (carrier.kind) {
      case "router":
      case "routers":
        return [];
      case "unclear":
        return [
          `${subnet} is served by ${quoted(carrier.others)} too, and this tailnet does not tell who is primary`,
        ];
      case "others":
        return [`${subnet} goes through ${quoted(carrier.others)}, which is no router of this datacenter`];
      case "nobody":
        return [`no router carries ${subnet}`];
    }
  });
  if (remarks.length === 0)
    return up(
      subnets,
      carriers.map(({ carrier }) => carrier),
    );
  const kinds = new Set(carriers.map(({ carrier }) => carrier.kind));
  const [status, reason] = kinds.has("nobody")
    ? (["False", "NoRouter"] as const)
    : kinds.has("others")
      ? (["False", "PrimaryElsewhere"] as const)
      : (["Unknown", "PrimaryNotKnown"] as const);
  const condition = { type: "RoutePrimary", status, reason, message: sentence(...remarks) };
  return { condition, activeRouter: undefined };
}

function up(subnets: readonly string[], carriers: readonly Carrier[]): PrimaryDecision {
  const names = new Set(carriers.map((carrier) => (carrier.kind === "router" ? carrier.name : undefined)));
  const [only] = names;
  const activeRouter = names.size === 1 ? only : undefined;
  const way = activeRouter === undefined ? "the datacenter's routers" : `router "${activeRouter}"`;
  const message = `Traffic for ${subnets.join(", ")} goes through ${way}.`;
  return {
    condition: { type: "RoutePrimary", status: "True", reason: "RoutePrimary", message },
    activeRouter,
  };
}

function carrierOf(subnet: string, ours: readonly Device[], strangers: readonly Device[]): Carrier {
  const routers = ours.filter((device) => serves(device, subnet));
  const others = strangers
    .filter((device) => serves(device, subnet))
    .map(({ hostname }) => ({ name: hostname }));
  const [first] = routers;
  if (first === undefined) return others.length > 0 ? { kind: "others", others } : { kind: "nobody" };
  if (routers.some(({ primaryRoutes }) => primaryRoutes === undefined)) {
    if (others.length > 0) return { kind: "unclear", others };
    return routers.length === 1 ? { kind: "router", name: first.hostname } : { kind: "routers" };
  }
  const primary = routers.find(({ primaryRoutes }) => primaryRoutes?.includes(subnet));
  if (primary !== undefined) return { kind: "router", name: primary.hostname };
  return others.length > 0 ? { kind: "others", others } : { kind: "nobody" };
}

function serves({ online, advertisedRoutes, enabledRoutes }: Device, subnet: string): boolean {
  return online && advertisedRoutes.includes(subnet) && enabledRoutes.includes(subnet);
}
