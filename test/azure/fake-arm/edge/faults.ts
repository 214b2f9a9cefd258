import { ArmError } from "../core/arm-error.ts";
import type { Random } from "../core/random.ts";

/** What goes wrong with a call. */
export type Fault =
  /** This answer instead of the real one; nothing is done, or (`afterApplying`) all is done and the answer is lost. */
  | {
      kind: "answer";
      status: number;
      code: string;
      message?: string;
      headers?: Record<string, string>;
      afterApplying?: boolean;
    }
  /** The connection breaks, before anything is done or after all is. */
  | { kind: "reset"; when: "before" | "after" }
  /** The call is accepted, and its operation fails. */
  | { kind: "failOperation"; code: string; message?: string }
  /** The answer comes late: real time. */
  | { kind: "delay"; ms: number };

interface PlannedFault {
  method: string;
  path: RegExp;
  /** The first of the matching calls that meets it, counted from 1. */
  nth: number;
  times: number;
  fault: Fault;
  seen: number;
}

interface RandomFaults {
  random: Random;
  /** Of all calls, how many meet a fault. */
  rate: number;
  faults: readonly Fault[];
}

/** Faults that a provisioning tool must live with: all pass by themselves, or leave something to repair. */
export const everydayFaults: readonly Fault[] = [
  { kind: "reset", when: "before" },
  { kind: "reset", when: "after" },
  { kind: "answer", status: 500, code: "InternalServerError" },
  { kind: "answer", status: 503, code: "ServiceUnavailable" },
  { kind: "answer", status: 429, code: "TooManyRequests", headers: { "retry-after": "0" } },
  { kind: "answer", status: 500, code: "InternalServerError", afterApplying: true },
  { kind: "failOperation", code: "InternalExecutionError" },
  { kind: "failOperation", code: "RetryableError" },
];

/** What goes wrong, planned call by call or by chance. */
export class Faults {
  readonly #planned: PlannedFault[] = [];
  #byChance: RandomFaults | undefined;

  /** The nth call of this method whose path matches meets the fault (and the next ones, with `times`). */
  plan(
    method: string,
    path: RegExp,
    fault: Fault,
    { nth = 1, times = 1 }: { nth?: number; times?: number } = {},
  ): void {
    this.#planned.push({ method, path, nth, times, fault, seen: 0 });
  }

  /** From now on, calls meet faults by chance. `undefined` ends it. */
  atRandom(random: Random, rate: number, faults: readonly Fault[] = everydayFaults): void {
    this.#byChance = { random, rate, faults };
  }

  clear(): void {
    this.#planned.length = 0;
    this.#byChance = undefined;
  }

  /** The fault that this call meets. */
  next(method: string, path: string): Fault | undefined {
    let met: Fault | undefined;
    for (const planned of this.#planned) {
      if (planned.method !== method || !planned.path.test(path)) continue;
      planned.seen += 1;
      const isNow = planned.seen >= planned.nth && planned.seen < planned.nth + planned.times;
      if (isNow) met ??= planned.fault;
    }
    return met ?? this.#chance(method);
  }

  #chance(method: string): Fault | undefined {
    if (this.#byChance === undefined) return undefined;
    const { random, rate, faults } = this.#byChance;
    if (!random.chance(rate)) return undefined;
    const fault = faults[random.below(faults.length)];
    // Looking at something starts no operation.
    return fault?.kind === "failOperation" && (method === "GET" || method === "HEAD") ? undefined : fault;
  }
}

/** The answer that a fault puts in the place of the real one. */
export function errorOf(fault: Extract<Fault, { kind: "answer" | "failOperation" }>): ArmError {
  const status = fault.kind === "answer" ? fault.status : 500;
  const headers = fault.kind === "answer" ? fault.headers : undefined;
  return new ArmError(status, fault.code, fault.message ?? "Injected by the fake.", {
    ...(headers && { headers }),
  });
}
