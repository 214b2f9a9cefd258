import { Agent, request } from "undici";
import type { Clock } from "../lib/clock.ts";
import { attempt, ok, red, skipped, warning, type Attempt, type Finding } from "./finding.ts";

const WARNING_MS = 5_000;
/** Certificates and tokens that are made a moment ago are not valid yet for a clock that is this much behind. */
const RED_MS = 60_000;

export interface ClockFacts {
  /** Whose clock was read. */
  whose: string;
  /** By how much this host's clock is ahead of it. */
  aheadMs: Attempt<number>;
}

/** Pure. */
export function judgeClock({ whose, aheadMs }: ClockFacts): Finding {
  const check = `against ${whose}`;
  if ("error" in aheadMs) return skipped(check, "it tells no time");
  const seconds = Math.round(Math.abs(aheadMs.value) / 1000);
  const found =
    seconds <= 1 ? "the same" : `this host is ${seconds} s ${aheadMs.value > 0 ? "ahead" : "behind"}`;
  const remedy = "Set the clocks of both by NTP: timedatectl set-ntp true.";
  if (Math.abs(aheadMs.value) >= RED_MS) return red(check, found, remedy);
  return Math.abs(aheadMs.value) >= WARNING_MS ? warning(check, found, remedy) : ok(check, found);
}

/** Compares this host's clock with the Date header of an answer; which answer does not matter, not even its status. */
export async function readClock(
  whose: string,
  url: string,
  { caPem, clock, signal }: { caPem?: string | undefined; clock: Clock; signal: AbortSignal },
): Promise<ClockFacts> {
  const aheadMs = await attempt(async () => {
    const dispatcher = new Agent({
      allowH2: false,
      connect: caPem === undefined || caPem === "" ? {} : { ca: caPem },
    });
    const asked = clock.now();
    const answer = await request(url, { dispatcher, signal, headersTimeout: 10_000 });
    const answered = clock.now();
    await answer.body.dump();
    await dispatcher.close();
    const date = Date.parse(String(answer.headers["date"]));
    if (Number.isNaN(date)) throw new Error("no Date header");
    // The header has whole seconds; half of one is the best guess at what it leaves out.
    return (asked + answered) / 2 - (date + 500);
  }, signal);
  return { whose, aheadMs };
}
