import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { bundleParts, nodePrograms } from "./bundle-contents.ts";
import { images } from "./node-bundle.ts";

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "stargate-bundle-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

void test("nodePrograms stores a multicall program once, with a link for its second name", async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, "node"), "both");
  for (const name of ["kubelet", "kubeadm"]) await symlink("node", join(dir, name));
  assert.deepEqual(await nodePrograms(dir), [
    { path: "kubelet", content: Buffer.from("both"), executable: true },
    { path: "kubeadm", linkTo: "kubelet" },
  ]);
});

void test("nodePrograms stores downloaded programs as two files", async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, "kubelet"), "one");
  await writeFile(join(dir, "kubeadm"), "other");
  assert.deepEqual(await nodePrograms(dir), [
    { path: "kubelet", content: Buffer.from("one"), executable: true },
    { path: "kubeadm", content: Buffer.from("other"), executable: true },
  ]);
});

void test("bundleParts has every image of the lab, and the programs before them", () => {
  const parts = bundleParts("1.36.3", "amd64", new Map(), []);
  assert.deepEqual(
    parts.slice(0, 2).map(({ kind }) => kind),
    ["programs", "cni-plugins"],
  );
  const { pause, kubeProxy, coredns, flannel, agnhost } = images;
  assert.deepEqual(
    new Set(parts.flatMap(({ image }) => image ?? [])),
    new Set([pause, kubeProxy("1.36.3"), coredns, flannel, agnhost]),
  );
});
