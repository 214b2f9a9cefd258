/** What watches, and works while it is the leader. Both end when their signal aborts. */
export interface Working {
  watch(signal: AbortSignal): Promise<void>;
  work(signal: AbortSignal): Promise<void>;
}

/** Several controllers as one. Where one of them fails, the others end too, and then it is told. */
export function together(...controllers: readonly Working[]): Working {
  return {
    watch: (signal) =>
      allOf(
        controllers.map((controller) => (both) => controller.watch(both)),
        signal,
      ),
    work: (signal) =>
      allOf(
        controllers.map((controller) => (both) => controller.work(both)),
        signal,
      ),
  };
}

/** Runs all parts until the signal aborts. Where one of them fails, the others end too, and then it is told. */
export async function allOf(
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const ends = parts.map(async (part) => {
    try {
      await part(both);
    } catch (error) {
      failed.abort(error);
    }
  });
  await Promise.all(ends);
  failed.signal.throwIfAborted();
}
