import type { ComputeManagementClient } from "@azure/arm-compute";
import type { NetworkManagementClient } from "@azure/arm-network";
import type { ResourceManagementClient } from "@azure/arm-resources";
import type { Clock } from "../../../lib/clock.ts";
import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import { readArmFailure } from "./arm-failure.ts";
import { explainFailure, passesByItself } from "./explain-failure.ts";
import { pollHint } from "./retry-policy.ts";

/** Azure's own pace where it names none. */
const POLL_MS = 2_000;
const SHORTEST_POLL_MS = 500;
/** Nothing we ask for takes this long; what does hangs. */
const GIVE_UP_AFTER_MS = 30 * 60_000;
/** For how long a call is made again that something passing is in the way of: an interface can be held for minutes. */
const WAIT_FOR_OTHERS_MS = 15 * 60_000;

export interface ArmClients {
  compute: ComputeManagementClient;
  network: NetworkManagementClient;
  resources: ResourceManagementClient;
}

/** The part of the SDK's pollers that we use. It is "thenable": never await one, never return one from async code. */
export interface Poller<T> {
  submitted(): Promise<void>;
  poll(): Promise<unknown>;
  readonly isDone: boolean;
  readonly result: T | undefined;
}

/**
 * Azure Resource Manager: the SDK's clients, and three ways to call them that throw StargateError (see
 * failure-rules.ts for the reasons). `action` begins messages: "Cannot create VM vm-1".
 */
export interface Arm extends ArmClients {
  readonly subscriptionId: string;
  /** What the request answers; undefined where there is no such thing. */
  read<T>(action: string, request: () => Promise<T>): Promise<T | undefined>;
  /** Everything a paged list holds; nothing where what it is in does not exist. */
  list<T>(action: string, request: () => AsyncIterable<T>): Promise<T[]>;
  /** A call that answers at once. Made again where something passing is in the way. */
  call<T>(action: string, request: () => Promise<T>): Promise<T>;
  /**
   * Starts an operation and waits for its end. Begun again where something passing is in the way, for a quarter of an
   * hour unless another time is given.
   */
  run<T>(action: string, start: () => Poller<T>, waitForOthersMs?: number): Promise<T | undefined>;
  /** The text behind a link that Azure gave out; our login is not sent there. */
  fetchText(url: string): Promise<string>;
}

export interface ArmOptions extends ArmClients {
  fetchText: Arm["fetchText"];
  subscriptionId: string;
  clock: Clock;
  signal: AbortSignal;
}

export function createArm({ clock, signal, ...options }: ArmOptions): Arm {
  const attempt = async <T>(action: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const failure = readArmFailure(error);
      throw failure === undefined ? error : explainFailure(action, failure);
    }
  };
  const insist = <T>(
    action: string,
    work: () => Promise<T>,
    timeoutMs: number = WAIT_FOR_OTHERS_MS,
  ): Promise<T> =>
    retry(() => attempt(action, work), {
      timeoutMs,
      minDelayMs: 1_000,
      maxDelayMs: 15_000,
      isRetriable: passesByItself,
      signal,
      clock,
    });

  async function finish<T>(action: string, poller: Poller<T>): Promise<T | undefined> {
    const deadline = clock.now() + GIVE_UP_AFTER_MS;
    const hint: { retryAfterMs: number | undefined } = { retryAfterMs: undefined };
    await pollHint.run(hint, () => poller.submitted());
    while (!poller.isDone) {
      await clock.sleep(Math.max(SHORTEST_POLL_MS, hint.retryAfterMs ?? POLL_MS), signal);
      if (clock.now() > deadline) throw tooLong(action);
      await pollHint.run(hint, () => poller.poll());
    }
    await poller.poll(); // throws what an operation that failed at once said
    return poller.result;
  }

  return {
    ...options,
    call: insist,
    run: (action, start, waitForOthersMs) => insist(action, () => finish(action, start()), waitForOthersMs),
    read: (action, request) => insist(action, request).catch(undefinedIfMissing),
    list: async (action, request) =>
      (await insist(action, () => collect(request())).catch(undefinedIfMissing)) ?? [],
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof StargateError && error.reason === "AzureNotFound") return undefined;
  throw error;
}

function tooLong(action: string): StargateError {
  return new StargateError(
    "AzureOperationTimeout",
    `${action}: no end after ${GIVE_UP_AFTER_MS / 60_000} minutes`,
    {
      remedy:
        "Look at the resource in the portal, and run the command again: it goes on where this one stopped.",
    },
  );
}
