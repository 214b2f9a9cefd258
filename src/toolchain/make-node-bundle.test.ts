import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test, type TestContext } from "node:test";
import { bundledComponents } from "./bundle-contents.ts";
import { bundleFolder, bundleIsCurrent, nodeBundleDir } from "./make-node-bundle.ts";

const folders = new Map([["kubernetes-node", "/cache/toolchain/kubernetes-node-1.37.2-linux-amd64-aaaa"]]);

async function setUp(t: TestContext) {
  const cacheDir = await mkdtemp(join(tmpdir(), "stargate-bundles-"));
  t.after(() => rm(cacheDir, { recursive: true, force: true }));
  return { cacheDir, version: "1.37.2", arch: "amd64" } as const;
}

void test("bundleIsCurrent is false where there is none, or where the link names another", async (t) => {
  const request = await setUp(t);
  assert.equal(bundleIsCurrent(request, folders), false);
  await mkdir(join(request.cacheDir, "bundles"));
  await mkdir(join(request.cacheDir, "toolchain", "node-bundle-of-old"), { recursive: true });
  await symlink("../toolchain/node-bundle-of-old", nodeBundleDir(request));
  assert.equal(bundleIsCurrent(request, folders), false);
  assert.equal(await readlink(nodeBundleDir(request)), "../toolchain/node-bundle-of-old");
  assert.deepEqual(await readdir(join(request.cacheDir, "bundles")), ["v1.37.2-linux-amd64"]);
});

void test("a bundle stays current when a program that is not in it changes", async (t) => {
  const request = await setUp(t);
  const names = [...bundledComponents(request.version)];
  const of = (other: string) =>
    new Map([...names.map((name) => [name, `/c/${name}-1`] as const), ["tailscale", other]]);
  await mkdir(join(request.cacheDir, "bundles"));
  await mkdir(bundleFolder(request, of("/c/tailscale-1")), { recursive: true });
  await symlink(
    relative(join(request.cacheDir, "bundles"), bundleFolder(request, of("/c/tailscale-1"))),
    nodeBundleDir(request),
  );

  assert.equal(bundleIsCurrent(request, of("/c/tailscale-2")), true);
  assert.equal(bundleIsCurrent(request, new Map([...of("/c/tailscale-1"), ["pause", "/c/pause-2"]])), false);
});
