import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeCluster, type ClusterFacts } from "./cluster-objects.ts";
import { troubles } from "./troubles.ts";

void describe("judgeCluster()", () => {
  const schema = { openAPIV3Schema: { type: "object" } };
  const crd = {
    metadata: { name: "servers.stargate.io" },
    spec: { versions: [{ name: "v1alpha1", served: true, schema }] },
    status: { conditions: [{ type: "Established", status: "True" }] },
  };
  const whole: ClusterFacts = {
    crds: [{ wanted: crd, found: { value: crd } }],
    missingForJoin: { value: [] },
    profiles: { value: [{ name: "dc/p", problem: undefined }] },
  };
  const changed = { ...crd, spec: { versions: [{ name: "v1alpha1", served: true, schema: {} }] } };
  const rows: { given: string; facts: Partial<ClusterFacts>; expected: string[] }[] = [
    { given: "everything", facts: {}, expected: [] },
    {
      given: "a missing CRD",
      facts: { crds: [{ wanted: crd, found: { value: undefined } }] },
      expected: ["red CRD servers: it is not installed"],
    },
    {
      given: "a CRD that is not served",
      facts: { crds: [{ wanted: crd, found: { value: { ...crd, status: { conditions: [] } } } }] },
      expected: ["red CRD servers: the API server does not serve it"],
    },
    {
      given: "a CRD of another version",
      facts: { crds: [{ wanted: crd, found: { value: changed } }] },
      expected: ["warning CRD servers: it is of another version of Stargate than this program"],
    },
    {
      given: "nothing to join by",
      facts: { missingForJoin: { value: ["configmaps/kubelet-config"] } },
      expected: ["red kubeadm join: missing: configmaps/kubelet-config"],
    },
    {
      given: "a profile without its Secret",
      facts: { profiles: { value: [{ name: "dc/p", problem: "There is no Secret." }] } },
      expected: ["red profile dc/p: There is no Secret."],
    },
    {
      given: "no profile",
      facts: { profiles: { value: [] } },
      expected: ["warning profiles: there is no ProvisioningProfile"],
    },
  ];
  for (const { given, facts, expected } of rows) {
    void it(`given ${given}`, () =>
      assert.deepEqual(troubles(judgeCluster({ ...whole, ...facts })), expected));
  }
});
