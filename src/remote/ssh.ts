import type { Client } from "ssh2";
import { StargateError } from "../lib/errors.ts";
import type { Dialer } from "./dialer.ts";
import type { HostAddress, HostConnector } from "./host.ts";
import { fingerprintOf, parseHostKey } from "./host-key.ts";
import { SshHost } from "./ssh-host.ts";

const DEFAULT_TIMEOUT_MS = 20_000;

/** Opens SSH connections over a dialer, to hosts whose key is pinned. */
export function createSshConnector(dialer: Dialer): HostConnector {
  return {
    async connect(address, { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) {
      const pinned = parseHostKey(address.name, address.hostKey);
      const [{ default: ssh2 }, sock] = await Promise.all([
        import("ssh2"),
        dialer.dial({ host: address.ipv4, port: address.port }, { timeoutMs, signal }),
      ]);
      const client = new ssh2.Client();
      let offered: string | undefined;
      try {
        await new Promise<void>((resolve, reject) => {
          const abort = () => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
          signal?.addEventListener("abort", abort, { once: true });
          client
            .once("ready", () => {
              signal?.removeEventListener("abort", abort);
              resolve();
            })
            .once("error", reject)
            .once("close", () => reject(new Error("the connection was closed")))
            .connect({
              sock,
              username: address.username,
              privateKey: address.privateKey,
              readyTimeout: timeoutMs,
              // An emulated router that passes a large file on answers late: a minute is not yet silence.
              keepaliveInterval: 10_000,
              keepaliveCountMax: 9,
              algorithms: { serverHostKey: pinned.algorithms },
              hostVerifier: (key: Buffer) => {
                if (key.equals(pinned.blob)) return true;
                offered = fingerprintOf(key);
                return false;
              },
            });
        });
      } catch (error) {
        discard(client);
        signal?.throwIfAborted();
        throw offered === undefined
          ? connectFailure(address, error)
          : keyMismatch(address, pinned.fingerprint, offered);
      }
      return new SshHost(address.name, address.username, client);
    },
  };
}

/** Ends a client that may still raise errors nobody waits for. */
function discard(client: Client): void {
  client.removeAllListeners().on("error", () => undefined);
  client.destroy();
}

function keyMismatch(address: HostAddress, pinned: string, offered: string): StargateError {
  return new StargateError(
    "HostKeyMismatch",
    `Refused to contact ${address.name}: ${address.ipv4}:${address.port} answers with host key ${offered}, pinned is ${pinned}`,
    {
      remedy:
        "Somebody else answers at this address, or the host was reinstalled. Find out which; only if it was " +
        "reinstalled, write its new key into the Server's spec.hostKey.",
    },
  );
}

function connectFailure(address: HostAddress, error: unknown): StargateError {
  const where = `${address.username}@${address.name} (${address.ipv4}:${address.port})`;
  const level = error instanceof Error && "level" in error ? error.level : undefined;
  const text = error instanceof Error ? error.message : "unknown error";
  if (level === "client-authentication") {
    return new StargateError(
      "LoginRejected",
      `Cannot log in to ${where}: it accepts neither this key nor this user`,
      {
        retriable: true, // before cloud-init has made the user, every login is refused
        remedy: "If the host has finished booting: check username and privateKey in the credentials Secret.",
        cause: error,
      },
    );
  }
  if (/no matching host key/i.test(text)) {
    return new StargateError(
      "HostKeyMismatch",
      `Refused to contact ${where}: it has no key of the pinned type`,
      {
        remedy: "Check the Server's spec.hostKey.",
        cause: error,
      },
    );
  }
  if (/cannot parse privatekey/i.test(text)) {
    return new StargateError("CredentialsInvalid", `Cannot use the private key for ${where}: ${text}`, {
      remedy:
        "Put an OpenSSH or PEM private key without passphrase into the credentials Secret's privateKey.",
    });
  }
  const reason = level === "client-timeout" ? "ConnectTimeout" : "ConnectionLost";
  return new StargateError(reason, `Cannot open an SSH session to ${where}: ${text}`, {
    retriable: true,
    cause: error,
  });
}
