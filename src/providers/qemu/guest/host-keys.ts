import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../../../lib/exec.ts";

/** An SSH host key made for a guest before its first boot, so that it can be pinned before first contact. */
export interface HostKeyPair {
  /** OpenSSH's own format. A secret. */
  privateKey: string;
  /** "ssh-ed25519 AAAA…", without a comment. */
  publicKey: string;
}

/** A new Ed25519 key pair. By ssh-keygen: one in 256 of those that ssh2 1.17 makes cannot be read again (its #1513). */
export async function makeHostKeyPair(signal: AbortSignal): Promise<HostKeyPair> {
  const folder = await mkdtemp(join(tmpdir(), "stargate-key-")); // mode 0700
  try {
    const path = join(folder, "key");
    await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], { signal });
    const [privateKey, publicKey] = await Promise.all([
      readFile(path, "utf8"),
      readFile(`${path}.pub`, "utf8"),
    ]);
    return { privateKey, publicKey: publicKey.trim() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
