import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureBackground, readRunningPid, stopBackground } from "../lib/background.ts";
import { StargateError, UsageError } from "../lib/errors.ts";
import { makePrivateDir, readFileIfExists, writeFileAtomic } from "../lib/files.ts";
import type { Env } from "../lib/paths.ts";
import type { World } from "../lib/world.ts";
import { ensureToolchain } from "../toolchain/ensure-toolchain.ts";
import { resolveKubernetes } from "../toolchain/kubernetes-versions.ts";
import { withLock } from "../toolchain/lock.ts";
import { publishCluster } from "./cluster-objects.ts";
import { chooseFreePorts } from "./free-ports.ts";
import { labPaths, type LabPaths } from "./lab-paths.ts";
import { labStatePath, LabState, readLabState } from "./lab-state.ts";
import { MX_TAILNET_ADDRESS } from "./networks.ts";
import { ensurePki, ensureSshKey } from "./pki.ts";
import { isLabReady, waitUntilReady } from "./wait-until-ready.ts";

/** A unix socket's path has 107 bytes; the longest of ours is lab/run/tailscaled.sock. */
const MAX_SOCKET_PATH = 107;

/**
 * Brings the lab up: makes it the first time, continues with the same cluster afterwards, and says so at once when it
 * runs already. Returns what others need to know of it.
 * @throws StargateError LabVersionMismatch, LabPartFailed naming the part, its last lines and its log
 */
export async function labUp(world: World, options: { kubernetes?: string } = {}): Promise<LabState> {
  const { progress, signal } = world;
  const paths = labPaths(world.paths.labDir);
  checkPathLength(paths);
  const known = await readLabState(paths.dir);
  const version = wantedVersion(known, options.kubernetes);
  const toolchain = await ensureToolchain({ kubernetes: version }, world);
  for (const dir of [paths.dir, paths.logs, paths.run]) await makePrivateDir(dir);
  const lock = {
    purpose: "lab up",
    signal,
    onWait: (holder: string) => progress.say(`Waiting: another run brings the lab up (${holder})`),
  };
  return withLock(join(paths.dir, ".lock"), lock, async () => {
    const state = (await readLabState(paths.dir)) ?? (await makeState(paths, version));
    const published = join(paths.run, "published");
    if ((await isLabReady(paths)) && (await sameText(published, paths.supervisorPid))) return state;
    await progress.step("Make the lab's keys and certificates", () =>
      Promise.all([ensurePki(paths, state.ports, toolchain, signal), ensureSshKey(paths, signal)]),
    );
    await progress.step("Start control plane and tailnet", async (update) => {
      await ensureBackground({
        argv: [...world.self, "lab", "supervise"],
        pidPath: paths.supervisorPid,
        logPath: join(paths.logs, "supervisor.log"),
        env: supervisorEnv(world.env),
      });
      await waitUntilReady(paths, update, signal);
    });
    await progress.step("Publish what joining workers need", () =>
      publishCluster(paths, state, toolchain, world),
    );
    await copyFile(paths.supervisorPid, published);
    return state;
  });
}

/** Stops every process of the lab; what it keeps stays. False when it did not run. */
export async function labDown(world: World): Promise<boolean> {
  // The supervisor stops the API server before etcd, each within its own limit.
  return stopBackground(labPaths(world.paths.labDir).supervisorPid, {
    timeoutMs: 30_000,
    clock: world.clock,
  });
}

/** True when the lab's supervisor runs, whatever its parts do. */
export async function isLabRunning(world: World): Promise<boolean> {
  return (await readRunningPid(labPaths(world.paths.labDir).supervisorPid)) !== undefined;
}

/** True where both files are there and hold the same: what is published was so since this supervisor started. */
async function sameText(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map(readFileIfExists));
  return first !== undefined && first === second;
}

/** The version asked for, or that of the lab that is there, or the newest. */
function wantedVersion(known: LabState | undefined, asked: string | undefined): string {
  if (asked === undefined && known !== undefined) return known.kubernetesVersion;
  const { version } = resolveKubernetes(asked);
  if (known === undefined || known.kubernetesVersion === version) return version;
  throw new StargateError(
    "LabVersionMismatch",
    `The lab here runs Kubernetes ${known.kubernetesVersion}, not ${version}`,
    {
      remedy:
        "Remove it first: bin/stargate lab destroy. Or give this one a folder of its own by STARGATE_STATE_DIR.",
    },
  );
}

function checkPathLength(paths: LabPaths): void {
  const longest = join(paths.run, "tailscaled.sock");
  if (Buffer.byteLength(longest) <= MAX_SOCKET_PATH) return;
  throw new UsageError(
    `The lab's folder ${paths.dir} has too long a path: its sockets' paths must fit into ${MAX_SOCKET_PATH} bytes`,
    "Choose a shorter one by STARGATE_STATE_DIR.",
  );
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

/** The supervisor outlives this command: it gets no credential, and no setting of a Headscale that is not the lab's. */
function supervisorEnv(env: Env): Record<string, string> {
  const kept = /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_\w+|XDG_\w+|NODE_\w+|SSL_CERT_\w+|STARGATE_\w+)$/;
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && kept.test(name) ? [[name, value]] : [],
    ),
  );
}
