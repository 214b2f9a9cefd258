/** An interface as the network around a guest has to be made. */
export interface NicView {
  id: string;
  macAddress: string;
  privateIpAddress: string;
  publicIpAddress: string | undefined;
  subnetId: string;
  /** For instance 10.50.1.0/24. */
  subnetCidr: string;
  ipForwarding: boolean;
  isPrimary: boolean;
}

/** A VM as whoever runs its guest has to know it. */
export interface VmView {
  id: string;
  /** A new one is another VM, also under the same name. Guests read it as their instance id. */
  vmId: string;
  name: string;
  computerName: string;
  size: string;
  adminUsername: string;
  publicKeys: string[];
  /** The very bytes that were sent, decoded; undefined where none were. */
  customData: Buffer | undefined;
  image: { publisher: string; offer: string; sku: string; version: string };
  nics: NicView[];
}

export interface ScriptResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * What runs behind a VM: nothing but memory, or a real guest. Each call may take its time: the operation that waits for
 * it ends no earlier, and fails when it throws. Calls that change the guest come one after the other, but for `remove`.
 */
export interface VmBackend {
  /** Boots the guest, the first time and after `stop`. Resolves when Azure would call it running, not when it is ready. */
  start(): Promise<void>;
  stop(how: { graceful: boolean }): Promise<void>;
  restart(): Promise<void>;
  /** A new OS disk from the image, with this custom data (or that of before), and boots it. */
  reimage(customData: Buffer | undefined): Promise<void>;
  /** Gone, with its disk. May come while a boot is still under way, and twice. */
  remove(): Promise<void>;
  /** True once the guest agent answers: what instance view says, and what run-command needs. */
  agentIsReady(): Promise<boolean>;
  /** What the serial console printed since the VM was made. */
  readSerialLog(): Promise<string>;
  /** Runs as root in the guest. */
  runScript(script: string, parameters: Record<string, string>): Promise<ScriptResult>;
}
