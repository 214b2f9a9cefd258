import type { Server } from "../../api/v1alpha1/server.ts";
import type { Reach } from "./facts.ts";

/** One failure may be a lost packet; so many in a row are news. */
const FAILURES_THAT_COUNT = 2;

interface Entry {
  /** Another address is another thing to reach. */
  target: string;
  failures: number;
  reach: Reach;
}

/** What came of connecting to the servers, as far as it is known to this program. */
export class Reachability {
  readonly #entries = new Map<string, Entry>();

  of(server: Server): Reach {
    const entry = this.#entries.get(server.metadata.uid);
    return entry?.target === targetOf(server) ? entry.reach : { kind: "unknown" };
  }

  /** Takes in how a try ended (undefined: well). Returns what there is to know now, and whether that is new. */
  record(server: Server, problem: string | undefined): { isNews: boolean; isSettled: boolean } {
    const before = this.of(server);
    const known = this.#entries.get(server.metadata.uid);
    const failures = problem === undefined ? 0 : (known?.failures ?? 0) + 1;
    const reach: Reach =
      problem === undefined
        ? { kind: "reachable" }
        : failures < FAILURES_THAT_COUNT
          ? before
          : { kind: "unreachable", problem };
    this.#entries.set(server.metadata.uid, { target: targetOf(server), failures, reach });
    const isSettled = failures === 0 || failures >= FAILURES_THAT_COUNT;
    return { isNews: JSON.stringify(reach) !== JSON.stringify(before), isSettled };
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }
}

function targetOf({ spec }: Server): string {
  return `${spec.ipv4}:${spec.sshPort}`;
}
