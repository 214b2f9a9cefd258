import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { renderKindConfig } from "./kind-config.ts";
import { namesFor } from "./names.ts";

void test("renderKindConfig() leaves kind's network out, and has the tailnet's name certified from the start", () => {
  const config: unknown = parse(renderKindConfig(namesFor("stargate-demo"), "kindest/node:v1.37.2"));

  assert.partialDeepStrictEqual(config, {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: { disableDefaultCNI: true, podSubnet: "10.244.0.0/16", serviceSubnet: "10.96.0.0/12" },
    nodes: [{ role: "control-plane", image: "kindest/node:v1.37.2" }],
    kubeadmConfigPatches: [
      "kind: ClusterConfiguration\napiServer:\n  certSANs:\n    - localhost\n    - 127.0.0.1\n    - stargate-demo-mx\n",
    ],
  });
});
