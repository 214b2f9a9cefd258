/**
 * Works through a list with so many items at a time, in order of the list. The first failure aborts the others, is
 * waited out, and thrown.
 */
export async function inLanes<T>(
  lanes: number,
  items: readonly T[],
  parent: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([parent, stop.signal]);
  const waiting = [...items];
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        signal.throwIfAborted();
        await work(item, signal);
      } catch (error) {
        failures.push(error);
        stop.abort(new DOMException("another component failed", "AbortError"));
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  parent.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}
