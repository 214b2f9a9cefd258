import { backOffDelay } from "../../controller-runtime/back-off.ts";
import { withTimeout, type Clock } from "../../lib/clock.ts";
import { describeError, StargateError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import { ThrottledError, type Device, type Tailnet } from "../../tailnet/tailnet.ts";
import type { TailnetFacts } from "./facts.ts";

/** Between two looks at the tailnet, at most. A router that is down is to be told of within 30 s. */
const INTERVAL_MS = 8_000;
/** What was heard this long ago is not taken for true any more when nothing newer can be had. */
export const STALE_MS = 30_000;
const BACK_OFF = { minDelayMs: 4_000, maxDelayMs: 60_000 };
const ANSWER_TIMEOUT_MS = 15_000;

export interface DevicePollOptions {
  /** Undefined without credentials for one. Must not repeat failed calls by itself: this does. */
  tailnet: Tailnet | undefined;
  /** False where nobody wants to know: the tailnet is then left alone. */
  isNeeded: () => boolean;
  /** Called after every answer and every failure. */
  onNews: () => void;
  clock: Clock;
  log: Log;
  random?: () => number;
}

/** What is said where the controller was given no credentials of the tailnet. */
export const NO_CREDENTIALS: TailnetFacts = {
  kind: "unknown",
  reason: "NoTailnetCredentials",
  message:
    "This controller cannot ask the tailnet. Start it with TAILSCALE_CLIENT_ID and TAILSCALE_CLIENT_SECRET, or with " +
    "TAILNET_API_KEY (and --tailnet-url for Headscale).",
};

/** Asks the tailnet for its devices again and again: one question for all datacenters. */
export class DevicePoll {
  readonly #options: Required<DevicePollOptions>;
  #devices: readonly Device[] | undefined;
  /** Of the last answer; before the first one, when asking began. */
  #heardMs: number;
  #failures = 0;
  #error: unknown;
  #wake = new AbortController();

  constructor(options: DevicePollOptions) {
    this.#options = { random: Math.random, ...options };
    this.#heardMs = options.clock.now();
  }

  facts(): TailnetFacts {
    if (this.#options.tailnet === undefined) return NO_CREDENTIALS;
    const isFinal = this.#error instanceof StargateError && !this.#error.retriable;
    if (this.#failures > 0 && (isFinal || this.staleInMs() <= 0)) return unknownFor(this.#error);
    return this.#devices === undefined ? { kind: "pending" } : { kind: "devices", devices: this.#devices };
  }

  /** How long what facts() says now may still be said if nothing is heard of the tailnet. */
  staleInMs(): number {
    return this.#heardMs + STALE_MS - this.#options.clock.now();
  }

  /** True while the tailnet does not answer. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Asks at once, because what is known has just been changed. */
  soon(): void {
    if (this.#failures === 0) this.#wake.abort();
  }

  /** Asks until the signal aborts. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { tailnet, isNeeded, onNews, clock } = this.#options;
    if (tailnet === undefined) return;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      this.#wake = new AbortController();
      let delayMs = this.#intervalMs();
      if (isNeeded()) {
        delayMs = await this.#ask(tailnet, signal);
        if (isOver()) return;
        onNews();
      } else {
        this.#heardMs = clock.now();
      }
      await clock.sleep(delayMs, AbortSignal.any([signal, this.#wake.signal])).catch(() => undefined);
    }
  }

  /** Asks once. Returns how long to wait before asking again. */
  async #ask(tailnet: Tailnet, signal: AbortSignal): Promise<number> {
    const { clock, log, random } = this.#options;
    try {
      this.#devices = await tailnet.listDevices(withTimeout(ANSWER_TIMEOUT_MS, signal));
      this.#heardMs = clock.now();
      if (this.#failures > 0) log.info("the tailnet answers again", { tailnet: tailnet.description });
      this.#failures = 0;
      return this.#intervalMs();
    } catch (error) {
      this.#error = isTimeout(error) ? noAnswer(tailnet, error) : error;
      this.#failures++;
      const ownMs = backOffDelay(this.#failures, { ...BACK_OFF, random });
      const delayMs = error instanceof ThrottledError ? Math.max(ownMs, error.retryAfterMs) : ownMs;
      if (!signal.aborted) {
        const inSeconds = Math.round(delayMs / 1000);
        log.warn("cannot ask the tailnet, trying again", { error: describeError(this.#error), inSeconds });
      }
      return delayMs;
    }
  }

  /** Not all controllers at the same moment. */
  #intervalMs(): number {
    return INTERVAL_MS * (0.75 + 0.25 * this.#options.random());
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

function noAnswer({ description }: Tailnet, cause: unknown): StargateError {
  const state = `${description} did not answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
  return new StargateError("TailnetUnavailable", `Cannot ask the tailnet: ${state}`, {
    retriable: true,
    cause,
  });
}

function unknownFor(error: unknown): TailnetFacts {
  const remedy = error instanceof StargateError && error.remedy !== undefined ? ` ${error.remedy}` : "";
  const reason = error instanceof StargateError ? error.reason : "TailnetUnavailable";
  if (reason === "ManualApprovalNeeded") return NO_CREDENTIALS;
  return { kind: "unknown", reason, message: `${describeError(error)}.${remedy}` };
}
