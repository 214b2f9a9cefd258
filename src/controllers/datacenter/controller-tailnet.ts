import { readFile } from "node:fs/promises";
import type { ControlPlanePlan } from "../../control-plane/decide-control-plane.ts";
import { describeError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import { chooseTailnet, type TailnetGiven } from "../../tailnet/choose-tailnet.ts";
import { createHeadscale } from "../../tailnet/headscale/headscale.ts";
import type { Tailnet } from "../../tailnet/tailnet.ts";

/** The poll has its own back-off, and wants to know of a failure when it happens. */
const ONCE = { retryForMs: 0 };

/**
 * The tailnet a controller looks after routes in: the lab's, or the one whose credentials were given. Undefined where
 * there are none; servers are still served then.
 * @throws UsageError for credentials that do not fit together
 */
export async function controllerTailnet(
  plan: ControlPlanePlan,
  given: TailnetGiven,
  log: Log,
): Promise<Tailnet | undefined> {
  if (plan.mode !== "embedded") return chooseTailnet(given, ONCE);
  const { headscaleUrl: url, headscaleApiKeyPath } = plan.lab;
  try {
    return createHeadscale({ url, apiKey: (await readFile(headscaleApiKeyPath, "utf8")).trim(), ...ONCE });
  } catch (error) {
    log.warn("cannot read the API key of the lab's tailnet", { error: describeError(error) });
    return undefined;
  }
}
