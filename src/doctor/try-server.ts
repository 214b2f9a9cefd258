import type { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../api/v1alpha1/server.ts";
import { probeServer } from "../controllers/datacenter/probe.ts";
import { readCredentials } from "../controllers/operation/observe.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { readAsset } from "../lib/assets.ts";
import { StargateError } from "../lib/errors.ts";
import type { Dialer } from "../remote/dialer.ts";
import { profileOf } from "../operations/profile-of.ts";
import { createSshConnector } from "../remote/ssh.ts";
import type { ServerFacts } from "./datacenters.ts";
import { attempt } from "./finding.ts";

const LOGIN_TIMEOUT_MS = 20_000;
const REACH_TIMEOUT_MS = 15_000;

export interface Means {
  client: KubeClient;
  dialer: Dialer;
  profiles: readonly ProvisioningProfile[];
  /** URL that workers join; undefined where it is not known. */
  workerServer: string | undefined;
}

/** Dials a Server's SSH daemon, and has the host dial the API server. Changes nothing there. */
export async function tryServer(server: Server, means: Means, signal: AbortSignal): Promise<ServerFacts> {
  const { ipv4: host, sshPort: port } = server.spec;
  const base = { name: server.metadata.name, target: `${host}:${port}` };
  const wayIn = await attempt(() => probeServer(means.dialer, { host, port }, { signal }), signal);
  if ("error" in wayIn) return { ...base, wayIn, wayOut: undefined };
  const { workerServer } = means;
  const profile = profileOf(server, means.profiles);
  if (workerServer === undefined || profile === undefined) return { ...base, wayIn, wayOut: undefined };
  const credentials = await readCredentials(means.client, profile, { adminUsername: undefined, signal });
  // What a profile lacks is told with the profiles.
  if (typeof credentials === "string") return { ...base, wayIn, wayOut: undefined };
  const wayOut = await attempt(
    () => reachFrom(server, { ...means, workerServer }, credentials, signal),
    signal,
  );
  return { ...base, wayIn, wayOut };
}

async function reachFrom(
  server: Server,
  { dialer, workerServer }: Means & { workerServer: string },
  credentials: { username: string; privateKey: string },
  signal: AbortSignal,
): Promise<void> {
  const { ipv4, sshPort: port, hostKey = "" } = server.spec;
  const { name } = server.metadata;
  const options = { signal, timeoutMs: LOGIN_TIMEOUT_MS };
  await using host = await createSshConnector(dialer).connect(
    { name, ipv4, port, hostKey, ...credentials },
    options,
  );
  const { hostname, port: apiPort } = new URL(workerServer);
  const { exitCode } = await host.runScript(
    {
      name: "reach-api-server",
      text: readAsset("prep-dc-inventory/reach-api-server.sh"),
      inputs: { API_HOST: hostname, API_PORT: apiPort === "" ? "443" : apiPort },
    },
    { signal, timeoutMs: REACH_TIMEOUT_MS, okCodes: [0, 1] },
  );
  if (exitCode === 0) return;
  throw new StargateError("ApiUnreachableFromWorker", `it cannot reach the API server at ${workerServer}`, {
    retriable: true,
  });
}
