import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StargateError } from "../../lib/errors.ts";
import { NodeBundle } from "../../toolchain/node-bundle.ts";
import { resolveKubernetes } from "../../toolchain/kubernetes-versions.ts";
import { packageRepository } from "../package-repository.ts";
import {
  failure,
  scriptText,
  UNREACHABLE,
  withDiskFull,
  type Failures,
  type StepContext,
} from "../step-context.ts";

const STORE = "/var/lib/stargate/artifacts";

/**
 * Brings the files of the node bundle into the host's store, named by their checksums, from wherever the profile says.
 * What is on the host already, in the store or on a volume beside it, is verified there and used.
 */
export async function sendArtifacts(ctx: StepContext): Promise<"done" | "skipped"> {
  const source = ctx.work.profile.spec.artifactSource;
  if (source.type === "Packages") return checkPackages(ctx);
  try {
    return await (source.type === "Mirror" ? fetchFromMirror(ctx, source) : sendFromCache(ctx));
  } catch (error) {
    throw withDiskFull(ctx, error);
  }
}

async function sendFromCache(ctx: StepContext): Promise<"done" | "skipped"> {
  const { host, signal, onLine } = ctx;
  const version = fullVersion(ctx);
  const folder = ctx.bundleFolder(version, architectureOf(ctx));
  const bundle = await readBundle(folder, version);
  ctx.facts.bundle = bundle;
  const missing = await findMissing(ctx, bundle);
  for (const file of bundle.files) {
    if (!missing.has(file.name)) continue;
    const { name, sha256 } = file;
    await host.upload(join(folder, name), `${STORE}/${sha256}`, {
      sha256,
      signal,
      onProgress: progressLines(name, onLine),
    });
  }
  return missing.size === 0 ? "skipped" : "done";
}

/** A line at the beginning and at each fifth of the way. */
function progressLines(name: string, onLine: (line: string) => void): (sent: number, total: number) => void {
  let next = 0;
  return (sent, total) => {
    if (sent < next) return;
    onLine(`sending ${name}: ${Math.round(sent / 1e6)} of ${Math.ceil(total / 1e6)} MB`);
    next = sent + total / 5;
  };
}

async function readBundle(folder: string, version: string): Promise<NodeBundle> {
  const path = join(folder, "manifest.json");
  try {
    return parseBundle(await readFile(path, "utf8"), path);
  } catch (error) {
    if (error instanceof StargateError) throw error;
    throw new StargateError("BundleMissing", `Cannot send a node bundle: ${path} cannot be read`, {
      remedy: `Make it where the controller runs: bin/stargate toolchain --kubernetes ${version}.`,
      cause: error,
    });
  }
}

function parseBundle(text: string, path: string): NodeBundle {
  try {
    return NodeBundle.parse(JSON.parse(text));
  } catch (error) {
    throw new StargateError("BundleInvalid", `Cannot use a node bundle: ${path} is no manifest`, {
      remedy: "Make the bundle again: bin/stargate toolchain.",
      cause: error,
    });
  }
}

/** Names of the files that have to be brought. */
async function findMissing({ host, signal }: StepContext, bundle: NodeBundle): Promise<Set<string>> {
  const { stdout } = await host.runScript(
    { name: "find-artifacts", text: scriptText("find-artifacts.sh"), inputs: { FILES: fileLines(bundle) } },
    { signal },
  );
  return new Set(stdout.split("\n").filter((line) => line !== ""));
}

function fileLines(bundle: NodeBundle, only?: ReadonlySet<string>): string {
  return bundle.files
    .filter(({ name }) => only === undefined || only.has(name))
    .map(({ sha256, name }) => `${sha256} ${name}`)
    .join("\n");
}

async function fetchFromMirror(
  ctx: StepContext,
  { url = "", manifestSha256 = "" }: { url?: string | undefined; manifestSha256?: string | undefined },
): Promise<"done" | "skipped"> {
  const folder = `${url.replace(/\/+$/, "")}/v${fullVersion(ctx)}-linux-${architectureOf(ctx)}`;
  const fetchFiles = async (files: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await ctx.host.runScript(
      {
        name: "fetch-artifacts",
        text: scriptText("fetch-artifacts.sh"),
        inputs: { URL: folder, MANIFEST_SHA256: manifestSha256, FILES: files },
      },
      {
        signal: ctx.signal,
        okCodes: [0, UNREACHABLE, 104],
        ...(files === "" ? {} : { onLine: ctx.onLine }),
      },
    );
    if (exitCode === 0) return stdout;
    throw failure(ctx, mirrorFailures(folder), exitCode, stderr.trim().split("\n").at(-1));
  };
  const bundle = parseBundle(await fetchFiles(""), `${folder}/manifest.json`);
  ctx.facts.bundle = bundle;
  const missing = await findMissing(ctx, bundle);
  if (missing.size === 0) return "skipped";
  await fetchFiles(fileLines(bundle, missing));
  return "done";
}

function mirrorFailures(folder: string): Failures {
  return {
    [UNREACHABLE]: {
      reason: "ArtifactsUnreachable",
      message: `the mirror does not give ${folder}`,
      remedy: "Look at the mirror and at the host's way to it, and at artifactSource.url of the profile.",
      retriable: true,
    },
    104: {
      reason: "ArtifactsCorrupt",
      message: `a file of ${folder} is not what its checksum says`,
      remedy:
        "Do not use this mirror before you know why; if it was renewed, correct manifestSha256 in the profile.",
    },
  };
}

/** Nothing has to be sent; but whether packages can be had is better known before the host is taken apart. */
async function checkPackages(ctx: StepContext): Promise<"skipped"> {
  const { url } = packageRepository(ctx.work.kubernetesVersion);
  const { exitCode, stderr } = await ctx.host.runScript(
    {
      name: "check-packages",
      text: scriptText("check-packages.sh"),
      inputs: { URL: `${url}/Release` },
    },
    { signal: ctx.signal, okCodes: [0, UNREACHABLE] },
  );
  if (exitCode === 0) return "skipped";
  const failures: Failures = {
    [UNREACHABLE]: {
      reason: "ArtifactsUnreachable",
      message: `${url} does not answer from there`,
      remedy:
        "Give the host a way to pkgs.k8s.io, or set artifactSource of its profile to ControllerCache or Mirror.",
      retriable: true,
    },
  };
  throw failure(ctx, failures, exitCode, stderr.trim().split("\n").at(-1));
}

/** Bundles are named by full versions; of a minor, the one the toolchain knows. */
function fullVersion({ work }: StepContext): string {
  const version = work.kubernetesVersion;
  if (version.split(".").length > 2) return version;
  try {
    return resolveKubernetes(version).version;
  } catch (error) {
    throw new StargateError(
      "VersionNotFound",
      `Cannot bring Kubernetes ${version}: no bundle of it is known`,
      {
        remedy: "Write the full version into kubernetesVersion of the profile, for instance 1.37.2.",
        cause: error,
      },
    );
  }
}

function architectureOf({ facts }: StepContext): "amd64" | "arm64" {
  return facts.host?.arch === "arm64" ? "arm64" : "amd64";
}
