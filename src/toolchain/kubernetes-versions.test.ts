import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { UsageError } from "../lib/errors.ts";
import { packagePath } from "../lib/assets.ts";
import { kubernetesReleases, resolveKubernetes } from "./kubernetes-versions.ts";

for (const [asked, expected] of [
  [undefined, "1.37.2"],
  ["1.37", "1.37.2"],
  ["v1.37.2", "1.37.2"],
  ["1.36", "1.36.3"],
  ["1.35.4", "1.35.4"],
] as const) {
  void test(`resolveKubernetes takes ${asked ?? "nothing"} for ${expected}`, () => {
    assert.equal(resolveKubernetes(asked).version, expected);
  });
}

for (const asked of ["1.3", "1", "", "1.37.1", "1.99", "latest"]) {
  void test(`resolveKubernetes refuses "${asked}" and names what there is`, () => {
    assert.throws(
      () => resolveKubernetes(asked),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.remedy ?? "", /1\.37\.2, 1\.36\.3, 1\.35\.4/);
        return true;
      },
    );
  });
}

for (const { version, etcd, modFile } of kubernetesReleases) {
  void test(`${modFile} pins the Kubernetes ${version} and etcd ${etcd} that the table promises`, () => {
    const text = readFileSync(packagePath(`toolchain/kubernetes/${modFile}`), "utf8");
    assert.match(text, new RegExp(`k8s\\.io/kubernetes v${version}\\n`));
    assert.match(text, new RegExp(`go\\.etcd\\.io/etcd/server/v3 v${etcd}\\n`));
  });
}
