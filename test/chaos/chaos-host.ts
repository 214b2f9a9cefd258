import { appendFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TestHost } from "../hosts/start-host.ts";
import { Turns } from "./turns.ts";

/** Where the host finds the API server: carried to a socket file, and from there by the run's own way. */
export const API_PORT_ON_HOST = 6443;
const JOURNAL = "var/lib/stargate/journal";
const UNITS = "etc/systemd/system";

/** What a power cut looks like between the steps in a host's journal. */
export const POWER_CUT = "power-cut";

const WAY_OUT = `[Service]
ExecStart=/usr/bin/socat TCP-LISTEN:${API_PORT_ON_HOST},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:/shared/api.sock
Restart=always
`;

const skewed = (skewMs: number): string => `[Service]
Environment=STARGATE_TEST_SKEW_MS=${skewMs}
Environment=NODE_OPTIONS=--import=file:///opt/stargate/repository/test/chaos/skewed-clock.ts
`;

/** A test host with a way out to the API server, that is started again whenever it has gone down. */
export class ChaosHost implements AsyncDisposable {
  readonly host: TestHost;
  /** How often it went down by itself. */
  restarts = 0;
  #isOver = false;
  /** Power is switched by one at a time. */
  readonly #power = new Turns();

  private constructor(host: TestHost) {
    this.host = host;
  }

  static async start({
    kubeletSkewMs,
    note,
  }: {
    kubeletSkewMs: number;
    note: (text: string) => void;
  }): Promise<ChaosHost> {
    const self: { host?: ChaosHost } = {};
    const host = await TestHost.start({
      onDisk: (disk) => putFiles(disk, kubeletSkewMs),
      onDown: () => self.host?.bootAgain(note),
    });
    return (self.host = new ChaosHost(host));
  }

  get sshSocket(): string {
    return join(this.host.shared, "ssh.sock");
  }

  /** Everything on it ends at once; it boots when `off` has come to its end. */
  async cutPower(off: () => Promise<void>): Promise<void> {
    await this.#power.take(async () => {
      await this.host.powerOff();
      // Not before the first step: there is nothing to tell then, and no file to tell it in.
      await appendFile(join(this.host.disk.path, "disk", JOURNAL), `now - ${POWER_CUT}\n`).catch(
        () => undefined,
      );
      await off();
      await this.host.boot();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#power.over();
    await this.host[Symbol.asyncDispose]();
  }

  private bootAgain(note: (text: string) => void): void {
    void this.#power.take(async () => {
      if (this.#isOver || this.host.isUp) return;
      this.restarts++;
      note("host: goes down by itself, and boots");
      await this.host.boot();
    });
  }
}

async function putFiles(disk: string, kubeletSkewMs: number): Promise<void> {
  await mkdir(join(disk, UNITS, "multi-user.target.wants"), { recursive: true });
  await writeFile(join(disk, UNITS, "way-out.service"), WAY_OUT);
  await symlink("../way-out.service", join(disk, UNITS, "multi-user.target.wants", "way-out.service"));
  if (kubeletSkewMs === 0) return;
  await mkdir(join(disk, UNITS, "kubelet.service.d"), { recursive: true });
  await writeFile(join(disk, UNITS, "kubelet.service.d", "50-skew.conf"), skewed(kubeletSkewMs));
}
