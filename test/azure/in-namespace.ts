import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { exec, type ExecResult } from "../../src/lib/exec.ts";
import { exportLines, quote } from "../../src/remote/quote.ts";

/** This host's folders that a script of ours may write to: it gets a layer over each. */
const WRITABLE = ["/etc", "/home", "/opt", "/root", "/srv", "/usr", "/var"];

/** A root file system's folders, and programs, that a script finds in place of this host's. */
export interface Place {
  /** Texts by absolute path; their folders hide this host's. */
  files: Record<string, string>;
  /** Programs by name: scripts of a few lines, first on PATH. */
  programs?: Record<string, string>;
  /** Shell lines that come first, as root of the namespace. */
  before?: string;
  inputs?: Record<string, string>;
}

/**
 * Runs a script as root of namespaces of its own: no network but what it makes, and the folders of `files` in place of
 * this host's. What it changes in WRITABLE folders or /run is gone with it. `after` runs last, to look at what is there.
 */
export async function runInNamespace(script: string, place: Place, after = ""): Promise<ExecResult> {
  const dir = await mkdtemp(join(tmpdir(), "stargate-namespace-"));
  try {
    const folders = new Set<string>();
    for (const [path, text] of Object.entries(place.files)) {
      const folder = dirname(path);
      folders.add(folder);
      await mkdir(join(dir, "root", folder), { recursive: true });
      await writeFile(join(dir, "root", path), text);
    }
    await mkdir(join(dir, "bin"));
    for (const [name, text] of Object.entries(place.programs ?? {})) {
      await writeFile(join(dir, "bin", name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
    }
    await mkdir(join(dir, "layer"));
    const mounts = [
      `mount -t tmpfs none ${quote(join(dir, "layer"))}`,
      // Namespaces and other things are mounted there, which no layer can be laid over; nothing of this host's is needed.
      "mount -t tmpfs none /run",
      ...WRITABLE.map((folder) => layOver(dir, folder)),
      ...[...folders].flatMap((folder) => [
        `mkdir -p ${quote(folder)}`,
        `mount --bind ${quote(join(dir, "root", folder))} ${quote(folder)}`,
      ]),
    ];
    const [first = "", ...rest] = script.split("\n");
    const body = [first, exportLines(place.inputs ?? {}), ...rest].join("\n");
    await writeFile(join(dir, "script"), body, { mode: 0o755 });
    const outer = [
      "set -euo pipefail",
      ...mounts,
      `export PATH=${quote(join(dir, "bin"))}:$PATH`,
      place.before ?? "",
      "code=0",
      `${quote(join(dir, "script"))} || code=$?`,
      after,
      "exit $code",
    ].join("\n");
    return await exec(["unshare", "--user", "--map-root-user", "--net", "--mount", "bash", "-s"], {
      stdin: outer,
      okCodes: [0, 1, 2, 100],
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What is written to the folder goes into a layer over it; nothing is laid where the host has no such folder. */
function layOver(dir: string, folder: string): string {
  const layer = quote(join(dir, "layer", folder));
  return [
    `if [[ -d ${folder} && ! -L ${folder} ]]; then`,
    `  mkdir -p ${layer}/upper ${layer}/work`,
    `  mount -t overlay none -o "userxattr,lowerdir=${folder},upperdir="${layer}"/upper,workdir="${layer}"/work" ${folder}`,
    "fi",
  ].join("\n");
}
