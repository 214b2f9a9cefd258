import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabState } from "../lab/lab-state.ts";
import { UsageError } from "../lib/errors.ts";
import { decideControlPlane, type ControlPlaneChoice } from "./decide-control-plane.ts";

const lab: LabState = {
  kubernetesVersion: "1.37.2",
  ports: {
    etcdClient: 1,
    etcdPeer: 2,
    apiServer: 6443,
    controllerManager: 3,
    scheduler: 4,
    headscale: 5,
    headscaleMetrics: 6,
    headscaleGrpc: 7,
    derp: 8,
    socks5: 9,
    httpProxy: 10,
  },
  tailnetAddress: "100.64.0.1",
  workerApiServer: "https://100.64.0.1:6443",
  kubeconfigPath: "/lab/admin.conf",
  headscaleUrl: "http://127.0.0.1:5",
  headscaleApiKeyPath: "/lab/api-key",
  socksProxy: "socks5://127.0.0.1:9",
  sshPrivateKeyPath: "/lab/id",
};

const nothing: ControlPlaneChoice = {
  mode: undefined,
  ip: undefined,
  hostname: undefined,
  port: undefined,
  kubeconfig: undefined,
  kubeconfigOfEnv: undefined,
  hasUsualKubeconfig: false,
  lab: undefined,
};

const rows: { given: string; choice: Partial<ControlPlaneChoice>; expected: object }[] = [
  {
    given: "a lab alone",
    choice: { lab },
    expected: { mode: "embedded", server: "https://100.64.0.1:6443", kubeconfig: "/lab/admin.conf" },
  },
  {
    given: "a lab and its own kubeconfig",
    choice: { lab, kubeconfig: "/lab/admin.conf" },
    expected: { mode: "embedded" },
  },
  {
    given: "a lab and another kubeconfig",
    choice: { lab, kubeconfig: "/home/me/.kube/config" },
    expected: { mode: "kind", kubeconfig: "/home/me/.kube/config" },
  },
  {
    given: "a lab and KUBECONFIG set to something else",
    choice: { lab, kubeconfigOfEnv: "/home/me/.kube/config" },
    expected: { mode: "embedded", kubeconfig: "/lab/admin.conf" },
  },
  {
    given: "mode tailscale and KUBECONFIG, which may be a list and is read as one",
    choice: { mode: "tailscale", ip: "100.99.0.7", kubeconfigOfEnv: "/k:/l" },
    expected: { mode: "tailscale", kubeconfig: undefined },
  },
  {
    given: "KUBECONFIG alone",
    choice: { kubeconfigOfEnv: "/k:/l" },
    expected: { mode: "kind", kubeconfig: undefined },
  },
  {
    given: "nothing but ~/.kube/config, as kind leaves it",
    choice: { hasUsualKubeconfig: true },
    expected: { mode: "kind", server: undefined, kubeconfig: undefined },
  },
  {
    given: "a lab and ~/.kube/config",
    choice: { lab, hasUsualKubeconfig: true },
    expected: { mode: "embedded", kubeconfig: "/lab/admin.conf" },
  },
  {
    given: "a kubeconfig alone",
    choice: { kubeconfig: "/k" },
    expected: { mode: "kind", server: undefined, container: "stargate-demo-control-plane", port: 6443 },
  },
  {
    given: "mode kind with an address and a port",
    choice: { mode: "kind", kubeconfig: "/k", ip: "100.99.0.7", port: 7443 },
    expected: { mode: "kind", server: "https://100.99.0.7:7443" },
  },
  {
    given: "mode tailscale as in the README",
    choice: { mode: "tailscale", ip: "100.99.0.7", hostname: "mx-cp", kubeconfig: "/k" },
    expected: { mode: "tailscale", server: "https://100.99.0.7:6443", kubeconfig: "/k" },
  },
  {
    given: "mode tailscale with a name only",
    choice: { mode: "tailscale", hostname: "mx-cp", port: 7443 },
    expected: { mode: "tailscale", server: "https://mx-cp:7443" },
  },
  {
    given: "an address without a mode",
    choice: { lab, ip: "100.99.0.7" },
    expected: { mode: "tailscale", server: "https://100.99.0.7:6443" },
  },
];

for (const { given, choice, expected } of rows) {
  void test(`decideControlPlane() given ${given}`, () => {
    const plan = decideControlPlane({ ...nothing, ...choice });

    assert.partialDeepStrictEqual(plan, expected);
  });
}

const refused: { given: string; choice: Partial<ControlPlaneChoice>; says: RegExp }[] = [
  { given: "nothing at all", choice: {}, says: /no lab here and no kubeconfig/ },
  { given: "mode embedded without a lab", choice: { mode: "embedded" }, says: /there is no lab/ },
  {
    given: "mode embedded with an address",
    choice: { mode: "embedded", lab, ip: "100.99.0.7" },
    says: /the lab has its own/,
  },
  {
    given: "mode tailscale without an address",
    choice: { mode: "tailscale", kubeconfig: "/k" },
    says: /address is not given/,
  },
  { given: "an address that is none", choice: { lab, ip: "mx-cp" }, says: /not an IPv4 address/ },
];

for (const { given, choice, says } of refused) {
  void test(`decideControlPlane() refuses ${given}`, () => {
    assert.throws(
      () => decideControlPlane({ ...nothing, ...choice }),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  });
}
