import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { exec, lastLines } from "../../src/lib/exec.ts";
import { retry } from "../../src/lib/retry.ts";
import { testPrograms } from "../cluster/programs.ts";

export interface LoopbackTailnet {
  url: string;
  apiKey: string;
  /** Starts a tailscaled in userspace and joins it. Fails when the tailnet does not let it in. */
  join(options: { hostname: string; authKey: string; routes: readonly string[] }): Promise<void>;
  /** URL of the proxy by which what joined under this host name leads into the tailnet. */
  proxyOf(hostname: string): string;
  /** Kills what joined under this host name, as when a plug is pulled. */
  kill(hostname: string): Promise<void>;
  /** Starts it again with what it remembers. */
  revive(hostname: string): void;
  /** Kills the server; devices that know each other still reach each other. */
  stopServer(): Promise<void>;
  /** Starts it again, and waits until it answers. */
  startServer(): Promise<void>;
  /** Runs the server's own command line, which needs no credential. */
  headscale: (...args: string[]) => Promise<string>;
  /** Kills everything and removes what it wrote. */
  stop: () => Promise<void>;
}

/** A real Headscale, relay and any number of real tailscaled, all on free loopback ports. */
export async function startLoopbackTailnet(): Promise<LoopbackTailnet> {
  const program = await testPrograms();
  const dir = await mkdtemp(join(tmpdir(), "sg-tn-"));
  const children: ChildProcess[] = [];
  const devices = new Map<string, ChildProcess>();
  const proxies = new Map<string, number>();
  let server: ChildProcess | undefined;
  // A test that is interrupted or runs out of time leaves nothing behind either.
  process.on("exit", () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  });
  process.once("SIGTERM", () => process.exit(143)).once("SIGINT", () => process.exit(130));
  const [http, metrics, grpc, derp] = await freePorts(4);
  const url = `http://127.0.0.1:${http}`;
  const configPath = join(dir, "headscale.yaml");

  const start = (
    name: string,
    file: string,
    args: string[],
    env: Record<string, string> = {},
  ): ChildProcess => {
    const log = openSync(join(dir, `${name}.log`), "a", 0o600);
    const child = spawn(file, args, {
      cwd: dir,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    children.push(child);
    return child;
  };
  const headscale = async (...args: string[]): Promise<string> =>
    (await exec([program("headscale"), "--config", configPath, ...args], { timeoutMs: 90_000 })).stdout;

  const startDevice = (hostname: string): void => {
    const args = ["--tun=userspace-networking", "--port=0", "--no-logs-no-support"];
    const own = [
      ...[`--socket=${join(dir, `${hostname}.sock`)}`, `--statedir=${join(dir, hostname)}`],
      `--socks5-server=127.0.0.1:${proxies.get(hostname) ?? 0}`,
    ];
    const env = { TS_DISABLE_PORTMAPPER: "1", TS_DEBUG_ALWAYS_USE_DERP: "1", TS_LOGS_DIR: dir };
    devices.set(hostname, start(hostname, program("tailscaled"), [...args, ...own], env));
  };
  const startServer = async (): Promise<void> => {
    server = start("headscale", program("headscale"), ["--config", configPath, "serve"]);
    await retry(async () => fetch(`${url}/health`), { timeoutMs: 90_000, minDelayMs: 50, maxDelayMs: 300 });
  };
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await killAndWait(child);
    await rm(dir, { recursive: true, force: true });
  };

  try {
    start("derper", program("derper"), [
      "-a",
      `127.0.0.1:${derp}`,
      "-hostname",
      "127.0.0.1",
      "-http-port",
      "-1",
      "-stun=false",
      "-certmode",
      "manual",
      "-certdir",
      join(dir, "derp"),
      "-c",
      join(dir, "derper.json"),
    ]);
    const certName = await retry(
      async () => {
        const name = /sha256-raw:[0-9a-f]+/.exec(await readFile(join(dir, "derper.log"), "utf8"))?.[0];
        if (name === undefined) throw new Error("the relay has not named its certificate");
        return name;
      },
      { timeoutMs: 90_000, minDelayMs: 50, maxDelayMs: 200 },
    );
    await writeFile(join(dir, "derp.yaml"), derpMap(derp, certName));
    await writeFile(configPath, headscaleConfig(dir, { http, metrics, grpc }));
    await startServer();
    const apiKey = await headscale("apikeys", "create", "--output", "json");
    return {
      url,
      apiKey: z.string().parse(JSON.parse(apiKey)),
      headscale,
      stop,
      startServer,
      async stopServer() {
        if (server !== undefined) await killAndWait(server);
      },
      proxyOf: (hostname) => `socks5://127.0.0.1:${proxies.get(hostname)}`,
      async kill(hostname) {
        const child = devices.get(hostname);
        if (child !== undefined) await killAndWait(child);
      },
      revive: startDevice,
      async join({ hostname, authKey, routes }) {
        const [proxy] = await freePorts(1);
        proxies.set(hostname, proxy);
        startDevice(hostname);
        const socket = join(dir, `${hostname}.sock`);
        const tailscale = [program("tailscale"), `--socket=${socket}`] as const;
        await retry(async () => exec([...tailscale, "status"], { okCodes: [0, 1], timeoutMs: 20_000 }), {
          timeoutMs: 90_000,
          minDelayMs: 50,
          maxDelayMs: 200,
          isRetriable: () => true,
        });
        const keyPath = join(dir, `${hostname}.key`);
        await writeFile(keyPath, authKey, { mode: 0o600 });
        await exec(
          [
            ...tailscale,
            "up",
            `--login-server=${url}`,
            `--hostname=${hostname}`,
            "--timeout=80s",
            `--auth-key=file:${keyPath}`,
            `--advertise-routes=${routes.join(",")}`,
          ],
          { timeoutMs: 90_000 },
        );
      },
    };
  } catch (error) {
    const log = await readFile(join(dir, "headscale.log"), "utf8").catch(() => "");
    await stop();
    throw new Error(`Cannot start a tailnet for tests:\n${lastLines(log, 20)}`, { cause: error });
  }
}

async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

function derpMap(port: number, certName: string): string {
  const node = { name: "900a", regionid: 900, hostname: "127.0.0.1", ipv4: "127.0.0.1", stunport: -1 };
  const region = { regionid: 900, regioncode: "test", regionname: "test" };
  return stringify({
    // A Map, because the keys must be written as numbers.
    regions: new Map([[900, { ...region, nodes: [{ ...node, derpport: port, certname: certName }] }]]),
  });
}

function headscaleConfig(dir: string, ports: { http: number; metrics: number; grpc: number }): string {
  return stringify({
    server_url: `http://127.0.0.1:${ports.http}`,
    listen_addr: `127.0.0.1:${ports.http}`,
    metrics_listen_addr: `127.0.0.1:${ports.metrics}`,
    grpc_listen_addr: `127.0.0.1:${ports.grpc}`,
    noise: { private_key_path: join(dir, "noise.key") },
    prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48" },
    database: { type: "sqlite", sqlite: { path: join(dir, "db.sqlite") } },
    derp: {
      urls: [],
      paths: [join(dir, "derp.yaml")],
      auto_update_enabled: false,
      server: { enabled: false },
    },
    disable_check_updates: true,
    dns: { magic_dns: false, base_domain: "ts.test", override_local_dns: false },
    policy: { mode: "database" },
    unix_socket: join(dir, "hs.sock"),
  });
}

/** So many free ports, all different. */
async function freePorts(count: 1): Promise<[number]>;
async function freePorts(count: 4): Promise<[number, number, number, number]>;
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const portOf = async (one: (typeof servers)[number]): Promise<number> => {
    one.listen(0, "127.0.0.1");
    await once(one, "listening");
    const address = one.address();
    if (address === null || typeof address === "string") throw new Error("no free port");
    return address.port;
  };
  const ports = await Promise.all(servers.map(portOf));
  for (const one of servers) one.close();
  return ports;
}
