import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { comeBackLater } from "../core/conflicts.ts";

type Bucket = "reads" | "writes" | "deletes";

/** ARM's token buckets for a subscription and a principal: so many calls at once, refilled each second. */
export class Throttle {
  readonly #arm: Arm;
  readonly #tokens: Record<Bucket, number>;
  #filledAt: number;

  constructor(arm: Arm) {
    this.#arm = arm;
    const { reads, writes, deletes } = arm.settings.throttle;
    this.#tokens = { reads, writes, deletes };
    this.#filledAt = arm.clock.now();
  }

  /** Takes a token. Gives the headers that tell what is left, or throws 429. */
  take(method: string): Record<string, string> {
    this.#refill();
    const bucket = bucketOf(method);
    if (this.#tokens[bucket] < 1) throw this.#exceeded(bucket);
    this.#tokens[bucket] -= 1;
    return {
      [`x-ms-ratelimit-remaining-subscription-${bucket}`]: String(Math.floor(this.#tokens[bucket])),
      [`x-ms-ratelimit-remaining-subscription-global-${bucket}`]: String(
        Math.floor(this.#tokens[bucket]) * 15,
      ),
    };
  }

  #refill(): void {
    const { clock, settings } = this.#arm;
    const seconds = (clock.now() - this.#filledAt) / 1000;
    this.#filledAt = clock.now();
    for (const bucket of ["reads", "writes", "deletes"] as const) {
      const full = settings.throttle[bucket];
      this.#tokens[bucket] = Math.min(full, this.#tokens[bucket] + seconds * this.#perSecond(bucket));
    }
  }

  #perSecond(bucket: Bucket): number {
    const { readsPerSecond, writesPerSecond } = this.#arm.settings.throttle;
    return bucket === "reads" ? readsPerSecond : writesPerSecond;
  }

  #exceeded(bucket: Bucket): ArmError {
    const waitMs = Math.max(1000, Math.ceil(1000 / Math.max(this.#perSecond(bucket), 0.001)));
    const seconds = Math.ceil(waitMs / 1000);
    return new ArmError(
      429,
      "SubscriptionRequestsThrottled",
      `Number of requests for subscription '${this.#arm.settings.subscriptionId}' and operation '${bucket}' exceeded the backend storage limit. Please try again after '${seconds}' seconds.`,
      {
        headers: {
          ...comeBackLater(this.#arm, seconds * 1000),
          [`x-ms-ratelimit-remaining-subscription-${bucket}`]: "0",
        },
      },
    );
  }
}

function bucketOf(method: string): Bucket {
  if (method === "GET" || method === "HEAD") return "reads";
  return method === "DELETE" ? "deletes" : "writes";
}
