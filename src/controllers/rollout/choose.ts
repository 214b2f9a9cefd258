import type { Survey } from "./survey.ts";

/** How much may be done at once. */
export interface Limits {
  maxUnavailable: number;
  /** How many servers may be begun before the first ones have gone well; undefined: that is over. */
  canaryLeft: number | undefined;
}

/**
 * Pure: which servers to begin now. By name, so that whoever decides from the same objects begins the same ones.
 *
 * A server that takes pods is begun only while fewer than maxUnavailable do not, whatever ails those; a spare one takes
 * nothing away. Servers that are down come last, as they are the likeliest to fail and stop everything; but where they
 * alone are in the way of all others and nothing runs, they are what to begin with.
 */
export function chooseServers(surveys: readonly Survey[], { maxUnavailable, canaryLeft }: Limits): Survey[] {
  const waiting = surveys.filter(({ standing, isOthers }) => standing === "pending" && !isOthers);
  const running = surveys.filter(({ standing }) => standing === "running").length;
  const room = Math.min(maxUnavailable - running, canaryLeft ?? Number.POSITIVE_INFINITY);
  let unavailable = surveys.filter(({ capacity }) => capacity === "down").length;
  const chosen: Survey[] = [];
  const healthy = waiting.filter(({ capacity }) => capacity !== "down");
  for (const survey of healthy) {
    if (chosen.length >= room) return chosen;
    if (survey.capacity === "available" && unavailable >= maxUnavailable) continue;
    unavailable++;
    chosen.push(survey);
  }
  const isStuck = running === 0 && chosen.length === 0;
  if (healthy.length > chosen.length && !isStuck) return chosen;
  const down = waiting.filter(({ capacity }) => capacity === "down");
  return [...chosen, ...down.slice(0, Math.max(room - chosen.length, 0))];
}
