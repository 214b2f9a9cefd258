import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import type { MirrorControlPlane } from "../toolchain/mirror/read-mirror.ts";
import { renderMxCustomData } from "./render-mx-config.ts";

const Config = z.object({
  write_files: z.array(
    z.object({
      path: z.string(),
      content: z.string(),
      encoding: z.string().optional(),
      permissions: z.string().optional(),
    }),
  ),
  runcmd: z.array(z.array(z.string())),
});

function read(mirror?: MirrorControlPlane): {
  files: Map<string, string>;
  config: z.infer<typeof Config>;
  bytes: number;
} {
  const data = Buffer.from(
    renderMxCustomData({ vmName: "mx-1", kubernetesVersion: "1.37", mirror }),
    "base64",
  );
  const text = data.toString("utf8");
  assert.ok(text.startsWith("#cloud-config\n"));
  const config = Config.parse(parse(text));
  const files = config.write_files.map(({ path, content, encoding }): [string, string] => [
    path,
    encoding === "gz+b64" ? gunzipSync(Buffer.from(content, "base64")).toString("utf8") : content,
  ]);
  return { files: new Map(files), config, bytes: data.length };
}

void test("renderMxCustomData() holds all the VM needs, within Azure's limit, and no secret", () => {
  const { files, config, bytes } = read();

  assert.ok(bytes < 40_000, `${bytes} bytes`);
  assert.equal(
    files.get("/etc/stargate/mx.env"),
    "export NODE_NAME=mx-1\nexport MINOR=1.37\nexport VERSION=1.37\n" +
      "export REPOSITORY=https://pkgs.k8s.io/core:/stable:/v1.37/deb\nexport SANDBOX_IMAGE=registry.k8s.io/pause:3.10.1\n",
  );
  for (const [path, content] of files) {
    if (path.endsWith(".sh")) assert.ok(content.startsWith("#!/usr/bin/env bash\n"), path);
  }
  assert.deepEqual(
    config.write_files.filter(({ path }) => path.endsWith(".sh")).map(({ permissions }) => permissions),
    Array.from({ length: 7 }, () => "0755"),
  );
  assert.doesNotMatch([...files.values()].join("\n"), /tskey-|PRIVATE KEY/);
  assert.deepEqual(config.runcmd.at(-1), [
    "systemctl",
    "enable",
    "--now",
    "--no-block",
    "stargate-mx.service",
  ]);
});

void test("renderMxCustomData() brings kubeadm's configuration of v1beta4, flannel and the custom resources", () => {
  const { files } = read();

  const kubeadm = parseAllDocuments(files.get("/etc/stargate/kubeadm-init.yaml") ?? "").map((one): unknown =>
    one.toJS(),
  );
  assert.partialDeepStrictEqual(kubeadm, [
    {
      ...{ apiVersion: "kubeadm.k8s.io/v1beta4", kind: "InitConfiguration" },
      patches: { directory: "/etc/stargate/patches" },
    },
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "ClusterConfiguration",
      apiServer: { certSANs: ["@TAILNET_ADDRESS@", "@TAILNET_NAME@", "@NODE_NAME@", "127.0.0.1"] },
    },
  ]);
  assert.deepEqual(
    [...files.keys()].filter((path) => path.startsWith("/etc/stargate/patches/")),
    // kubeadm goes by the names
    ["/etc/stargate/patches/etcd.yaml", "/etc/stargate/patches/kube-apiserver.yaml"],
  );
  const kinds = (path: string): unknown[] =>
    parseAllDocuments(files.get(path) ?? "").map((document) => document.get("kind"));
  assert.ok(kinds("/etc/stargate/flannel.yaml").includes("DaemonSet"));
  assert.match(files.get("/etc/stargate/flannel.yaml") ?? "", /"@TAILNET_ADDRESS@"/);
  assert.ok(kinds("/etc/stargate/crds.yaml").every((kind) => kind === "CustomResourceDefinition"));
});

const file = (name: string, digit: string) => ({ name, sha256: digit.repeat(64), bytes: 1 });

const mirror: MirrorControlPlane = {
  url: "http://mirror.test/stargate",
  tailscale: "tailscale-linux-amd64/tailscale.tar.gz",
  tailscaleSha256: "f".repeat(64),
  kubernetesVersion: "1.37.2",
  node: {
    kubernetesVersion: "1.37.2",
    architecture: "amd64",
    sandboxImage: "registry.k8s.io/pause:3.10.1",
    files: [
      { ...file("programs.tar.zst", "1"), kind: "programs" },
      { ...file("cni-plugins.tar.zst", "2"), kind: "cni-plugins" },
      {
        ...file("image-coredns.tar.zst", "3"),
        kind: "image",
        image: "registry.k8s.io/coredns/coredns:v1.15.0",
      },
      {
        ...file("image-agnhost.tar.zst", "4"),
        kind: "image",
        image: "registry.k8s.io/e2e-test-images/agnhost:1",
      },
    ],
  },
  controlPlane: {
    kubernetesVersion: "1.37.2",
    architecture: "amd64",
    kubectl: file("kubectl.tar.zst", "5"),
    imageArchive: file("images.tar.zst", "6"),
    images: ["registry.k8s.io/kube-apiserver:v1.37.2", "registry.k8s.io/etcd:3.7.3-0"],
    etcdTag: "3.7.3-0",
  },
};

void test("renderMxCustomData() with a mirror names files by checksums, and has kubeadm take no image from elsewhere", () => {
  const { files } = read(mirror);

  const settings = files.get("/etc/stargate/mx.env") ?? "";
  assert.match(settings, new RegExp(`${"1".repeat(64)} v1\\.37\\.2-linux-amd64/programs\\.tar\\.zst`));
  assert.match(settings, new RegExp(`${"5".repeat(64)} mx-v1\\.37\\.2-linux-amd64/kubectl\\.tar\\.zst`));
  assert.match(
    settings,
    new RegExp(`IMAGES='${"6".repeat(64)} registry\\.k8s\\.io/kube-apiserver:v1\\.37\\.2`),
  );
  assert.doesNotMatch(settings, /agnhost/);
  assert.match(files.get("/etc/stargate/mirror.env") ?? "", /MIRROR=http:\/\/mirror\.test\/stargate\n/);
  const kubeadm = parseAllDocuments(files.get("/etc/stargate/kubeadm-init.yaml") ?? "").map((one): unknown =>
    one.toJS(),
  );
  assert.partialDeepStrictEqual(kubeadm, [
    { nodeRegistration: { name: "@NODE_NAME@", imagePullPolicy: "Never" } },
    { etcd: { local: { imageTag: "3.7.3-0" } }, dns: { imageTag: "v1.15.0" } },
  ]);
  assert.doesNotMatch(files.get("/etc/stargate/flannel.yaml") ?? "", /flannel-cni-plugin/);
});
