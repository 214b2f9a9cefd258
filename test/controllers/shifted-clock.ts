import type { Clock } from "../../src/lib/clock.ts";

/** The time of this host, put forward by a test. Who sleeps past the new time wakes up at once. */
export class ShiftedClock implements Clock {
  #shiftMs = 0;
  readonly #wakeUps = new Set<() => void>();

  now(): number {
    return Date.now() + this.#shiftMs;
  }

  /** Makes it this time of today's or tomorrow's, in UTC. */
  putForwardTo(hours: number, minutes: number): void {
    const now = new Date(this.now());
    const then = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), hours, minutes);
    this.#shiftMs += (then > now.getTime() ? then : then + 24 * 60 * 60_000) - now.getTime();
    for (const wakeUp of this.#wakeUps) wakeUp();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const dueMs = this.now() + ms;
    await new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        clearTimeout(timer);
        this.#wakeUps.delete(look);
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = (): void => {
        end();
        reject(new DOMException("aborted", "AbortError"));
      };
      const look = (): void => {
        clearTimeout(timer);
        const leftMs = dueMs - this.now();
        if (leftMs > 0) {
          timer = setTimeout(look, leftMs);
          return;
        }
        end();
        resolve();
      };
      this.#wakeUps.add(look);
      signal?.addEventListener("abort", onAbort, { once: true });
      look();
    });
  }
}
