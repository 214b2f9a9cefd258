import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { ScriptResult, VmBackend, VmView } from "./vm-backend.ts";

/** No guest at all, but what Azure shows of one: a serial log with cloud-init's host keys, and a run-command that reads them. */
export class InMemoryBackend implements VmBackend {
  /** "ssh-ed25519 AAAA… root@name", as in the guest's /etc/ssh; another one after each reimage. */
  hostKey: string;
  isOn = false;
  isRemoved = false;
  customData: Buffer | undefined;
  /** What run-command was asked to run, in order. */
  readonly scripts: string[] = [];
  readonly #view: VmView;
  #log = "";

  constructor(view: VmView) {
    this.#view = view;
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
    this.hostKey = newHostKey(this.#view.computerName);
    this.isOn = true;
    this.#boot();
  }

  async remove(): Promise<void> {
    this.isOn = false;
    this.isRemoved = true;
  }

  async agentIsReady(): Promise<boolean> {
    return this.isOn;
  }

  async readSerialLog(): Promise<string> {
    return this.#log;
  }

  /** Knows two things: to print the host's public keys, and to do nothing. */
  async runScript(script: string): Promise<ScriptResult> {
    this.scripts.push(script);
    const stdout = script.includes("/etc/ssh/ssh_host_") ? `${this.hostKey}\n` : "";
    return { exitCode: 0, stdout, stderr: "" };
  }

  #boot(): void {
    this.#log += [
      "[    0.000000] Linux version 6.8.0-1040-azure (fake)",
      `Ubuntu 24.04 LTS ${this.#view.computerName} ttyS0`,
      "-----BEGIN SSH HOST KEY KEYS-----",
      this.hostKey,
      "-----END SSH HOST KEY KEYS-----",
      "[   20.000000] cloud-init[800]: Cloud-init v. 25.1.4 finished. Datasource DataSourceAzure.",
      "",
    ].join("\n");
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
