import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { placeOfRouter, placeOfServer, type Reachability } from "./reachability.ts";

/**
 * The routers that nothing comes through any more, with why: a tailnet's control plane takes a router whose host just
 * stopped for online as long as its connection is not closed, which can be for ever. A router's own address says
 * more; but one that never answered there may be made so, and counts only where no server behind it answers either.
 */
export function silentRouters(
  datacenter: Datacenter,
  servers: readonly Server[],
  reachability: Reachability,
): Map<string, string> {
  const { routers } = datacenter.spec;
  const places = servers.map(placeOfServer);
  const isConfirmed =
    places.length === 0 || places.some((place) => reachability.times(place).failedMs !== undefined);
  const noneAnswers =
    places.length > 0 && places.every((place) => reachability.of(place).kind === "unreachable");
  const silent = new Map<string, string>();
  for (const router of routers) {
    const place = placeOfRouter(datacenter, router);
    const reach = reachability.of(place);
    if (reach.kind !== "unreachable") continue;
    const { answeredMs, failedMs = 0 } = reachability.times(place);
    const answersBehind = places.some((one) => (reachability.times(one).answeredMs ?? 0) > failedMs);
    // Behind one router, nothing answers without it. Of several, another may carry the traffic.
    if (routers.length === 1 && (answersBehind || !isConfirmed)) continue;
    if (answeredMs !== undefined || noneAnswers) silent.set(router.name, reach.problem);
  }
  return silent;
}
