import { StargateError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import { isConnectionReason } from "./back-off.ts";
import { CONNECT, connectToServer } from "./connect.ts";
import { DRAIN, drain, REMOVE, removeNode } from "./node-steps.ts";
import type { Run, Success } from "./run.ts";
import { runStep } from "./run-step.ts";
import { tidyHost } from "./tidy-host.ts";

/** Makes the server no node any more, and leaves nothing of one on it. */
export async function deprovision(run: Run): Promise<Success> {
  const { work, ctx, writer, signal } = run;
  writer.listSteps([CONNECT, DRAIN, ...ctx.bootstrap.cleanOutline(), REMOVE]);
  const host = await connectOrGiveUp(run);
  await using disposable = host === "skipped" ? undefined : host;
  await runStep(DRAIN, run, (onLine) => drain(run, onLine));
  if (disposable !== undefined) {
    for (const step of ctx.bootstrap.cleanSteps({ work, host: disposable })) {
      await runStep(step, run, (onLine) => step.run({ signal, onLine }));
    }
  }
  await runStep(REMOVE, run, () => removeNode(run));
  if (disposable !== undefined) await tidyHost(run, disposable);
  const { name } = work.server.metadata;
  const message =
    disposable === undefined
      ? `Node ${name} is removed by force: the server did not answer, so what is on it is as it was`
      : `Server ${name} is no node any more, and nothing of one is left on it`;
  const reason = disposable === undefined ? "DeprovisionedByForce" : "Deprovisioned";
  return { reason, message, server: { state: "pending", reason, message, os: null, nodeRef: null } };
}

/** With spec.force, a server that has not answered for a while is done without. */
async function connectOrGiveUp(run: Run): Promise<Host | "skipped"> {
  const { work, ctx, writer } = run;
  return runStep(CONNECT, run, async (onLine) => {
    try {
      return await connectToServer(run);
    } catch (error) {
      if (!work.operation.spec.force || !(error instanceof StargateError)) throw error;
      const since = writer.condition("HostReachable")?.lastTransitionTime ?? writer.now;
      const isLong = ctx.clock.now() - Date.parse(since) >= ctx.limits.unreachableMs;
      if (!isConnectionReason(error.reason) || !isLong) throw error;
      onLine(`by force without the server: ${error.message}`);
      return "skipped";
    }
  });
}
