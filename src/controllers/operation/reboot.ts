import { StargateError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import { CONNECT, connectToServer } from "./connect.ts";
import { DRAIN, drain, letPodsIn, UNCORDON } from "./node-steps.ts";
import type { Run, Success } from "./run.ts";
import { runStep } from "./run-step.ts";
import { WAIT, waitForNodeAgain } from "./wait-for-ready.ts";
import { readIdentity } from "./worker.ts";

const REBOOT = { name: "reboot-host", title: "Restart the server" };

/** Restarts the server, with pods off the node meanwhile where it is one. */
export async function reboot(run: Run): Promise<Success> {
  const { work, writer } = run;
  writer.listSteps([CONNECT, DRAIN, REBOOT, WAIT, UNCORDON]);
  await using host = await runStep(CONNECT, run, () => connectToServer(run));
  await runStep(DRAIN, run, (onLine) => drain(run, onLine));
  await runStep(REBOOT, run, () => restart(run, host));
  const nodeRef =
    writer.status.previousNodeUid === undefined
      ? await runStep(WAIT, run, async () => Promise.resolve("skipped" as const))
      : await runStep(WAIT, run, () => waitForNodeAgain(run, host));
  await runStep(UNCORDON, run, () => letPodsIn(run));
  const { name } = work.server.metadata;
  if (nodeRef === "skipped") {
    const message = `Server ${name} has restarted; it is no node`;
    return { reason: "Restarted", message, server: { state: "pending", reason: "Restarted", message } };
  }
  const message = `Server ${name} has restarted, and its node is Ready`;
  return {
    reason: "Restarted",
    message,
    server: { state: "ready", reason: "NodeReady", message, nodeRef },
  };
}

/** Done when the boot id is another than when this Operation began; until then another look finds out. */
async function restart({ work, ctx, writer, signal }: Run, host: Host): Promise<"done"> {
  const { bootId } = await readIdentity(host, signal);
  const { previousBootId } = writer.status;
  if (previousBootId === undefined) await writer.update({ previousBootId: bootId });
  else if (previousBootId !== bootId) return "done";
  await ctx.bootstrap.reboot({ host, operationUid: work.operation.metadata.uid, bootId }, signal);
  throw new StargateError("HostRestarting", `${work.server.metadata.name} is restarting`, {
    retriable: true,
  });
}
