import { realpath, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno, readFileIfExists, writeFileAtomic } from "../lib/files.ts";
import { withCluster, withoutCluster } from "./kubeconfig-entry.ts";
import type { ClientAccess } from "./issue-client.ts";
import {
  withKnownHost,
  withoutKnownHost,
  withoutSshEntry,
  withSshEntry,
  type SshEntry,
} from "./ssh-config.ts";

const PRIVATE = 0o600;

/** Beside the ssh config: host keys of ours, which nothing else is in. */
export function knownHostsBeside(sshConfig: string): string {
  return join(dirname(sshConfig), "stargate_known_hosts");
}

/** Lets `ssh NAME` reach a host, which must have the very key we read through Azure. */
export async function writeSshAccess(
  sshConfig: string,
  entry: Omit<SshEntry, "knownHostsFile">,
): Promise<void> {
  const knownHostsFile = knownHostsBeside(sshConfig);
  await change(knownHostsFile, (text) => withKnownHost(text, entry.name, entry.hostKey));
  await change(sshConfig, (text) => withSshEntry(text, { ...entry, knownHostsFile }));
}

export async function removeSshAccess(sshConfig: string, name: string): Promise<void> {
  await change(sshConfig, (text) => withoutSshEntry(text, name));
  await change(knownHostsBeside(sshConfig), (text) => withoutKnownHost(text, name));
}

/** Adds the cluster to a kubeconfig, or makes the file. */
export async function writeKubeconfig(path: string, name: string, access: ClientAccess): Promise<void> {
  await change(path, (text) => withCluster(text, name, access));
}

/** Takes the cluster out of a kubeconfig; a file with nothing else in it goes. */
export async function removeFromKubeconfig(path: string, name: string): Promise<void> {
  await change(path, (text) => (text === "" ? "" : (withoutCluster(text, name) ?? "")));
}

/** Writes a file anew where `edit` changes its text; an empty text means no file. Links stay links. */
async function change(path: string, edit: (text: string) => string): Promise<void> {
  const target = await realPath(path);
  const before = await readFileIfExists(target);
  const after = edit(before ?? "");
  if (after === (before ?? "")) return;
  if (after.trim() === "") {
    await rm(target, { force: true });
    return;
  }
  const mode = before === undefined ? PRIVATE : (await stat(target)).mode & 0o777;
  await writeFileAtomic(target, after, mode);
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return path;
    throw error;
  }
}
