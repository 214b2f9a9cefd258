import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { comeBackLater } from "../core/conflicts.ts";

/** Microsoft.Compute's own buckets, beside ARM's: for each VM, and for the subscription. */
const BUCKETS = { resource: { full: 12, perMinute: 4 }, subscription: { full: 1500, perMinute: 500 } };

interface Fill {
  tokens: number;
  at: number;
}

/** Writes to one VM may not come too often either. */
export class VmThrottle {
  readonly #arm: Arm;
  readonly #fills = new Map<string, Fill>();

  constructor(arm: Arm) {
    this.#arm = arm;
  }

  /** Takes a token for a PUT or DELETE of a VM. Gives the header that tells what is left, or throws 429. */
  take(method: string, path: string): Record<string, string> {
    const vm = /\/providers\/Microsoft\.Compute\/virtualMachines\/[^/]+$/i.exec(path);
    if (vm === null || (method !== "PUT" && method !== "DELETE")) return {};
    const verb = method === "PUT" ? "PutVM" : "DeleteVM";
    const ofVm = this.#takeFrom(`${verb} ${path.toLowerCase()}`, `${verb}Resource`, BUCKETS.resource);
    const ofAll = this.#takeFrom(verb, `${verb}SubscriptionMaximum`, BUCKETS.subscription);
    return {
      "x-ms-ratelimit-remaining-resource": `Microsoft.Compute/${verb}Resource;${ofVm},Microsoft.Compute/${verb}SubscriptionMaximum;${ofAll}`,
    };
  }

  #takeFrom(key: string, name: string, { full, perMinute }: { full: number; perMinute: number }): number {
    const now = this.#arm.clock.now();
    const fill = this.#fills.get(key) ?? { tokens: full, at: now };
    const tokens = Math.min(full, fill.tokens + ((now - fill.at) / 60_000) * perMinute);
    if (tokens < 1) throw this.#exceeded(name, perMinute);
    this.#fills.set(key, { tokens: tokens - 1, at: now });
    return Math.floor(tokens - 1);
  }

  #exceeded(name: string, perMinute: number): ArmError {
    const waitMs = Math.ceil(60_000 / perMinute);
    return new ArmError(
      429,
      "OperationNotAllowed",
      "The server rejected the request because too many requests have been received for this subscription.",
      {
        details: [
          {
            code: "TooManyRequests",
            target: name,
            message: JSON.stringify({ operationGroup: name, allowedRequestCount: BUCKETS.resource.full }),
          },
        ],
        headers: {
          ...comeBackLater(this.#arm, waitMs),
          "x-ms-ratelimit-remaining-resource": `Microsoft.Compute/${name};0`,
        },
      },
    );
  }
}
