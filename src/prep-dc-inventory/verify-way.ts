import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import { readAsset } from "../lib/assets.ts";
import type { World } from "../lib/world.ts";
import type { Inventory, InventoryEntry } from "../providers/provider.ts";
import type { Host, HostConnector } from "../remote/host.ts";

/** Emulated guests take minutes to boot when several do at once. */
export const BOOT_TIMEOUT_MS = 15 * 60_000;
const API_TIMEOUT_MS = 3 * 60_000;

/** What cloud-init says of itself when it is done. */
const CloudInitResult = z.object({ v1: z.object({ errors: z.array(z.string()).default([]) }) });

export interface WorkerLogin {
  username: string;
  privateKey: string;
}

/**
 * Logs in to a worker through the router with its pinned key, waits until cloud-init is done there, and has the worker
 * open a connection to the API server.
 * @throws StargateError with the reasons of HostConnector, CloudInitFailed, ApiUnreachableFromWorker
 */
export async function verifyWorker(
  worker: InventoryEntry,
  login: WorkerLogin,
  options: { connector: HostConnector; apiServer: string | undefined; onState: (state: string) => void },
  world: World,
): Promise<void> {
  const { signal, clock } = world;
  const { connector, apiServer, onState } = options;
  onState("waiting for SSH");
  await using host = await retry(() => connector.connect({ ...worker, port: 22, ...login }, { signal }), {
    timeoutMs: BOOT_TIMEOUT_MS,
    minDelayMs: 500,
    maxDelayMs: 2_000,
    signal,
    clock,
  });
  onState("waiting for cloud-init");
  await waitForCloudInit(host, signal);
  if (apiServer === undefined) return;
  onState("waiting for the way to the API server");
  const script = {
    name: "reach-api-server",
    text: readAsset("prep-dc-inventory/reach-api-server.sh"),
    inputs: hostAndPort(apiServer),
  };
  // The first packets after a route was approved can be lost for many seconds while paths settle.
  await retry(
    async () => {
      const { exitCode: reached } = await host.runScript(script, { signal, okCodes: [0, 1] });
      if (reached === 0) return;
      throw new StargateError(
        "ApiUnreachableFromWorker",
        `${worker.name} cannot reach the API server at ${apiServer}`,
        {
          retriable: true,
          remedy:
            "Check that the MX side accepts routes (tailscale up --accept-routes) and that policy lets the subnet in.",
        },
      );
    },
    { timeoutMs: API_TIMEOUT_MS, minDelayMs: 250, maxDelayMs: 2_000, signal, clock },
  );
}

/** @throws StargateError CloudInitFailed with its errors */
async function waitForCloudInit(host: Host, signal: AbortSignal): Promise<void> {
  const script = {
    name: "await-cloud-init",
    text: readAsset("prep-dc-inventory/await-cloud-init.sh"),
    inputs: {},
  };
  const { stdout } = await host.runScript(script, { signal, timeoutMs: BOOT_TIMEOUT_MS });
  const { errors } = CloudInitResult.parse(JSON.parse(stdout)).v1;
  if (errors.length === 0) return;
  throw new StargateError("CloudInitFailed", `cloud-init failed on ${host.name}: ${errors.join("; ")}`, {
    remedy: "Read /var/log/cloud-init-output.log there.",
  });
}

function hostAndPort(url: string): { API_HOST: string; API_PORT: string } {
  const { hostname, port } = new URL(url);
  return { API_HOST: hostname, API_PORT: port === "" ? "443" : port };
}

/** Verifies all workers side by side. */
export async function verifyWorkers(
  inventory: Inventory,
  login: WorkerLogin,
  options: { connector: HostConnector; apiServer: string | undefined },
  world: World,
  update: (detail: string) => void,
): Promise<void> {
  const states = new Map<string, string>();
  const onState = (name: string) => (state: string) => {
    states.set(name, state);
    update([...states].map(([worker, text]) => `${worker} ${text}`).join(", "));
  };
  await Promise.all(
    inventory.workers.map((worker) =>
      verifyWorker(worker, login, { ...options, onState: onState(worker.name) }, world).then(() =>
        onState(worker.name)("ok"),
      ),
    ),
  );
}
