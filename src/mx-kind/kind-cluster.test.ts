import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../lib/errors.ts";
import { decideCluster, type ClusterFacts } from "./kind-cluster.ts";
import { namesFor } from "./names.ts";

const names = namesFor("stargate-demo");
const ours = "kind: ClusterConfiguration\napiServer: { certSANs: [localhost, stargate-demo-mx] }\n";
const foreign = "kind: ClusterConfiguration\napiServer: { certSANs: [localhost] }\n";
const whole: ClusterFacts = { exists: true, kubeadmConf: ours, isComplete: true, isRunning: true };

for (const { given, facts, expected } of [
  { given: "no cluster", facts: { exists: false }, expected: "create" },
  { given: "a whole one that runs", facts: {}, expected: "use" },
  { given: "a whole one that is stopped", facts: { isRunning: false }, expected: "start" },
  { given: "one that kubeadm has not finished", facts: { isComplete: false }, expected: "create anew" },
  {
    given: "one that kubeadm has not begun",
    facts: { isComplete: false, kubeadmConf: undefined },
    expected: "create anew",
  },
]) {
  void test(`decideCluster() says ${expected} for ${given}`, () => {
    assert.equal(decideCluster({ ...whole, ...facts }, names), expected);
  });
}

void test("decideCluster() leaves a cluster alone that somebody else made, even a whole one", () => {
  assert.throws(
    () => decideCluster({ ...whole, kubeadmConf: foreign }, names),
    (error) => error instanceof StargateError && error.reason === "ForeignCluster",
  );
});
