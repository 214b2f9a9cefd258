import { fetch } from "undici";
import { withoutHttp2 } from "../../lib/http1.ts";
import type { z } from "zod";
import { withTimeout } from "../../lib/clock.ts";
import { StargateError, UsageError } from "../../lib/errors.ts";
import type { Architecture } from "../components.ts";
import { resolveKubernetes } from "../kubernetes-versions.ts";
import { NodeBundle } from "../node-bundle.ts";
import { ControlPlaneBundle, mirrorFolders, TailscaleBundle } from "./mirror-manifest.ts";

const TIMEOUT_MS = 20_000;

/** Files of a mirror, by their paths from its root, with what they must be. */
export interface MirrorTailscale {
  /** Root of the mirror, without a slash at its end. */
  url: string;
  tailscale: string;
  tailscaleSha256: string;
}

export interface MirrorControlPlane extends MirrorTailscale {
  /** Full version. */
  kubernetesVersion: string;
  node: NodeBundle;
  controlPlane: ControlPlaneBundle;
}

/**
 * The URL of a mirror as it was given.
 * @throws UsageError
 */
export function parseMirrorUrl(text: string | undefined, flag: string): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `"${text}" is no URL (${flag})`,
      "Write it like https://mirror.example.com/stargate.",
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "") {
    throw new UsageError(
      `The URL of ${flag} holds a credential`,
      "VMs keep it where everybody on them can read it: let the mirror be read without one.",
    );
  }
  return url.href.replace(/\/+$/, "");
}

/** What the mirror says of tailscale. Its checksums are what VMs go by. @throws StargateError MirrorUnusable */
export async function readMirrorTailscale(
  url: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<MirrorTailscale> {
  const folder = mirrorFolders.tailscale(architecture);
  const { archive } = await readManifest(url, folder, TailscaleBundle, signal);
  return { url, tailscale: `${folder}/${archive.name}`, tailscaleSha256: archive.sha256 };
}

/**
 * What the mirror says of everything that makes a control plane of this version ("1.37": of the patch we know).
 * @throws StargateError MirrorUnusable; UsageError for a minor of which no patch is known
 */
export async function readMirrorControlPlane(
  url: string,
  asked: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<MirrorControlPlane> {
  const version = asked.split(".").length > 2 ? asked : resolveKubernetes(asked).version;
  const [tailscale, node, controlPlane] = await Promise.all([
    readMirrorTailscale(url, architecture, signal),
    readManifest(url, mirrorFolders.node(version, architecture), NodeBundle, signal),
    readManifest(url, mirrorFolders.controlPlane(version, architecture), ControlPlaneBundle, signal),
  ]);
  return { ...tailscale, kubernetesVersion: version, node, controlPlane };
}

async function readManifest<T>(
  root: string,
  folder: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const url = `${root}/${folder}/manifest.json`;
  const fail = (what: string, cause?: unknown): StargateError =>
    new StargateError("MirrorUnusable", `Cannot use the mirror ${root}: ${what}`, {
      remedy:
        "Fill it with `bin/stargate toolchain --kubernetes <version> --mirror <folder>`, serve that folder, and let " +
        "this host reach it too: it reads the checksums that the VMs hold the mirror to.",
      cause,
    });
  let text: string;
  try {
    const answer = await fetch(url, { dispatcher: withoutHttp2(), signal: withTimeout(TIMEOUT_MS, signal) });
    text = await answer.text();
    if (!answer.ok) throw fail(`${url} answers ${answer.status}`);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof StargateError ? error : fail(`${url} does not answer`, error);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw fail(`${url} is no manifest`, error);
  }
}
