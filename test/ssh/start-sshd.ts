import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { retry } from "../../src/lib/retry.ts";
import { createDialer } from "../../src/remote/create-dialer.ts";
import type { HostAddress } from "../../src/remote/host.ts";

export interface TestSshd {
  address: HostAddress;
  /** Another key pair, accepted nowhere. */
  strangerPrivateKey: string;
  strangerHostKey: string;
  /** Ends every open connection at once, as a router that dies does. */
  cutConnections(): void;
  stop(): Promise<void>;
}

const SSHD = "/usr/sbin/sshd";

/** Why tests with a real sshd cannot run here; false where they can. `make test` installs one only where none would start. */
export const sshdIsMissing = existsSync(SSHD) ? false : "needs sshd: apt-get install openssh-server";

/** A real sshd on a free loopback port, with keys of its own, that the current user may log in to. */
export async function startSshd(): Promise<TestSshd> {
  const dir = await mkdtemp("/tmp/sg-sshd-");
  const keygen = (name: string) =>
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(dir, name)], {
      stdio: "inherit",
    });
  for (const name of ["host", "user", "stranger"]) keygen(name);
  await writeFile(join(dir, "authorized_keys"), await readFile(join(dir, "user.pub")), { mode: 0o600 });
  const port = await freePort();
  await writeFile(
    join(dir, "sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${join(dir, "host")}`,
      `AuthorizedKeysFile ${join(dir, "authorized_keys")}`,
      `PidFile ${join(dir, "pid")}`,
      "UsePAM no",
      "StrictModes no",
      "PasswordAuthentication no",
      "PermitRootLogin yes",
      "",
    ].join("\n"),
  );
  if (userInfo().uid === 0) spawnSync("mkdir", ["-p", "/run/sshd"]);
  const sshd = spawn(SSHD, ["-D", "-e", "-f", join(dir, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  await retry(async () => (await createDialer(undefined).dial({ host: "127.0.0.1", port })).destroy(), {
    timeoutMs: 90_000,
    minDelayMs: 20,
  });
  const hostKey = (await readFile(join(dir, "host.pub"), "utf8")).trim();
  return {
    address: {
      name: "test-host",
      ipv4: "127.0.0.1",
      port,
      username: userInfo().username,
      privateKey: await readFile(join(dir, "user"), "utf8"),
      hostKey,
    },
    strangerPrivateKey: await readFile(join(dir, "stranger"), "utf8"),
    strangerHostKey: (await readFile(join(dir, "stranger.pub"), "utf8")).trim(),
    cutConnections: () => {
      spawnSync("pkill", ["-KILL", "-P", String(sshd.pid)]);
    },
    async stop() {
      if (sshd.pid !== undefined) {
        spawnSync("pkill", ["-KILL", "-P", String(sshd.pid)]);
        sshd.kill("SIGKILL");
        await once(sshd, "close");
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = addressOf(server.address());
  server.close();
  await once(server, "close");
  return port;
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return address;
}
