import type { Duplex } from "node:stream";
import { withTimeout } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import type { Dialer, Target } from "../../remote/dialer.ts";

/** Emulated guests are slow to fork an SSH daemon while others boot beside them. */
const TIMEOUT_MS = 8_000;
/** An SSH server may say a few lines before it names itself (RFC 4253, 4.2), but not a novel. */
const MAX_GREETING = 4_096;

/**
 * Connects and waits for the SSH daemon to name itself: that needs the way there, the host and its daemon, but no login.
 * @throws StargateError with the dialer's reasons, or NoSshBanner
 */
export async function probeServer(
  dialer: Dialer,
  target: Target,
  { signal, timeoutMs = TIMEOUT_MS }: { signal: AbortSignal; timeoutMs?: number },
): Promise<void> {
  const socket = await dialer.dial(target, { timeoutMs, signal });
  try {
    const greeting = await readGreeting(socket, withTimeout(timeoutMs, signal));
    if (greeting === undefined) throw noBanner(target, "something answers that is no SSH daemon");
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof StargateError ? error : noBanner(target, "the SSH daemon says nothing", error);
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}

/**
 * Connects, or is refused: either shows that packets come through to the address and back.
 * @throws StargateError with the dialer's reasons
 */
export async function probeRouter(
  dialer: Dialer,
  target: Target,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<void> {
  try {
    const socket = await dialer.dial(target, { timeoutMs, signal });
    socket.on("error", () => undefined).destroy();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StargateError) || error.reason !== "ConnectionRefused") throw error;
  }
}

/** The line by which an SSH daemon names itself; undefined where something else came. */
async function readGreeting(socket: Duplex, signal: AbortSignal): Promise<string | undefined> {
  const abort = (): void => void socket.destroy(new Error("no answer"));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    let text = "";
    for await (const chunk of socket) {
      text += Buffer.from(chunk).toString("latin1");
      const line = /^SSH-[^\r\n]*/m.exec(text)?.[0];
      if (line !== undefined) return line;
      if (text.length > MAX_GREETING) return undefined;
    }
    throw new Error("the connection was closed");
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function noBanner({ host, port }: Target, state: string, cause?: unknown): StargateError {
  return new StargateError("NoSshBanner", `Cannot reach SSH at ${host}:${port}: ${state}`, {
    retriable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}
