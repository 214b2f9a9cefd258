import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { backOffDelay } from "../../controller-runtime/back-off.ts";
import type { Clock } from "../../lib/clock.ts";
import { describeError, StargateError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import { ThrottledError, type Device, type Tailnet } from "../../tailnet/tailnet.ts";
import { routesToApprove } from "./decide-routes.ts";
import type { Facts, OwnedRange, Problem } from "./facts.ts";
import { findRouter } from "./find-router.ts";
import { approvableSubnets } from "./overlaps.ts";

/** Somebody who takes a route away again within a minute is not fought harder than this. */
const REST_MS = 20_000;
const FIGHT_MS = 60_000;
const BACK_OFF = { minDelayMs: 8_000, maxDelayMs: 5 * 60_000 };

export interface RouteApproverOptions {
  tailnet: Tailnet;
  /** Every Datacenter there is: a router's routes are all that any of them gives it. */
  datacenters: () => readonly Datacenter[];
  clock: Clock;
  log: Log;
  random?: () => number;
}

interface Try {
  approvedMs: number | undefined;
  notBeforeMs: number;
  failures: number;
  problem: Problem | undefined;
}

const NEVER: Try = { approvedMs: undefined, notBeforeMs: 0, failures: 0, problem: undefined };

/**
 * The one place that approves routes. The tailnet's API replaces a device's whole list, so the list is made whole here,
 * from a fresh look at the device, one device after the other.
 */
export class RouteApprover {
  readonly #options: Required<RouteApproverOptions>;
  readonly #tries = new Map<string, Try>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RouteApproverOptions) {
    this.#options = { random: Math.random, ...options };
  }

  /** Why routes could not be approved when it was tried last, by the router's name. */
  get problems(): ReadonlyMap<string, Problem> {
    return new Map(
      [...this.#tries].flatMap(([name, { problem }]) => (problem === undefined ? [] : [[name, problem]])),
    );
  }

  /**
   * Approves what is missing of this router, unless that was tried a moment ago. Never throws but when the signal
   * aborts: a failure is in `problems`.
   * @returns true where a route was approved
   */
  async approve(router: string, reserved: readonly OwnedRange[], signal: AbortSignal): Promise<boolean> {
    const turn = this.#turn.then(() => this.#approveNow(router, reserved, signal));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #approveNow(router: string, reserved: readonly OwnedRange[], signal: AbortSignal): Promise<boolean> {
    const { tailnet, clock, log, random } = this.#options;
    const before = this.#tries.get(router) ?? NEVER;
    if (clock.now() < before.notBeforeMs) return false;
    try {
      const devices = await tailnet.listDevices(signal);
      const device = findRouter(devices, router);
      const routes = device && routesToApprove(device, this.#subnetsOf(router, devices, reserved));
      if (device === undefined || routes === undefined) return false;
      await tailnet.approveRoutes(device.id, routes, signal);
      log.info("routes were approved", { router, device: device.id, routes: routes.join(",") });
      const approvedMs = clock.now();
      const isFight = before.approvedMs !== undefined && approvedMs - before.approvedMs < FIGHT_MS;
      this.#tries.set(router, { ...NEVER, approvedMs, notBeforeMs: isFight ? approvedMs + REST_MS : 0 });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const failures = before.failures + 1;
      const ownMs = backOffDelay(failures, { ...BACK_OFF, random });
      const delayMs = error instanceof ThrottledError ? Math.max(ownMs, error.retryAfterMs) : ownMs;
      const notBeforeMs = clock.now() + delayMs;
      this.#tries.set(router, { ...before, notBeforeMs, failures, problem: problemOf(error) });
      log.warn("cannot approve routes, trying again", { router, error: describeError(error) });
      return false;
    }
  }

  /** What every Datacenter with this router wants approved for it. */
  #subnetsOf(router: string, devices: readonly Device[], reserved: readonly OwnedRange[]): string[] {
    const all = this.#options.datacenters();
    return all
      .filter(({ spec }) => spec.routers.some(({ name }) => name === router))
      .flatMap((datacenter) =>
        approvableSubnets({ ...factsOf(datacenter, all), reserved, tailnet: { kind: "devices", devices } }),
      );
  }
}

function factsOf(
  datacenter: Datacenter,
  all: readonly Datacenter[],
): Pick<Facts, "datacenter" | "others" | "hostNetworks"> {
  const others = all.filter(({ metadata }) => metadata.uid !== datacenter.metadata.uid);
  return { datacenter, others, hostNetworks: [] };
}

function problemOf(error: unknown): Problem {
  const reason = error instanceof StargateError ? error.reason : "TailnetUnavailable";
  const remedy = error instanceof StargateError && error.remedy !== undefined ? `. ${error.remedy}` : "";
  return { reason, message: `${describeError(error)}${remedy}` };
}
