import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { ArmClock } from "../core/clock.ts";
import type { ScriptResult, VmBackend, VmView } from "./vm-backend.ts";

export interface InMemoryBackendOptions {
  /** Needed for the next two. */
  clock?: Pick<ArmClock, "now">;
  /** How long after a boot the agent answers, and the serial log has the host keys. Default: at once. */
  agentAfterMs?: number;
  hostKeysAfterMs?: number;
  /** Answers run-command. Default: prints the host key where the script reads it, and else nothing. */
  runScript?: (script: string, parameters: Record<string, string>, guest: InMemoryBackend) => ScriptResult;
}

/** No guest at all, but what Azure shows of one: a serial log with cloud-init's host keys, an agent, a run-command. */
export class InMemoryBackend implements VmBackend {
  /** "ssh-ed25519 AAAA… root@name", as in the guest's /etc/ssh; another one after each reimage. */
  hostKey: string;
  isOn = false;
  isRemoved = false;
  customData: Buffer | undefined;
  /** What run-command was asked to run, in order. */
  readonly scripts: string[] = [];
  readonly #view: VmView;
  readonly #options: InMemoryBackendOptions;
  #bootedAt: number | undefined;
  #logOfBefore = "";

  constructor(view: VmView, options: InMemoryBackendOptions = {}) {
    this.#view = view;
    this.#options = options;
    this.customData = view.customData;
    this.hostKey = newHostKey(view.computerName);
  }

  async start(): Promise<void> {
    this.isOn = true;
    this.#boot();
  }

  async stop(): Promise<void> {
    this.isOn = false;
  }

  async restart(): Promise<void> {
    this.#boot();
  }

  async reimage(customData: Buffer | undefined): Promise<void> {
    this.customData = customData;
    this.#logOfBefore = "";
    this.#bootedAt = undefined;
    this.hostKey = newHostKey(this.#view.computerName);
    this.isOn = true;
    this.#boot();
  }

  async remove(): Promise<void> {
    this.isOn = false;
    this.isRemoved = true;
  }

  async agentIsReady(): Promise<boolean> {
    return this.isOn && this.#upMs() >= (this.#options.agentAfterMs ?? 0);
  }

  async readSerialLog(): Promise<string> {
    return this.#logOfBefore + this.#logOfThisBoot();
  }

  async runScript(script: string, parameters: Record<string, string>): Promise<ScriptResult> {
    this.scripts.push(script);
    if (this.#options.runScript !== undefined) return this.#options.runScript(script, parameters, this);
    const stdout = script.includes("/etc/ssh/ssh_host_") ? `${this.hostKey}\n` : "";
    return { exitCode: 0, stdout, stderr: "" };
  }

  #now(): number {
    return this.#options.clock?.now() ?? 0;
  }

  #upMs(): number {
    return this.#now() - (this.#bootedAt ?? 0);
  }

  #boot(): void {
    this.#logOfBefore += this.#bootedAt === undefined ? "" : this.#logOfThisBoot();
    this.#bootedAt = this.#now();
  }

  #logOfThisBoot(): string {
    const begin = [
      "[    0.000000] Linux version 6.8.0-1040-azure (fake)",
      `Ubuntu 24.04 LTS ${this.#view.computerName} ttyS0`,
    ];
    const keys = [
      "-----BEGIN SSH HOST KEY KEYS-----",
      this.hostKey,
      "-----END SSH HOST KEY KEYS-----",
      "[   20.000000] cloud-init[800]: Cloud-init v. 25.1.4 finished. Datasource DataSourceAzure.",
    ];
    const hasKeys = this.#upMs() >= (this.#options.hostKeysAfterMs ?? 0);
    return `${[...begin, ...(hasKeys ? keys : [])].join("\r\n")}\r\n`;
  }
}

function newHostKey(name: string): string {
  return `${openSshKey(generateKeyPairSync("ed25519").publicKey)} root@${name}`;
}

function openSshKey(key: KeyObject): string {
  const raw = key.export({ format: "der", type: "spki" }).subarray(-32);
  const field = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const blob = Buffer.concat([field(Buffer.from("ssh-ed25519")), field(raw)]);
  return `ssh-ed25519 ${blob.toString("base64")}`;
}
