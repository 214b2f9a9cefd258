import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec } from "../../src/lib/exec.ts";
import { pathsFrom } from "../../src/lib/paths.ts";

const SUITE = "trixie";
const PACKAGES = [
  ...["systemd-sysv", "dbus", "openssh-server", "sudo", "socat", "curl", "procps", "kmod"],
  ...["containerd", "iproute2", "iptables", "nftables", "conntrack", "ethtool", "mount", "zstd"],
];

/** Root file system of every test host, made from Debian packages once and kept in the cache. */
export async function ensureHostRoot(): Promise<string> {
  const prepare = scriptPath("prepare-root.sh");
  const recipe = JSON.stringify([SUITE, PACKAGES, readFileSync(prepare, "utf8")]);
  const hash = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const parent = join(pathsFrom(process.env).cacheDir, "test-hosts");
  const root = join(parent, hash);
  if (existsSync(root)) return root;
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, ".tmp-"));
  try {
    const mirror = process.env["STARGATE_DEBIAN_MIRROR"];
    await exec([
      "mmdebstrap",
      "--quiet",
      "--variant=essential",
      `--include=${PACKAGES.join(",")}`,
      '--aptopt=Apt::Install-Recommends "false"',
      `--customize-hook=${prepare} "$1"`,
      SUITE,
      join(temporary, "root"),
      ...(mirror === undefined || mirror === "" ? [] : [mirror]),
    ]);
    await rename(join(temporary, "root"), root).catch((error: unknown) => {
      if (!existsSync(root)) throw error; // somebody else was quicker
    });
    return root;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

export function scriptPath(name: string): string {
  return fileURLToPath(new URL(`scripts/${name}`, import.meta.url));
}
