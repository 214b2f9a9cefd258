import { describeError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import type { Run } from "./run.ts";
import { stopWhenReachable } from "./stop-on-host.ts";

/** For one try over the connection that is there. */
const LIMIT_MS = 10_000;
/** Time for a host or its router to boot. One that does not answer any more must not keep an Operation from its end. */
const AGAIN_MS = 120_000;

/**
 * Removes what an Operation that went well kept on its host, but for its output; over another connection where the one
 * that is there breaks. Failing at it fails nothing, and who wants to stop the Operation now comes too late.
 */
export async function tidyHost({ work, ctx, signal }: Run, host: Host): Promise<void> {
  const { operation, server, profile } = work;
  const operationUid = operation.metadata.uid;
  const name = operation.metadata.name;
  try {
    await ctx.bootstrap.stop({ host, operationUid, graceMs: 0 }, AbortSignal.timeout(LIMIT_MS));
    return;
  } catch (error) {
    ctx.log.warn("cannot tidy up on the server yet", { operation: name, error: describeError(error) });
  }
  try {
    await stopWhenReachable({ operationUid, server, profile, graceMs: 0 }, AGAIN_MS, ctx, signal);
  } catch (error) {
    ctx.log.warn("cannot tidy up on the server", { operation: name, error: describeError(error) });
  }
}
