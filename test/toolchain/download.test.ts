import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { createDownloader } from "../../src/toolchain/download.ts";
import { installOfficial } from "../../src/toolchain/install-official.ts";
import type { OfficialFile } from "../../src/toolchain/official-release.ts";
import { tarOf } from "../../src/toolchain/tar-archive.ts";
import { startReleaseServer } from "./release-server.ts";

const content = Buffer.alloc(300_000, "kubelet of these days. ");

async function setUp(t: TestContext, files: Record<string, Buffer> = { kubelet: content }) {
  const folder = await mkdtemp(join(tmpdir(), "stargate-download-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startReleaseServer(t, files);
  const stop = new AbortController();
  const downloader = createDownloader({ env: {}, signal: stop.signal, retryMs: 5_000 });
  const file = (path: string): OfficialFile => ({
    url: server.url(path),
    checksums: server.url(`${path}.sha256`),
  });
  return { folder, server, stop, downloader, file };
}

const ignore = (): void => undefined;

void test("the downloader fetches a file and verifies it", async (t) => {
  const { folder, downloader, file } = await setUp(t);
  const path = await downloader.fetchVerified(file("kubelet"), folder, ignore);
  assert.deepEqual(await readFile(path), content);
});

void test("the downloader refuses a file whose checksum is another, and keeps nothing of it", async (t) => {
  const { folder, server, downloader, file } = await setUp(t);
  server.forge("kubelet");
  await assert.rejects(downloader.fetchVerified(file("kubelet"), folder, ignore), {
    reason: "ChecksumMismatch",
  });
  assert.deepEqual(await readdir(folder), []);
  assert.equal(server.requests.filter((line) => line === "GET kubelet").length, 1);
});

void test("the downloader gives up at once on a file that is not there", async (t) => {
  const { folder, server, downloader, file } = await setUp(t);
  server.misbehave("kubelet", "404", "404");
  await assert.rejects(downloader.fetchVerified(file("kubelet"), folder, ignore), {
    reason: "DownloadFailed",
    message: /status 404/,
  });
  assert.equal(server.requests.filter((line) => line.startsWith("GET kubelet")).length, 2); // the sum, and one try
});

void test("the downloader says so when the checksum file does not name the file", async (t) => {
  const { folder, server, downloader } = await setUp(t, { kubelet: content, kubeadm: content });
  const mixed = { url: server.url("kubelet"), checksums: server.url("kubeadm.sha256") };
  await assert.rejects(downloader.fetchVerified(mixed, folder, ignore), { reason: "ChecksumMissing" });
});

void test("the downloader tries again after a busy server and continues where a broken connection ended", async (t) => {
  const { folder, server, downloader, file } = await setUp(t);
  server.misbehave("kubelet", "503", "half", "half");
  const seen: number[] = [];
  const path = await downloader.fetchVerified(file("kubelet"), folder, (done) => {
    seen.push(done);
    server.cut();
  });
  assert.deepEqual(await readFile(path), content);
  const ranges = server.requests.flatMap((line) => /^GET kubelet bytes=(\d+)-$/.exec(line)?.[1] ?? []);
  assert.equal(ranges.length, 2, `not all continued: ${server.requests.join(", ")}`);
  for (const begun of ranges) assert.ok(seen.includes(Number(begun)), `${begun} of ${seen.join(", ")}`);
});

void test("the downloader continues in a later run what an aborted one began", async (t) => {
  const { folder, server, stop, downloader, file } = await setUp(t);
  server.misbehave("kubelet", "half");
  const first = downloader.fetchVerified(file("kubelet"), folder, () => stop.abort());
  await assert.rejects(first, { name: "AbortError" });
  const [part] = await readdir(folder);
  assert.match(part ?? "", /\.part$/);
  const begun = (await stat(join(folder, part ?? ""))).size;
  const later = createDownloader({ env: {}, signal: new AbortController().signal });
  const path = await later.fetchVerified(file("kubelet"), folder, ignore);
  assert.deepEqual(await readFile(path), content);
  assert.equal(server.requests.at(-1), `GET kubelet bytes=${begun}-`);
  assert.equal((await readdir(folder)).length, 1);
});

void test("the downloader tells a full disk from a broken connection, and does not try again", async (t) => {
  const { folder, server, downloader } = await setUp(t);
  const sha256 = createHash("sha256").update(content).digest("hex");
  await symlink("/dev/full", join(folder, `${sha256}-kubelet.part`));
  await assert.rejects(downloader.fetchPinned({ url: server.url("kubelet"), sha256 }, folder, ignore), {
    reason: "NoDiskSpace",
    message: /no space left for .*-kubelet\.part after 0 bytes/,
  });
  assert.deepEqual(server.requests, ["GET kubelet"]);
});

void test("the downloader takes a part that was whole already", async (t) => {
  const { folder, server, downloader, file } = await setUp(t);
  const path = await downloader.fetchVerified(file("kubelet"), folder, ignore);
  await rename(path, `${path}.part`);
  assert.equal(await downloader.fetchVerified(file("kubelet"), folder, ignore), path);
  assert.equal(server.requests.at(-1), `GET kubelet bytes=${content.length}-`);
});

void test("isReachable tells a server that answers from one that is not there", async (t) => {
  const { server, downloader } = await setUp(t);
  assert.equal(await downloader.isReachable(server.url("kubelet"), 1_500), true);
  assert.equal(await downloader.isReachable("http://127.0.0.1:1/", 1_500), false);
});

void test("installOfficial keeps plain files and programs out of archives, executable, and clears up", async (t) => {
  const archive = gzipSync(
    await tarOf([
      { path: "etcd-v3/etcd", content: Buffer.from("the server"), executable: true },
      { path: "etcd-v3/README.md", content: Buffer.from("no program") },
    ]),
  );
  const { folder, downloader, file } = await setUp(t, { kubelet: content, "etcd.tar.gz": archive });
  const release = [
    { ...file("kubelet"), save: "kubelet" },
    { ...file("etcd.tar.gz"), unpack: ["etcd"] },
  ];
  const out = join(folder, "out");
  const downloads = join(folder, "downloads");
  await mkdir(out);
  await installOfficial(release, out, downloads, downloader, ignore);
  assert.deepEqual((await readdir(out)).sort(), ["etcd", "kubelet"]);
  assert.equal(await readFile(join(out, "etcd"), "utf8"), "the server");
  assert.equal((await stat(join(out, "kubelet"))).mode & 0o777, 0o755);
  assert.deepEqual(await readdir(downloads), []);
});

void test("installOfficial names what an archive lacks", async (t) => {
  const archive = gzipSync(await tarOf([{ path: "other", content: Buffer.from("x") }]));
  const { folder, downloader, file } = await setUp(t, { "etcd.tar.gz": archive });
  const release = [{ ...file("etcd.tar.gz"), unpack: ["etcd", "etcdctl"] }];
  await assert.rejects(installOfficial(release, folder, join(folder, "downloads"), downloader, ignore), {
    reason: "ArchiveIncomplete",
    message: /does not hold etcd, etcdctl/,
  });
});
