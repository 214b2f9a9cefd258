import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import {
  renderDiscoveryKubeconfig,
  renderJoinConfiguration,
  type JoinOptions,
} from "./join-configuration.ts";

const plain: JoinOptions = {
  nodeName: "vm-1",
  nodeIp: "192.168.100.10",
  labels: {},
  taints: [],
  kubeletOverrides: {},
};
const plainConfiguration = {
  apiVersion: "kubeadm.k8s.io/v1beta4",
  kind: "JoinConfiguration",
  discovery: { file: { kubeConfigPath: "/run/stargate/join/discovery.yaml" } },
  nodeRegistration: {
    name: "vm-1",
    criSocket: "unix:///run/containerd/containerd.sock",
    kubeletExtraArgs: [{ name: "node-ip", value: "192.168.100.10" }],
    taints: [],
  },
};

const rows: [given: string, options: Partial<JoinOptions>, registration: object, rest?: object][] = [
  ["a plain worker", {}, {}],
  [
    "labels",
    { labels: { "example.com/rack": "r1", gpu: "" } },
    {
      kubeletExtraArgs: [
        { name: "node-ip", value: "192.168.100.10" },
        { name: "node-labels", value: "example.com/rack=r1,gpu=" },
      ],
    },
  ],
  [
    "taints",
    { taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] },
    { taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] },
  ],
  [
    "kubelet overrides",
    { kubeletOverrides: { cgroupRoot: "/" } },
    {},
    { patches: { directory: "/run/stargate/join/patches" } },
  ],
  ["a name YAML would take for a number", { nodeName: "0x10" }, { name: "0x10" }],
];
for (const [given, options, registration, rest = {}] of rows) {
  void test(`renderJoinConfiguration() given ${given}`, () => {
    const { nodeRegistration } = plainConfiguration;

    assert.deepEqual(parse(renderJoinConfiguration({ ...plain, ...options })), {
      ...plainConfiguration,
      nodeRegistration: { ...nodeRegistration, ...registration },
      ...rest,
    });
  });
}

void test("renderDiscoveryKubeconfig() names the server workers reach, its authority and the token", () => {
  const server = "https://100.64.0.1:6443";

  const kubeconfig: unknown = parse(
    renderDiscoveryKubeconfig({ server, caPem: "PEM" }, "abcdef.0123456789abcdef"),
  );

  assert.deepEqual(kubeconfig, {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "cluster", cluster: { server, "certificate-authority-data": "UEVN" } }],
    users: [{ name: "bootstrap", user: { token: "abcdef.0123456789abcdef" } }],
    contexts: [{ name: "join", context: { cluster: "cluster", user: "bootstrap" } }],
    "current-context": "join",
  });
});
