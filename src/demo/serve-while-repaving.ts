import type { Clock } from "../lib/clock.ts";

export interface Served {
  answered: number;
  asked: number;
  /** The longest time without an answer, in milliseconds. */
  longestGapMs: number;
}

/** Asks again and again, four times a second, until `until` settles; counts what was answered. */
export async function countAnswersWhile(
  ask: (signal: AbortSignal) => Promise<unknown>,
  until: Promise<unknown>,
  clock: Clock,
): Promise<Served> {
  const stop = new AbortController();
  const ended = until.finally(() => stop.abort());
  const isOver = () => stop.signal.aborted;
  let asked = 0;
  let answered = 0;
  let longestGapMs = 0;
  let lastAnswer = clock.now();
  while (!isOver()) {
    asked++;
    try {
      await ask(stop.signal);
      answered++;
      longestGapMs = Math.max(longestGapMs, clock.now() - lastAnswer);
      lastAnswer = clock.now();
    } catch {
      if (isOver()) asked--; // cut off by the end, not unanswered
    }
    await clock.sleep(250, stop.signal).catch(() => undefined);
  }
  await ended;
  return { answered, asked, longestGapMs };
}
