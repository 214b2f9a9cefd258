import { join } from "node:path";
import { readRunningPid } from "../lib/background.ts";
import { StargateError } from "../lib/errors.ts";
import { readJsonIfExists } from "../lib/files.ts";
import { retry } from "../lib/retry.ts";
import type { LabPaths } from "./lab-paths.ts";
import { SupervisorStatus, type PartStatus } from "./supervisor-status.ts";

const UP_TIMEOUT_MS = 180_000;

/** True when every part of the lab does its work. */
export async function isLabReady(paths: LabPaths): Promise<boolean> {
  const running = (await readRunningPid(paths.supervisorPid)) !== undefined;
  return running && (await notReady(paths)).length === 0;
}

/**
 * Waits until every part of the lab does its work.
 * @throws StargateError LabPartFailed, SupervisorEnded, LabNotReady
 */
export async function waitUntilReady(
  paths: LabPaths,
  update: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  // A part that had failed before is given one more try: what was wrong may be right by now.
  const before = new Map((await notReady(paths)).map(({ name, restarts }) => [name, restarts]));
  await retry(
    async () => {
      if ((await readRunningPid(paths.supervisorPid)) === undefined) throw supervisorEnded(paths);
      const waiting = await notReady(paths);
      const failed = waiting.find(
        ({ name, state, restarts }) => state === "failed" && restarts !== before.get(name),
      );
      if (failed !== undefined) throw partFailure(paths, failed);
      if (waiting.length === 0) return;
      const names = waiting.map((part) => part.name).join(", ");
      update(`waiting for ${names}`);
      throw new StargateError(
        "LabNotReady",
        `The lab is not up after ${UP_TIMEOUT_MS / 1000} s: ${names} not ready`,
        { retriable: true, remedy: `Read bin/stargate lab status, and the logs in ${paths.logs}.` },
      );
    },
    { timeoutMs: UP_TIMEOUT_MS, minDelayMs: 100, maxDelayMs: 300, signal },
  );
}

/** The parts that do not do their work (yet). Before the supervisor has written its status, one that stands for all. */
async function notReady(paths: LabPaths): Promise<PartStatus[]> {
  const pid = await readRunningPid(paths.supervisorPid);
  const status = await readJsonIfExists(paths.status, SupervisorStatus);
  if (status === undefined || status.pid !== pid) {
    return [{ name: "supervisor", state: "starting", restarts: 0, since: "" }];
  }
  return status.parts.filter((part) => part.state !== "ready");
}

function supervisorEnded(paths: LabPaths): StargateError {
  return new StargateError("SupervisorEnded", "The lab's supervisor has ended", {
    remedy: `Read ${join(paths.logs, "supervisor.log")}.`,
  });
}

function partFailure(paths: LabPaths, { name, lastError = "no reason known" }: PartStatus): StargateError {
  const remedy = lastError.includes("address already in use")
    ? "Find the program that took the port (ss -ltnp) and end it, then run bin/stargate lab up again. " +
      "Or make the lab anew, on other ports: bin/stargate lab destroy, bin/stargate lab up."
    : `Read ${join(paths.logs, `${name}.log`)}; the lab keeps trying until bin/stargate lab down.`;
  return new StargateError("LabPartFailed", `The lab's ${name} does not run: ${lastError}`, { remedy });
}
