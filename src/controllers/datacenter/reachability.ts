import type { Datacenter, DatacenterRouter } from "../../api/v1alpha1/datacenter.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Target } from "../../remote/dialer.ts";
import type { Reach } from "./facts.ts";

/** One failure may be a lost packet; so many in a row are news. */
const FAILURES_THAT_COUNT = 2;

/** Something that is tried. At another address it is another thing. */
export interface Place extends Target {
  uid: string;
}

interface Entry {
  target: string;
  failures: number;
  reach: Reach;
  /** When it answered last. */
  answeredMs: number | undefined;
  /** When the first of the failures in a row was. */
  failedMs: number | undefined;
}

/** What came of trying to reach servers and routers, as far as it is known to this program. */
export class Reachability {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(place: Place): Reach {
    return this.#entryOf(place)?.reach ?? { kind: "unknown" };
  }

  /** When it answered last, and when it first did not since then. */
  times(place: Place): Pick<Entry, "answeredMs" | "failedMs"> {
    const entry = this.#entryOf(place);
    return { answeredMs: entry?.answeredMs, failedMs: entry?.failedMs };
  }

  /**
   * Takes in how a try ended (undefined: well). Returns whether that is news, whether it is settled now, and how many
   * tries in a row have failed.
   */
  record(
    place: Place,
    problem: string | undefined,
  ): { isNews: boolean; isSettled: boolean; failures: number } {
    const known = this.#entryOf(place);
    const before = this.of(place);
    const now = this.#clock.now();
    const failures = problem === undefined ? 0 : (known?.failures ?? 0) + 1;
    const isSettled = failures === 0 || failures >= FAILURES_THAT_COUNT;
    const reach: Reach =
      problem === undefined ? { kind: "reachable" } : isSettled ? { kind: "unreachable", problem } : before;
    this.#entries.set(place.uid, {
      target: textOf(place),
      failures,
      reach,
      answeredMs: failures === 0 ? now : known?.answeredMs,
      failedMs: failures === 0 ? undefined : (known?.failedMs ?? now),
    });
    return { isNews: JSON.stringify(reach) !== JSON.stringify(before), isSettled, failures };
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  #entryOf(place: Place): Entry | undefined {
    const entry = this.#entries.get(place.uid);
    return entry?.target === textOf(place) ? entry : undefined;
  }
}

export function placeOfServer({ metadata, spec }: Server): Place {
  return { uid: metadata.uid, host: spec.ipv4, port: spec.sshPort };
}

/** A router is tried at its address in the datacenter: whatever comes back shows that it forwards. */
export function placeOfRouter({ metadata }: Datacenter, { name, address }: DatacenterRouter): Place {
  return { uid: `${metadata.uid} ${name}`, host: address, port: 22 };
}

function textOf({ host, port }: Target): string {
  return `${host}:${port}`;
}
