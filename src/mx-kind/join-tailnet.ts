import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import type { MxNames } from "./names.ts";
import type { NodeContainer } from "./node-container.ts";

const KEY_TTL_SECONDS = 600;

const Status = z.object({
  BackendState: z.string(),
  Self: z
    .object({
      ID: z.string().default(""),
      TailscaleIPs: z.array(z.string()).nullish(),
    })
    .nullish(),
});

/** The container's device in the tailnet. */
export interface MxDevice {
  state: string;
  id: string;
  /** Its IPv4 address; undefined while it is not in. */
  address: string | undefined;
}

/** What tailscaled in the container says of itself; undefined where it does not answer. */
export async function readDevice(
  container: NodeContainer,
  signal: AbortSignal,
): Promise<MxDevice | undefined> {
  // 127: no tailscale there; 1: not logged in, or no tailscaled.
  const { stdout } = await container.run(["tailscale", "status", "--json"], {
    signal,
    timeoutMs: 20_000,
    okCodes: [0, 1, 126, 127],
  });
  if (!stdout.trimStart().startsWith("{")) return undefined;
  const { BackendState, Self } = Status.parse(JSON.parse(stdout));
  const address = Self?.TailscaleIPs?.find((ip) => ip.includes("."));
  return {
    state: BackendState,
    id: Self?.ID ?? "",
    address: BackendState === "Running" ? address : undefined,
  };
}

/**
 * Has the container be in the tailnet, and returns its address there. A key is asked for only when it is needed, and
 * revoked afterwards where it is ours.
 * @throws StargateError TailnetNotJoined
 */
export async function ensureInTailnet(
  container: NodeContainer,
  names: MxNames,
  tailnet: Tailnet,
  signal: AbortSignal,
): Promise<string> {
  const before = await readDevice(container, signal);
  if (before?.address === undefined) {
    await join(container, names, tailnet, signal);
  } else {
    const flags = [`--hostname=${names.tailnetHost}`, "--accept-routes=true", "--accept-dns=false"];
    await container.run(["tailscale", "set", ...flags], { signal });
  }
  const device = await readDevice(container, signal);
  if (device?.address !== undefined) return device.address;
  throw notJoined(names, device, tailnet);
}

async function join(
  container: NodeContainer,
  names: MxNames,
  tailnet: Tailnet,
  signal: AbortSignal,
): Promise<void> {
  const key = await tailnet.createRouterKey(
    { description: `stargate mx ${names.cluster}`, ttlSeconds: KEY_TTL_SECONDS },
    signal,
  );
  try {
    const inputs = {
      AUTH_KEY: key.key,
      LOGIN_SERVER: tailnet.loginServer ?? "",
      HOST_NAME: names.tailnetHost,
    };
    const options = { signal, timeoutMs: 120_000, okCodes: [0, 100, 101] };
    const { exitCode, stderr } = await container.runScript("join-tailnet.sh", inputs, options);
    if (exitCode === 0) return;
    throw notJoined(names, await readDevice(container, signal), tailnet, stderr);
  } finally {
    if (key.id !== undefined) await tailnet.revokeRouterKey(key.id);
  }
}

function notJoined(names: MxNames, device: MxDevice | undefined, tailnet: Tailnet, said = ""): StargateError {
  const state = device === undefined ? "tailscaled there does not answer" : `its state is ${device.state}`;
  const tail = said.trim() === "" ? "" : `\n${said.trim()}`;
  return new StargateError(
    "TailnetNotJoined",
    `Cannot join ${names.container} to ${tailnet.description}: ${state}${tail}`,
    { remedy: remedyFor(device, names), retriable: true },
  );
}

function remedyFor(device: MxDevice | undefined, { container, tailnetHost }: MxNames): string {
  if (device === undefined) return `Read its journal: docker exec ${container} journalctl -u tailscaled.`;
  if (device.state === "NeedsMachineAuth") {
    return `Approve the device ${tailnetHost} in the tailnet's admin console, then run the command again.`;
  }
  return "Check that the auth key is valid, not used up and not expired, then run the command again with a good one.";
}
