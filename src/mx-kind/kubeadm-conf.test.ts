import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { StargateError } from "../lib/errors.ts";
import { readCertSans, withTailnetAddress } from "./kubeadm-conf.ts";

/** What kind 0.32 writes for one control-plane node, shortened, with our patch in it. */
const conf = `apiServer:
  certSANs:
  - localhost
  - 127.0.0.1
  - stargate-demo-mx
  extraArgs:
  - name: runtime-config
    value: ""
apiVersion: kubeadm.k8s.io/v1beta4
clusterName: stargate-demo
controlPlaneEndpoint: stargate-demo-control-plane:6443
kind: ClusterConfiguration
kubernetesVersion: v1.37.2
---
apiVersion: kubeadm.k8s.io/v1beta4
bootstrapTokens:
- token: abcdef.0123456789abcdef
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 172.18.0.2
  bindPort: 6443
---
apiVersion: kubelet.config.k8s.io/v1beta1
cgroupRoot: /kubelet
kind: KubeletConfiguration
`;
const ADDRESS = "100.101.102.103";

function clusterConfiguration(text: string): unknown {
  return parseAllDocuments(text)[0]?.toJS();
}

void test("withTailnetAddress() adds the address to certificate and arguments, and the container's own to the certificate", () => {
  const changed = withTailnetAddress(conf, ADDRESS);

  assert.partialDeepStrictEqual(clusterConfiguration(changed), {
    controlPlaneEndpoint: "stargate-demo-control-plane:6443",
    apiServer: {
      certSANs: ["localhost", "127.0.0.1", "stargate-demo-mx", "172.18.0.2", ADDRESS],
      extraArgs: [
        { name: "runtime-config", value: "" },
        { name: "advertise-address", value: ADDRESS },
      ],
    },
  });
  const others = (text: string) =>
    parseAllDocuments(text)
      .slice(1)
      .map((document): unknown => document.toJS());
  assert.deepEqual(others(changed), others(conf));
});

void test("withTailnetAddress() leaves a configuration alone that has the address already", () => {
  const once = withTailnetAddress(conf, ADDRESS);

  assert.equal(withTailnetAddress(once, ADDRESS), once);
});

void test("withTailnetAddress() puts a new address in the place of an old one", () => {
  const moved = withTailnetAddress(withTailnetAddress(conf, "100.64.0.9"), ADDRESS);

  assert.equal(moved, withTailnetAddress(conf, ADDRESS));
});

void test("withTailnetAddress() writes arguments as a map where kubeadm's version wants one", () => {
  const old = conf
    .replaceAll("v1beta4", "v1beta3")
    .replace('  - name: runtime-config\n    value: ""', '    runtime-config: ""');

  const changed = withTailnetAddress(old, ADDRESS);

  const extraArgs = { "runtime-config": "", "advertise-address": ADDRESS };
  assert.partialDeepStrictEqual(clusterConfiguration(changed), { apiServer: { extraArgs } });
  assert.equal(withTailnetAddress(changed, ADDRESS), changed);
});

void test("readCertSans() tells what a certificate is made for", () => {
  assert.deepEqual(readCertSans(conf), ["localhost", "127.0.0.1", "stargate-demo-mx"]);
});

for (const [given, text] of [
  ["no YAML", "a: b: c"],
  ["another kind only", "kind: Other"],
  ["nothing", ""],
] as const) {
  void test(`withTailnetAddress() refuses ${given}, with the way out`, () => {
    assert.throws(
      () => withTailnetAddress(text, ADDRESS),
      (error) =>
        error instanceof StargateError &&
        error.reason === "KubeadmConfUnreadable" &&
        error.remedy?.includes("mx kind delete") === true,
    );
  });
}
