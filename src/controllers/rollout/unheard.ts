import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Informer } from "../../controller-runtime/informer.ts";
import { keyOf, keyText, type ObjectKey } from "../../controller-runtime/object-key.ts";
import type { Clock } from "../../lib/clock.ts";

/** One that was deleted while nobody listened, or was not created after all, is never heard of. */
const FORGET_MS = 30_000;

/**
 * Operations that were created and that the informer has not told of yet. Whoever counted before it has would begin
 * too many. Needs not outlive a restart: an informer begins with all there is.
 */
export class Unheard {
  readonly #clock: Clock;
  /** By Rollout, then by Operation: since when. */
  readonly #waiting = new Map<string, Map<string, number>>();

  constructor(operations: Informer<Operation>, clock: Clock) {
    this.#clock = clock;
    operations.onChange(({ object }) => {
      for (const names of this.#waiting.values()) names.delete(keyText(keyOf(object)));
    });
  }

  /** To be called before the creation: the news of it may be quicker than its answer. */
  expect(rollout: ObjectKey, operation: ObjectKey): void {
    const names = this.#waiting.get(keyText(rollout)) ?? new Map<string, number>();
    this.#waiting.set(keyText(rollout), names.set(keyText(operation), this.#clock.now()));
  }

  /** It was not created after all. */
  withdraw(rollout: ObjectKey, operation: ObjectKey): void {
    this.#waiting.get(keyText(rollout))?.delete(keyText(operation));
  }

  /** True while something created for this Rollout has not been heard of. */
  isBehind(rollout: ObjectKey): boolean {
    const names = this.#waiting.get(keyText(rollout));
    if (names === undefined) return false;
    const now = this.#clock.now();
    for (const [name, sinceMs] of names) if (now - sinceMs >= FORGET_MS) names.delete(name);
    if (names.size === 0) this.#waiting.delete(keyText(rollout));
    return names.size > 0;
  }
}
