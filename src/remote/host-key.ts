import { createHash } from "node:crypto";
import { StargateError } from "../lib/errors.ts";

export interface PinnedKey {
  /** Host key algorithms to offer: only what the pinned key can sign with. */
  algorithms: ("ssh-ed25519" | "ecdsa-sha2-nistp256" | "rsa-sha2-512" | "rsa-sha2-256")[];
  blob: Buffer;
  fingerprint: string;
}

/** @throws StargateError HostKeyMissing, HostKeyInvalid */
export function parseHostKey(hostName: string, hostKey: string): PinnedKey {
  const [type = "", base64 = ""] = hostKey.trim().split(/\s+/);
  if (type === "") {
    throw new StargateError("HostKeyMissing", `Cannot contact ${hostName}: its SSH host key is not known`, {
      remedy: "Write the key into the Server's spec.hostKey (ssh-keyscan, over a network you trust).",
    });
  }
  const blob = Buffer.from(base64, "base64");
  if (type === "ssh-ed25519") return { algorithms: ["ssh-ed25519"], blob, fingerprint: fingerprintOf(blob) };
  if (type === "ecdsa-sha2-nistp256") {
    return { algorithms: ["ecdsa-sha2-nistp256"], blob, fingerprint: fingerprintOf(blob) };
  }
  if (/^(ssh-rsa|rsa-sha2-(256|512))$/.test(type)) {
    return { algorithms: ["rsa-sha2-512", "rsa-sha2-256"], blob, fingerprint: fingerprintOf(blob) };
  }
  throw new StargateError(
    "HostKeyInvalid",
    `Cannot contact ${hostName}: "${type}" is no host key type we know`,
    {
      remedy: "Write an ssh-ed25519 key into the Server's spec.hostKey.",
    },
  );
}

/** As ssh-keygen -l prints it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
