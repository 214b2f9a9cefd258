import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { StargateError } from "../../lib/errors.ts";
import { hostArchitecture } from "../host-architecture.ts";
import { readTar } from "../tar-archive.ts";
import type { Toolchain } from "../toolchain.ts";
import { fillMirror } from "./fill-mirror.ts";
import { parseMirrorUrl, readMirrorControlPlane } from "./read-mirror.ts";
import { testWorld } from "../../lib/test-world.ts";

const arch = hostArchitecture(process.arch);
const { signal } = new AbortController();
const world = testWorld({ HOME: "/nowhere" }, { self: [process.execPath, ""], signal });

/** A toolchain as it lies in the cache: several programs in one file, and a bundle of one file. */
async function makeToolchain(
  t: TestContext,
  content = "program",
): Promise<{ dir: string; toolchain: Toolchain }> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "stargate-mirror-")));
  t.after(() => rm(dir, { recursive: true, force: true }));
  for (const [folder, file] of [
    ["mx-1", "mx"],
    ["tailscale-1", "tailscale"],
    ["tailscale-1", "tailscaled"],
  ]) {
    await mkdir(join(dir, folder ?? ""), { recursive: true });
    await writeFile(join(dir, folder ?? "", file ?? ""), `${content} ${file}`);
  }
  for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubectl"]) {
    await symlink("mx", join(dir, "mx-1", name));
  }
  const nodeBundleDir = join(dir, "bundle-1");
  await mkdir(nodeBundleDir);
  const file = { name: "programs.tar.zst", kind: "programs", sha256: sha256("bundle"), bytes: 6 };
  const manifest = {
    ...{ kubernetesVersion: "1.37.2", architecture: arch, sandboxImage: "registry.k8s.io/pause:3.10.1" },
    files: [file],
  };
  await writeFile(join(nodeBundleDir, "manifest.json"), JSON.stringify(manifest));
  await writeFile(join(nodeBundleDir, file.name), "bundle");
  return {
    dir,
    toolchain: {
      kubernetesVersion: "1.37.2",
      nodeBundleDir,
      program: (name) => join(dir, name.startsWith("tailscale") ? "tailscale-1" : "mx-1", name),
    },
  };
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Serves a folder, and returns its URL. */
async function serve(t: TestContext, folder: string): Promise<string> {
  const server = createServer((request, response) => {
    readFile(join(folder, request.url ?? "")).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}`;
}

void test("a mirror that was filled says what a control plane takes from it, by checksums that hold", async (t) => {
  const { dir, toolchain } = await makeToolchain(t);
  const root = join(dir, "mirror");
  const manifestSha256 = await fillMirror(root, toolchain, world);

  const { node, controlPlane, tailscale, tailscaleSha256, kubernetesVersion } = await readMirrorControlPlane(
    await serve(t, root),
    "1.37",
    arch,
    signal,
  );

  assert.equal(kubernetesVersion, "1.37.2");
  assert.equal(node.files[0]?.sha256, sha256("bundle"));
  assert.equal(manifestSha256, sha256(await readFile(join(root, `v1.37.2-linux-${arch}`, "manifest.json"))));
  const folder = join(root, `mx-v1.37.2-linux-${arch}`);
  const [kubectl, images, tailscaleTar] = await Promise.all([
    readFile(join(folder, controlPlane.kubectl.name)),
    readFile(join(folder, controlPlane.imageArchive.name)),
    readFile(join(root, tailscale)),
  ]);
  assert.deepEqual([kubectl, images, tailscaleTar].map(sha256), [
    controlPlane.kubectl.sha256,
    controlPlane.imageArchive.sha256,
    tailscaleSha256,
  ]);
  const pathsIn = async (tar: Buffer) =>
    (await readTar(Readable.from([tar]), () => true)).map(({ path }) => path);
  assert.deepEqual(await pathsIn(zstdDecompressSync(kubectl)), ["kubectl"]);
  assert.deepEqual(await pathsIn(gunzipSync(tailscaleTar)), [
    "etc/systemd/system/tailscaled.service",
    "usr/local/bin/tailscale",
    "usr/local/sbin/tailscaled",
  ]);
  // One layer, which four images share: an index, four configurations, four manifests.
  const blobs = (await pathsIn(zstdDecompressSync(images))).filter((path) => path.startsWith("blobs/"));
  assert.equal(blobs.length, 9);
  assert.deepEqual(controlPlane.images, [
    "registry.k8s.io/kube-apiserver:v1.37.2",
    "registry.k8s.io/kube-controller-manager:v1.37.2",
    "registry.k8s.io/kube-scheduler:v1.37.2",
    `registry.k8s.io/etcd:${controlPlane.etcdTag}`,
  ]);
});

void test("filling a mirror again leaves what is of the same programs, and replaces the rest", async (t) => {
  const { dir, toolchain } = await makeToolchain(t);
  const root = join(dir, "mirror");
  await fillMirror(root, toolchain, world);
  const times = () =>
    Promise.all(
      [`mx-v1.37.2-linux-${arch}`, `tailscale-linux-${arch}`].map(
        async (name) => (await stat(join(root, name))).ctimeMs,
      ),
    );
  const before = await times();

  await fillMirror(root, toolchain, world);
  assert.deepEqual(await times(), before);

  await mkdir(join(dir, "tailscale-2"));
  for (const name of ["tailscale", "tailscaled"]) await writeFile(join(dir, "tailscale-2", name), "newer");
  const newer: Toolchain = {
    ...toolchain,
    program: (name) =>
      name.startsWith("tailscale") ? join(dir, "tailscale-2", name) : toolchain.program(name),
  };
  await fillMirror(root, newer, world);
  const after = await times();
  assert.equal(after[0], before[0]);
  assert.notEqual(after[1], before[1]);
});

void test("a mirror that lacks what is asked of it is told before anything is made", async (t) => {
  const { dir } = await makeToolchain(t);
  const url = await serve(t, dir);
  const unusable = (error: unknown) => error instanceof StargateError && error.reason === "MirrorUnusable";

  await assert.rejects(readMirrorControlPlane(url, "1.37", arch, signal), unusable);
  await assert.rejects(readMirrorControlPlane("http://127.0.0.1:9", "1.37", arch, signal), unusable);
  await assert.rejects(readMirrorControlPlane(url, "1.20", arch, signal), { reason: "Usage" });
});

for (const [text, says] of [
  ["mirror.example.com", /is no URL/],
  ["ftp://mirror.example.com", /is no URL/],
  ["https://me:secret@mirror.example.com", /holds a credential/],
  ["https://mirror.example.com/?token=secret", /holds a credential/],
] as const) {
  void test(`parseMirrorUrl() refuses ${text}`, () => {
    assert.throws(() => parseMirrorUrl(text, "--artifact-mirror"), says);
  });
}

void test("parseMirrorUrl() takes a folder of a web server", () => {
  assert.equal(
    parseMirrorUrl("https://mirror.example.com/stargate/", "--m"),
    "https://mirror.example.com/stargate",
  );
  assert.equal(parseMirrorUrl(undefined, "--m"), undefined);
});
