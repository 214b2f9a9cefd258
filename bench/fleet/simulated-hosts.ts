import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import ssh2, { type AuthContext, type Connection, type ServerChannel } from "ssh2";
import { z } from "zod";
import { readAsset } from "../../src/lib/assets.ts";

const Keys = z.object({ private: z.string(), public: z.string() });
const BOOT_ID = randomUUID();
const RUN_DURABLE = readAsset("remote/scripts/run-durable.sh");

const ANSWERS = new Map<string, (name: string) => string>([
  ["cat /etc/machine-id", (name) => `machine-of-${name}`],
  ["cat /proc/sys/kernel/random/boot_id", () => BOOT_ID],
  ["sudo -n -- cat /sys/class/dmi/id/product_uuid", (name) => `uuid-of-${name}`],
]);

/** What a script that is run outside a unit says. */
const SCRIPTS = new Map<string, (name: string) => string>([
  [
    readAsset("bootstrap/scripts/inspect-host.sh"),
    (name) =>
      [
        ...[
          "os=debian 13",
          "arch=amd64",
          "kernel=6.12",
          `machine-id=machine-of-${name}`,
          `boot-id=${BOOT_ID}`,
        ],
        ...[`system-uuid=uuid-of-${name}`, "free-mib=20000", "cgroup=2", "kubelet=no", ""],
      ].join("\n"),
  ],
  [readAsset("bootstrap/scripts/find-artifacts.sh"), () => ""],
  [readAsset("remote/scripts/stop-durable.sh"), () => ""],
]);

export interface SimulatedHostsOptions {
  /** How long each durable step takes. */
  stepMs: () => number;
  /** Makes the host a node, with the token in the step's inputs. */
  join: (name: string, token: string) => Promise<void>;
}

/** Hosts that answer SSH as real ones would, and do nothing: one server in this program is all of them. */
export class SimulatedHosts {
  readonly hostKey: string;
  readonly userKey: string;
  readonly #server: ssh2.Server;
  readonly #options: SimulatedHostsOptions;
  /** Which host a connection is for, by the port it comes from. */
  readonly #names = new Map<number | undefined, string>();

  constructor(options: SimulatedHostsOptions) {
    this.#options = options;
    const [host, user] = [keyPair(), keyPair()];
    this.hostKey = host.public.trim();
    this.userKey = user.private;
    this.#server = new ssh2.Server({ hostKeys: [host.private] }, (client, { port }) => {
      this.#serve(client, this.#names.get(port) ?? "unknown");
    });
  }

  /** Makes a TCP connection one to the host of this name. */
  accept(socket: Socket, name: string): void {
    const port = socket.remotePort;
    this.#names.set(port, name);
    socket.once("close", () => this.#names.delete(port));
    this.#server.injectSocket(socket);
  }

  #serve(client: Connection, name: string): void {
    client
      .on("authentication", (context: AuthContext) => context.accept())
      .on("error", () => undefined)
      .on("session", (acceptSession) => {
        acceptSession().on("exec", (accept, _reject, { command }) => {
          const channel = accept();
          this.#run(channel, command, name).catch((error: unknown) => {
            channel.stderr.end(String(error));
            end(channel, 1);
          });
        });
      });
  }

  async #run(channel: ServerChannel, command: string, name: string): Promise<void> {
    const stdin = await readAll(channel);
    const answer = ANSWERS.get(command)?.(name);
    if (answer !== undefined) return finish(channel, answer);
    if (command !== "sudo -n -- bash -s")
      throw new Error(`the simulated host was not told about: ${command}`);
    if (stdin.endsWith(RUN_DURABLE)) {
      const step = /^export STEP=(\S+)$/m.exec(stdin)?.[1] ?? "";
      await sleep(this.#options.stepMs());
      if (step === "join-cluster") {
        await this.#options.join(name, /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/.exec(stdin)?.[0] ?? "");
      }
      return finish(channel, `${step} is done\n`);
    }
    for (const [text, say] of SCRIPTS) if (stdin.endsWith(text)) return finish(channel, say(name));
    throw new Error("the simulated host was not told about this script");
  }
}

/** What a Node says of the host it runs on. */
export function nodeInfoOf(name: string): object {
  return {
    machineID: `machine-of-${name}`,
    bootID: BOOT_ID,
    systemUUID: `uuid-of-${name}`,
    kubeletVersion: "v1.37.2",
    kubeProxyVersion: "",
    containerRuntimeVersion: "containerd://2.0.0",
    kernelVersion: "6.12",
    osImage: "Debian",
    operatingSystem: "linux",
    architecture: "amd64",
  };
}

function keyPair(): z.infer<typeof Keys> {
  return Keys.parse(ssh2.utils.generateKeyPairSync("ed25519"));
}

async function readAll(channel: ServerChannel): Promise<string> {
  let text = "";
  channel.setEncoding("utf8").on("data", (part: string) => (text += part));
  await once(channel, "end");
  return text;
}

function finish(channel: ServerChannel, text: string): void {
  channel.write(text);
  end(channel, 0);
}

function end(channel: ServerChannel, code: number): void {
  channel.exit(code);
  channel.end();
}
