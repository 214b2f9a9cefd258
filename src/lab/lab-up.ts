import { join } from "node:path";
import { ensureBackground, readRunningPid, stopBackground } from "../lib/background.ts";
import { StargateError } from "../lib/errors.ts";
import { makePrivateDir, readJsonIfExists, writeFileAtomic } from "../lib/files.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import { ensureToolchain } from "../toolchain/ensure-toolchain.ts";
import { withLock } from "../toolchain/lock.ts";
import { publishCluster } from "./cluster-objects.ts";
import { chooseFreePorts } from "./free-ports.ts";
import { labPaths, type LabPaths } from "./lab-paths.ts";
import { labStatePath, LabState, readLabState } from "./lab-state.ts";
import { MX_TAILNET_ADDRESS } from "./networks.ts";
import { ensurePki, ensureSshKey } from "./pki.ts";
import { SupervisorStatus, type PartStatus } from "./supervisor-status.ts";

const UP_TIMEOUT_MS = 120_000;

/**
 * Brings the lab up: makes it the first time, continues with the same cluster afterwards, and says so at once when it
 * runs already. Returns what others need to know of it.
 * @throws StargateError LabVersionMismatch, LabPartFailed naming the part, its last lines and its log
 */
export async function labUp(world: World, options: { kubernetes?: string } = {}): Promise<LabState> {
  const { progress, signal } = world;
  const paths = labPaths(world.paths.labDir);
  const toolchain = await ensureToolchain(options, world);
  const known = await readLabState(paths.dir);
  if (known !== undefined && known.kubernetesVersion !== toolchain.kubernetesVersion) {
    if (options.kubernetes === undefined) return labUp(world, { kubernetes: known.kubernetesVersion });
    throw new StargateError(
      "LabVersionMismatch",
      `The lab here runs Kubernetes ${known.kubernetesVersion}, not ${toolchain.kubernetesVersion}`,
      {
        remedy:
          "Remove it first: bin/stargate lab destroy. Or give this one a folder of its own by STARGATE_STATE_DIR.",
      },
    );
  }
  await makePrivateDir(paths.dir);
  await makePrivateDir(paths.logs);
  await makePrivateDir(paths.run);
  return withLock(
    join(paths.dir, ".lock"),
    {
      purpose: "lab up",
      signal,
      onWait: (holder) => progress.say(`Waiting: another run brings the lab up (${holder})`),
    },
    async () => {
      const state = known ?? (await makeState(paths, toolchain.kubernetesVersion));
      if ((await readRunningPid(paths.supervisorPid)) !== undefined && (await notReady(paths)).length === 0)
        return state;
      await progress.step("Make the lab's keys and certificates", () =>
        Promise.all([ensurePki(paths, state.ports, toolchain, signal), ensureSshKey(paths, signal)]),
      );
      await progress.step("Start control plane and tailnet", async (update) => {
        await ensureBackground({
          argv: [...world.self, "lab", "supervise"],
          pidPath: paths.supervisorPid,
          logPath: join(paths.logs, "supervisor.log"),
          env: { ...world.env },
        });
        await waitUntilReady(paths, update, signal);
      });
      await progress.step("Publish what joining workers need", () =>
        publishCluster(paths, state, toolchain, world),
      );
      await writeFileAtomic(labStatePath(paths.dir), `${JSON.stringify(state, null, 2)}\n`, 0o600);
      return state;
    },
  );
}

/** Stops every process of the lab; what it keeps stays. False when it did not run. */
export async function labDown(world: World): Promise<boolean> {
  // The supervisor stops the API server before etcd, each within its own limit.
  return stopBackground(labPaths(world.paths.labDir).supervisorPid, {
    timeoutMs: 30_000,
    clock: world.clock,
  });
}

async function makeState(paths: LabPaths, kubernetesVersion: string): Promise<LabState> {
  const ports = await chooseFreePorts();
  const state: LabState = {
    kubernetesVersion,
    ports,
    tailnetAddress: MX_TAILNET_ADDRESS,
    workerApiServer: `https://${MX_TAILNET_ADDRESS}:${ports.apiServer}`,
    kubeconfigPath: paths.kubeconfig,
    headscaleUrl: `http://127.0.0.1:${ports.headscale}`,
    headscaleApiKeyPath: paths.headscaleApiKey,
    socksProxy: `socks5://127.0.0.1:${ports.socks5}`,
    sshPrivateKeyPath: paths.sshKey,
  };
  // Ports must survive an interrupted first `up`: certificates and configurations name them.
  await writeFileAtomic(labStatePath(paths.dir), `${JSON.stringify(state, null, 2)}\n`, 0o600);
  return LabState.parse(state);
}

async function waitUntilReady(
  paths: LabPaths,
  update: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await retry(
    async () => {
      if ((await readRunningPid(paths.supervisorPid)) === undefined) {
        throw new StargateError("SupervisorEnded", "The lab's supervisor has ended", {
          remedy: `Read ${join(paths.logs, "supervisor.log")}.`,
        });
      }
      const waiting = await notReady(paths);
      const failed = waiting.find((part) => part.state === "failed");
      if (failed !== undefined) throw partFailure(paths, failed);
      if (waiting.length === 0) return;
      const names = waiting.map((part) => part.name).join(", ");
      update(`waiting for ${names}`);
      throw new StargateError(
        "LabNotReady",
        `The lab is not up after ${UP_TIMEOUT_MS / 1000} s: ${names} not ready`,
        {
          retriable: true,
          remedy: `Read the logs in ${paths.logs}.`,
        },
      );
    },
    { timeoutMs: UP_TIMEOUT_MS, minDelayMs: 100, maxDelayMs: 300, signal },
  );
}

function partFailure(paths: LabPaths, part: PartStatus): StargateError {
  return new StargateError(
    "LabPartFailed",
    `The lab's ${part.name} does not run: ${part.lastError ?? "no reason known"}`,
    {
      remedy: `Read ${join(paths.logs, `${part.name}.log`)}; the lab keeps trying until bin/stargate lab down.`,
    },
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
