import { createHash, X509Certificate } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import { exec } from "../lib/exec.ts";
import { makePrivateDir, readFileIfExists, writeFileAtomic } from "../lib/files.ts";
import { addSecret } from "../lib/redact.ts";
import type { Toolchain } from "../toolchain/toolchain.ts";
import type { LabPaths } from "./lab-paths.ts";
import type { LabPorts } from "./lab-state.ts";
import { MX_TAILNET_ADDRESS } from "./networks.ts";
import type { Part } from "./part.ts";
import { httpsReady } from "./probe.ts";

/** The one user that owns what the lab registers in its tailnet. */
const USER = "stargate";
const DERP_REGION = 900;

/** Keeps packets at home: no port mapping requests to the gateway, no direct paths by the host's own address. */
const AT_HOME = { TS_DISABLE_PORTMAPPER: "1", TS_DEBUG_ALWAYS_USE_DERP: "1" };

/** A tailnet of our own: relay, coordination server, and MX's device, which needs neither root nor a TUN device. */
export function tailnetParts(paths: LabPaths, ports: LabPorts, toolchain: Toolchain): Part[] {
  const headscaleConfig = join(paths.headscale, "config.yaml");
  const headscale = (...args: string[]): [string, ...string[]] => [
    toolchain.program("headscale"),
    "-c",
    headscaleConfig,
    ...args,
  ];
  const tailscaleSocket = join(paths.run, "tailscaled.sock");
  const tailscale = (...args: string[]): [string, ...string[]] => [
    toolchain.program("tailscale"),
    "--socket",
    tailscaleSocket,
    ...args,
  ];
  return [
    {
      name: "derper",
      needs: [],
      argv: [
        toolchain.program("derper"),
        ...["-c", join(paths.derp, "derper.key"), "-certmode", "manual", "-certdir", paths.derp],
        ...["-hostname", "127.0.0.1", "-a", `127.0.0.1:${ports.derp}`, "-http-port", "-1", "-stun=false"],
      ],
      prepare: async () => {
        await makePrivateDir(paths.derp);
      },
      // By the certificate it made: anybody may listen on a port.
      isReady: httpsReady(ports.derp, "/derp/probe", { ca: join(paths.derp, "127.0.0.1.crt") }),
      stopTimeoutMs: 2_000,
    },
    {
      name: "headscale",
      needs: ["derper"],
      argv: headscale("serve"),
      prepare: async () => {
        await makePrivateDir(paths.headscale);
        await writeFileAtomic(join(paths.headscale, "derp.yaml"), await renderDerpMap(paths, ports), 0o600);
        await writeFileAtomic(headscaleConfig, renderHeadscaleConfig(paths, ports), 0o600);
        await rm(join(paths.run, "headscale.sock"), { force: true });
      },
      isReady: async (signal) => {
        await exec(headscale("users", "list", "-o", "json"), { signal, timeoutMs: 10_000 });
        await ensureApiKey(paths, headscale, signal);
      },
      stopTimeoutMs: 5_000,
    },
    {
      name: "tailscaled",
      needs: ["headscale"],
      argv: [
        toolchain.program("tailscaled"),
        ...["--tun=userspace-networking", "--port", "0", "--no-logs-no-support"],
        `--socks5-server=127.0.0.1:${ports.socks5}`,
        `--outbound-http-proxy-listen=127.0.0.1:${ports.httpProxy}`,
        ...["--statedir", paths.tailscale, "--socket", tailscaleSocket],
      ],
      // Without a folder for its logs, tailscaled run by root writes into that of the host's own tailscale.
      env: { ...AT_HOME, TS_LOGS_DIR: paths.tailscale },
      prepare: async () => {
        await makePrivateDir(paths.tailscale);
      },
      isReady: (signal) => joinTailnet({ paths, ports, tailscale, headscale }, signal),
      stopTimeoutMs: 3_000,
    },
  ];
}

/** The relay makes its own certificate; clients are told its checksum, so nobody can stand in for it. */
async function renderDerpMap(paths: LabPaths, ports: LabPorts): Promise<string> {
  const certificate = new X509Certificate(await readFile(join(paths.derp, "127.0.0.1.crt")));
  const node = {
    name: "lab",
    regionid: DERP_REGION,
    hostname: "127.0.0.1",
    ipv4: "127.0.0.1",
    derpport: ports.derp,
    stunport: -1, // nothing is asked for a public address
    certname: `sha256-raw:${createHash("sha256").update(certificate.raw).digest("hex")}`,
  };
  const region = { regionid: DERP_REGION, regioncode: "lab", regionname: "Lab", nodes: [node] };
  return stringify({ regions: new Map([[DERP_REGION, region]]) }); // the key must be a number
}

function renderHeadscaleConfig(paths: LabPaths, ports: LabPorts): string {
  return stringify({
    server_url: `http://127.0.0.1:${ports.headscale}`,
    listen_addr: `127.0.0.1:${ports.headscale}`,
    metrics_listen_addr: `127.0.0.1:${ports.headscaleMetrics}`,
    grpc_listen_addr: `127.0.0.1:${ports.headscaleGrpc}`,
    noise: { private_key_path: join(paths.headscale, "noise.key") },
    prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48" },
    database: { type: "sqlite", sqlite: { path: join(paths.headscale, "db.sqlite") } },
    derp: {
      urls: [],
      paths: [join(paths.headscale, "derp.yaml")],
      auto_update_enabled: false,
      server: { enabled: false },
    },
    disable_check_updates: true,
    dns: { magic_dns: false, base_domain: "stargate.test", override_local_dns: false },
    policy: { mode: "database" },
    unix_socket: join(paths.run, "headscale.sock"),
    log: { level: "info" },
  });
}

type Cli = (...args: string[]) => [string, ...string[]];

async function ensureApiKey(paths: LabPaths, headscale: Cli, signal: AbortSignal): Promise<void> {
  if ((await readFileIfExists(paths.headscaleApiKey)) !== undefined) return;
  const { stdout } = await exec(headscale("apikeys", "create", "--expiration", "87600h", "-o", "json"), {
    signal,
  });
  const key = z.string().parse(JSON.parse(stdout));
  addSecret(key);
  await writeFileAtomic(paths.headscaleApiKey, `${key}\n`, 0o600);
}

const Status = z.object({
  BackendState: z.string(),
  TailscaleIPs: z
    .array(z.string())
    .nullish()
    .transform((ips) => ips ?? []),
});
const Users = z
  .array(z.object({ id: z.union([z.number(), z.string()]), name: z.string() }))
  .nullable()
  .transform((users) => users ?? []);

/** Joins MX's device the first time; afterwards waits until it runs again. */
async function joinTailnet(
  {
    paths,
    ports,
    tailscale,
    headscale,
  }: { paths: LabPaths; ports: LabPorts; tailscale: Cli; headscale: Cli },
  signal: AbortSignal,
): Promise<void> {
  const read = async () =>
    Status.parse(JSON.parse((await exec(tailscale("status", "--json"), { signal })).stdout));
  let status = await read();
  if (status.BackendState === "NeedsLogin") {
    await login({ paths, ports, tailscale, headscale }, signal);
    status = await read();
  }
  if (status.BackendState !== "Running") {
    throw new StargateError("TailnetNotReady", `tailscaled is ${status.BackendState}`, { retriable: true });
  }
  if (!status.TailscaleIPs.includes(MX_TAILNET_ADDRESS)) {
    throw new StargateError(
      "UnexpectedAddress",
      `The lab's own device got ${status.TailscaleIPs.join(", ")} in the tailnet instead of ${MX_TAILNET_ADDRESS}`,
      { remedy: "Make the lab anew: bin/stargate lab destroy, then bin/stargate lab up." },
    );
  }
}

async function login(
  {
    paths,
    ports,
    tailscale,
    headscale,
  }: { paths: LabPaths; ports: LabPorts; tailscale: Cli; headscale: Cli },
  signal: AbortSignal,
): Promise<void> {
  const listUsers = async () =>
    Users.parse(JSON.parse((await exec(headscale("users", "list", "-o", "json"), { signal })).stdout));
  let user = (await listUsers()).find(({ name }) => name === USER);
  if (user === undefined) {
    await exec(headscale("users", "create", USER, "-o", "json"), { signal });
    user = (await listUsers()).find(({ name }) => name === USER);
  }
  const argv = [
    "preauthkeys",
    "create",
    "--user",
    String(user?.id ?? ""),
    "--expiration",
    "10m",
    "-o",
    "json",
  ];
  const { stdout } = await exec(headscale(...argv), { signal });
  const { key } = z.object({ key: z.string() }).parse(JSON.parse(stdout));
  addSecret(key);
  const keyPath = join(paths.tailscale, "auth-key");
  await writeFileAtomic(keyPath, key, 0o600);
  try {
    await exec(
      tailscale(
        ...["up", "--login-server", `http://127.0.0.1:${ports.headscale}`, "--auth-key", `file:${keyPath}`],
        ...["--accept-routes", "--hostname", "stargate-mx", "--timeout", "30s"],
      ),
      { signal },
    );
  } finally {
    await rm(keyPath, { force: true });
  }
}
