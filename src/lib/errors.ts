import { redact } from "./redact.ts";

export interface StargateErrorOptions {
  /** What the reader can do next, as a full imperative sentence. */
  remedy?: string;
  /** True: "not yet", trying again may help. False (the default): "never", it will not. */
  retriable?: boolean;
  cause?: unknown;
}

/**
 * The one error type that reaches people. `reason` is the CamelCase word that ends up in status and events,
 * `message` says which action met which state, `remedy` what to do about it. Secrets are masked here, so that
 * no caller can forget to.
 */
export class StargateError extends Error {
  override readonly name: string = "StargateError";
  readonly reason: string;
  readonly remedy: string | undefined;
  readonly retriable: boolean;

  constructor(reason: string, message: string, options: StargateErrorOptions = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.remedy = options.remedy === undefined ? undefined : redact(options.remedy);
    this.retriable = options.retriable ?? false;
  }
}

/** A mistake in how a program was called: exit code 2, and nothing was touched. */
export class UsageError extends StargateError {
  override readonly name = "UsageError";

  constructor(message: string, remedy?: string) {
    super("Usage", message, remedy === undefined ? {} : { remedy });
  }
}

/** Text of anything that was thrown, with its causes, masked. */
export function describeError(error: unknown): string {
  const seen: string[] = [];
  let at = error;
  while (at !== undefined && at !== null && seen.length < 5) {
    const text = at instanceof Error ? at.message || at.name : JSON.stringify(at);
    if (text !== "" && !seen.some((before) => before.includes(text))) seen.push(text);
    at = at instanceof Error ? at.cause : undefined;
  }
  return redact(seen.join(": "));
}

/** True where trying again may help. Anything that is not ours is taken as "not yet": the world is unreliable. */
export function isRetriable(error: unknown): boolean {
  return error instanceof StargateError ? error.retriable : !isAborted(error);
}

/** True for the error that an aborted AbortSignal throws. */
export function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}
