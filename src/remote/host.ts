/** Where and as whom to log in. The way there is the dialer's business, not the caller's. */
export interface HostAddress {
  /** For messages: the Server's name. */
  name: string;
  ipv4: string;
  port: number;
  username: string;
  /** PEM or OpenSSH private key. */
  privateKey: string;
  /** The only host key that is accepted: "ssh-ed25519 AAAA…". Contact without a pinned key is refused. */
  hostKey: string;
}

export interface RunOptions {
  /** Sent to the command's standard input. Secrets belong here. */
  stdin?: string | Uint8Array;
  /** Runs as root through sudo. */
  sudo?: boolean;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  onLine?: (line: string) => void;
  /** Exit codes that are an answer rather than a failure. Default: only 0. */
  okCodes?: readonly number[];
}

export interface RunResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** A script file of ours and the variables it reads. Inputs are data: they never become part of the script. */
export interface Script {
  /** Name for messages and for the unit on the host, for instance "join-cluster". */
  name: string;
  text: string;
  inputs: Readonly<Record<string, string>>;
}

/**
 * A machine reached by SSH. Every call may be repeated.
 *
 * Errors are StargateError with these reasons. Retriable ("not yet"): ConnectionRefused, HostUnreachable,
 * ConnectTimeout, ConnectionLost, LoginRejected (before cloud-init has finished, a login is refused).
 * Final ("never"): HostKeyMismatch, CommandFailed, CommandTimeout, ChecksumMismatch.
 */
export interface Host extends AsyncDisposable {
  readonly name: string;
  /** Runs a command (argv, quoted for the remote shell by us). */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs a script as root with its inputs as variables. Output lines arrive through onLine. */
  runScript(script: Script, options?: Omit<RunOptions, "stdin" | "sudo">): Promise<RunResult>;
  /** Copies a local file to the host, whole or not at all (temporary name, then rename), owned by root. */
  upload(localPath: string, remotePath: string, options?: UploadOptions): Promise<void>;
}

export interface UploadOptions {
  mode?: number;
  /** Checked on the host, before the file gets its name: ChecksumMismatch. */
  sha256?: string;
  signal?: AbortSignal | undefined;
  onProgress?: (sentBytes: number, totalBytes: number) => void;
}

/** Opens SSH connections to hosts. */
export interface HostConnector {
  /** Connects and logs in, once. Waiting for a host that boots is the caller's (`retry`). */
  connect(
    address: HostAddress,
    options?: { signal?: AbortSignal | undefined; timeoutMs?: number },
  ): Promise<Host>;
}
