import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { readAsset } from "../../src/lib/assets.ts";
import { testPrograms } from "../cluster/programs.ts";
import { runInNamespace } from "./in-namespace.ts";

const Manifest = z.object({
  spec: z.object({
    containers: z.tuple([
      z.object({ command: z.array(z.string()), readinessProbe: z.object({ periodSeconds: z.number() }) }),
    ]),
  }),
});

const MANIFESTS = "/etc/kubernetes/manifests";

void test("the real kubeadm makes the manifests we mean of our configuration and patch", async () => {
  const programs = await testPrograms();
  const settings = readAsset("mx-azure/vm/kubeadm-init.yaml")
    .replaceAll("@TAILNET_ADDRESS@", "100.64.0.7")
    .replaceAll("@TAILNET_NAME@", "mx-1.ts.test")
    .replaceAll("@NODE_NAME@", "mx-1")
    .replaceAll("@KUBERNETES_VERSION@", "v1.37.2");
  const place = {
    files: {
      "/etc/stargate/kubeadm.yaml": settings,
      "/etc/stargate/patches/etcd.yaml": readAsset("mx-azure/vm/etcd.yaml"),
      "/etc/stargate/patches/kube-apiserver.yaml": readAsset("mx-azure/vm/kube-apiserver.yaml"),
      [`${MANIFESTS}/keep`]: "",
    },
    inputs: { KUBEADM: programs("kubeadm") },
  };
  const script = `#!/usr/bin/env bash
"$KUBEADM" init phase control-plane all --config /etc/stargate/kubeadm.yaml >&2
"$KUBEADM" init phase etcd local --config /etc/stargate/kubeadm.yaml >&2
`;

  const { stdout, stderr, exitCode } = await runInNamespace(
    script,
    place,
    `cat ${MANIFESTS}/kube-apiserver.yaml; echo ---; cat ${MANIFESTS}/etcd.yaml; grep -h -- --leader-elect ${MANIFESTS}/*.yaml >&2`,
  );

  assert.equal(exitCode, 0, stderr);
  const manifests = parseAllDocuments(stdout).map((one) => Manifest.parse(one.toJS()));
  const [server, etcd] = manifests.map(({ spec: { containers } }) => containers[0]);
  assert.equal(server?.readinessProbe.periodSeconds, 10);
  assert.equal(etcd?.readinessProbe.periodSeconds, 10);
  assert.ok(server.command.includes("--advertise-address=100.64.0.7"));
  assert.equal(stderr.match(/--leader-elect=false/g)?.length, 2, stderr);
});
