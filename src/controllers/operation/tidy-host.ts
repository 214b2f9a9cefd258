import { describeError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import type { Run } from "./run.ts";

/** A host that does not answer any more must not keep an Operation from its end. */
const LIMIT_MS = 10_000;

/**
 * Removes what an Operation that went well kept on its host, but for its output. Failing at it fails nothing, and who
 * wants to stop the Operation now comes too late.
 */
export async function tidyHost({ work, ctx }: Run, host: Host): Promise<void> {
  const { uid, name } = work.operation.metadata;
  try {
    await ctx.bootstrap.stop({ host, operationUid: uid, graceMs: 0 }, AbortSignal.timeout(LIMIT_MS));
  } catch (error) {
    ctx.log.warn("cannot tidy up on the server", { operation: name, error: describeError(error) });
  }
}
