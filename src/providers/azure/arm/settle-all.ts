import { describeError, isAborted, StargateError } from "../../../lib/errors.ts";

/**
 * Waits until all of it has ended, and gives the results in order. Each goes to its end: what was begun is not left
 * half-way because another one failed.
 * @throws the failure, or all of them in one error
 */
export async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(work);
  const failures = outcomes.flatMap((outcome): unknown[] =>
    outcome.status === "rejected" ? [outcome.reason] : [],
  );
  if (failures.length > 0) throw combine(failures);
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

function combine(failures: readonly unknown[]): unknown {
  const aborted = failures.find((failure) => isAborted(failure));
  if (aborted !== undefined) return aborted;
  const distinct = [...new Map(failures.map((failure) => [describeError(failure), failure])).values()];
  const [first] = distinct;
  if (distinct.length === 1 || !(first instanceof StargateError)) return first;
  return new StargateError(
    first.reason,
    `${distinct.length} failures:\n- ${distinct.map((failure) => describeError(failure)).join("\n- ")}`,
    {
      retriable: first.retriable,
      cause: first,
      ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
    },
  );
}
