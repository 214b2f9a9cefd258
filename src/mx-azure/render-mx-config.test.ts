import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
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

function read(): { files: Map<string, string>; config: z.infer<typeof Config>; bytes: number } {
  const data = Buffer.from(renderMxCustomData({ vmName: "mx-1", kubernetesVersion: "1.37" }), "base64");
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
    Array.from({ length: 5 }, () => "0755"),
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
    { apiVersion: "kubeadm.k8s.io/v1beta4", kind: "InitConfiguration" },
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "ClusterConfiguration",
      apiServer: { certSANs: ["@TAILNET_ADDRESS@", "@TAILNET_NAME@", "@NODE_NAME@", "127.0.0.1"] },
    },
  ]);
  const kinds = (path: string): unknown[] =>
    parseAllDocuments(files.get(path) ?? "").map((document) => document.get("kind"));
  assert.ok(kinds("/etc/stargate/flannel.yaml").includes("DaemonSet"));
  assert.match(files.get("/etc/stargate/flannel.yaml") ?? "", /"@TAILNET_ADDRESS@"/);
  assert.ok(kinds("/etc/stargate/crds.yaml").every((kind) => kind === "CustomResourceDefinition"));
});
