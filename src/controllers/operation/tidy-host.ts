import { describeError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import type { Run } from "./run.ts";

/** Removes what an Operation that went well kept on its host, but for its output. Failing at it fails nothing. */
export async function tidyHost({ work, ctx, signal }: Run, host: Host): Promise<void> {
  const { uid, name } = work.operation.metadata;
  try {
    await ctx.bootstrap.stop({ host, operationUid: uid, graceMs: 0 }, signal);
  } catch (error) {
    ctx.log.warn("cannot tidy up on the server", { operation: name, error: describeError(error) });
  }
}
