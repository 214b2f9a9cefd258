import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { StargateError } from "../lib/errors.ts";
import { exec } from "../lib/exec.ts";
import type { World } from "../lib/world.ts";
import { readTar, type TarEntry } from "./tar-archive.ts";

const suite = "trixie";
/**
 * kube-proxy and flannel call nft. Flannel calls iptables too, even where it uses nftables: at its start it clears
 * the rules of the way it does not use, and ends when there is no iptables (main.go, "Cleaning-up unused").
 */
const packages = ["nftables", "iptables"];
const iptablesNames = [
  "iptables",
  "iptables-save",
  "iptables-restore",
  "ip6tables",
  "ip6tables-save",
  "ip6tables-restore",
];
/** Parts of the C library that only debuggers and lookups of users want. */
const unused = /\/lib(mvec|c_malloc_debug|memusage|pcprofile|thread_db|BrokenLocale|nsl|nss_\w+)\.so/;
const kept =
  /^usr\/(sbin\/(nft|xtables-nft-multi)$|lib64\/|lib\/ld-linux|lib\/[\w-]+-linux-gnu\/([^/]+\.so[.\d]*|xtables\/lib(xt|ipt|ip6t)_\w+\.so)$)/;

/** True for a path of the packages that belongs into the layer. */
export function belongsToBase(path: string): boolean {
  return kept.test(path) && !unused.test(path);
}

/**
 * What nft and iptables need, from Debian's packages: the lowest layer of the images that call them. The packages
 * are only unpacked, so neither root nor user namespaces are needed.
 */
export async function makeBaseLayer(scratch: string, world: World): Promise<TarEntry[]> {
  const archive = join(scratch, "base.tar");
  const mirror = world.env["STARGATE_DEBIAN_MIRROR"];
  try {
    await exec(
      [
        "mmdebstrap",
        "--quiet",
        "--mode=chrootless",
        "--variant=extract",
        `--include=${packages.join(",")}`,
        suite,
        archive,
        ...(mirror === undefined || mirror === "" ? [] : [mirror]),
      ],
      { signal: world.signal },
    );
  } catch (error) {
    if (!(error instanceof StargateError)) throw error;
    throw new StargateError(
      "DebianPackagesFailed",
      `Unpack Debian's ${packages.join(" and ")}: ${error.message}`,
      {
        remedy:
          error.reason === "ProgramMissing"
            ? "Run scripts/install-host-packages.sh."
            : `Check that this host reaches a Debian mirror with ${suite} (STARGATE_DEBIAN_MIRROR names another one) and that the package debian-archive-keyring is up to date.`,
        cause: error,
      },
    );
  }
  const files = await readTar(createReadStream(archive), belongsToBase);
  await rm(archive);
  return [
    ...files,
    // Debian's packages leave these to scripts that are not run here.
    ...["bin", "sbin", "lib", "lib64"].map((name) => ({ path: name, linkTo: `usr/${name}` })),
    ...iptablesNames.map((name) => ({ path: `usr/sbin/${name}`, linkTo: "xtables-nft-multi" })),
    { path: "usr/bin", directory: true },
    { path: "usr/lib64", directory: true },
    { path: "run", directory: true },
    { path: "tmp", directory: true, mode: 0o1777 },
  ];
}
