import { AsyncLocalStorage } from "node:async_hooks";
import type { ComputeManagementClientOptionalParams } from "@azure/arm-compute";
import type { Clock } from "../../../lib/clock.ts";
import type { Log } from "../../../lib/log.ts";

/** How long Azure may be away, or refuse for too many requests, before we give up. */
const GIVE_UP_AFTER_MS = 10 * 60_000;
/** An operation that failed can say so by a 5xx, and then says it for ever: better begun again than asked again. */
const POLL_TRIES = 5;
const POLL_PATH = /\/(operations|operationresults|operationstatuses)\//i;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** Texts of answers that refuse, by their request: the SDK's errors leave out most of them. */
export const refusals = new WeakMap<object, string>();

/** What the last answer to a poll said about when to ask again. */
export const pollHint = new AsyncLocalStorage<{ retryAfterMs: number | undefined }>();

export type PipelinePolicy = NonNullable<
  ComputeManagementClientOptionalParams["additionalPolicies"]
>[number]["policy"];
type PipelineResponse = Awaited<ReturnType<PipelinePolicy["sendRequest"]>>;

export interface RetryPolicyOptions {
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  random?: () => number;
}

/**
 * Makes a request again that met a passing failure: too many requests (429, after the time Azure names), an error of
 * Azure's own, no answer. In place of the SDK's own policy, which waits by the system's clock, says nothing, and gives
 * up after three tries. Every call of ours may be repeated: writes say what should be, actions find out what is done.
 */
export function createRetryPolicy({
  clock,
  log,
  signal,
  random = Math.random,
}: RetryPolicyOptions): PipelinePolicy {
  return {
    name: "stargateRetryPolicy",
    async sendRequest(request, next) {
      request.abortSignal ??= signal;
      const deadline = clock.now() + GIVE_UP_AFTER_MS;
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        const { response, error } = await attemptOnce(() => next(request));
        signal.throwIfAborted();
        const delay = delayBefore(response, attempt, clock, random);
        const isHopeless = attempt >= POLL_TRIES && response?.status !== 429 && POLL_PATH.test(request.url);
        if (!isPassing(response, error) || isHopeless || clock.now() + delay > deadline) {
          if (response === undefined) throw error;
          noteHint(response, clock);
          if (response.status >= 400) refusals.set(request, response.bodyAsText ?? "");
          return response;
        }
        log.debug("Azure is asked again", {
          url: new URL(request.url).pathname,
          status: response?.status,
          delayMs: Math.round(delay),
          error: response === undefined ? String(error) : undefined,
        });
        await clock.sleep(delay, signal);
      }
    },
  };
}

async function attemptOnce(
  send: () => Promise<PipelineResponse>,
): Promise<{ response: PipelineResponse; error?: undefined } | { response: undefined; error: unknown }> {
  try {
    return { response: await send() };
  } catch (error) {
    return { response: undefined, error };
  }
}

/** No answer: only what the HTTP layer threw. A login that fails will fail again. */
function isPassing(response: PipelineResponse | undefined, error: unknown): boolean {
  if (response === undefined) return error instanceof Error && error.name === "RestError";
  const { status } = response;
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function delayBefore(
  response: PipelineResponse | undefined,
  attempt: number,
  clock: Clock,
  random: () => number,
): number {
  const asked = response === undefined ? undefined : retryAfterMs(response, clock);
  if (asked !== undefined) return asked;
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * random();
}

/** Retry-After is a number of seconds or a date; the SDK also knows the same in milliseconds. */
function retryAfterMs({ headers }: PipelineResponse, clock: Clock): number | undefined {
  const milliseconds = headers.get("retry-after-ms") ?? headers.get("x-ms-retry-after-ms");
  if (milliseconds !== undefined && /^\d+$/.test(milliseconds)) return Number(milliseconds);
  const header = headers.get("retry-after");
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}

function noteHint(response: PipelineResponse, clock: Clock): void {
  const hint = pollHint.getStore();
  if (hint !== undefined) hint.retryAfterMs = retryAfterMs(response, clock);
}
