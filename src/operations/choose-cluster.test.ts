import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseCluster, type ClusterChoice, type ClusterGiven } from "./choose-cluster.ts";

const lab = { kubeconfigPath: "/lab/admin.conf", socksProxy: "socks5://127.0.0.1:1055" };
const nothing = {
  kubeconfig: undefined,
  kubeconfigOfEnv: undefined,
  tailnetProxy: undefined,
  lab: undefined,
};

const rows: [given: string, Partial<ClusterGiven>, ClusterChoice][] = [
  ["nothing", {}, { kubeconfigPath: undefined, tailnetProxy: undefined }],
  ["a lab", { lab }, { kubeconfigPath: lab.kubeconfigPath, tailnetProxy: lab.socksProxy }],
  [
    "a lab whose kubeconfig KUBECONFIG names",
    { lab, kubeconfigOfEnv: lab.kubeconfigPath },
    { kubeconfigPath: lab.kubeconfigPath, tailnetProxy: lab.socksProxy },
  ],
  [
    "a lab, and another cluster by KUBECONFIG",
    { lab, kubeconfigOfEnv: "/other" },
    { kubeconfigPath: undefined, tailnetProxy: undefined },
  ],
  [
    "a lab, and another cluster by flag",
    { lab, kubeconfig: "/other", kubeconfigOfEnv: lab.kubeconfigPath },
    { kubeconfigPath: "/other", tailnetProxy: undefined },
  ],
  [
    "a proxy of its own",
    { lab, tailnetProxy: "socks5://127.0.0.1:9" },
    { kubeconfigPath: lab.kubeconfigPath, tailnetProxy: "socks5://127.0.0.1:9" },
  ],
];

for (const [given, what, expected] of rows) {
  void test(`chooseCluster() given ${given}`, () => {
    assert.deepEqual(chooseCluster({ ...nothing, ...what }), expected);
  });
}
