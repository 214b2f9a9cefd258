/** One process of the lab, as the supervisor runs it. */
export interface Part {
  name: string;
  /** Parts that must be ready before this one is prepared and started. */
  needs: readonly string[];
  argv: readonly [string, ...string[]];
  env?: Readonly<Record<string, string>>;
  /** Makes what the process needs. Runs before every start; may run twice. */
  prepare?: (signal: AbortSignal) => Promise<void>;
  /** Resolves when the process does its work; a rejection is "not yet". */
  isReady: (signal: AbortSignal) => Promise<void>;
  /** How long it may take to end after SIGTERM before it is killed, in milliseconds. */
  stopTimeoutMs: number;
}
