import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Operation, OperationStatus } from "../api/v1alpha1/operation.ts";
import { REVISION_LABEL, ROLLOUT_LABEL, type Rollout, type RolloutStatus } from "../api/v1alpha1/rollout.ts";
import { operationWith } from "../api/v1alpha1/test-objects.ts";
import { rolloutWith } from "../controllers/rollout/test-fleet.ts";
import type { Lease } from "../kubernetes/schemas.ts";
import { judgeRollouts, type RolloutFacts } from "./rollouts.ts";
import { troubles } from "./troubles.ts";

const NOW = Date.parse("2026-03-03T12:00:00Z");
const A_MINUTE_AGO = "2026-03-03T11:59:00Z";
const AN_HOUR_AGO = "2026-03-03T11:00:00Z";
const DAYS_AGO = "2026-03-01T00:00:00Z";
const counts = { total: 5, updated: 2, running: 0, failed: 0, pending: 3, unavailable: 0 };

function rollout(status: RolloutStatus, meta: Partial<Rollout["metadata"]> = {}): Rollout {
  const plain = rolloutWith();
  return {
    ...plain,
    metadata: { ...plain.metadata, ...meta },
    status: { observedGeneration: plain.metadata.generation, revision: "r1", counts, ...status },
  };
}

function stalled(reason: string, message: string): Rollout {
  const about = { observedGeneration: 1, lastTransitionTime: AN_HOUR_AGO, message };
  return rollout({
    phase: "Stalled",
    message,
    conditions: [{ type: "Stalled", status: "True", reason, ...about }],
  });
}

function paused(since: string): Rollout {
  const about = { observedGeneration: 1, lastTransitionTime: since, message: "" };
  return rollout({
    phase: "Paused",
    message: "Paused by spec.paused",
    conditions: [{ type: "Paused", status: "True", reason: "Paused", ...about }],
  });
}

function ofRollout(status: OperationStatus, creationTimestamp = AN_HOUR_AGO, revision = "r1"): Operation {
  const labels = { [ROLLOUT_LABEL]: "ro", [REVISION_LABEL]: revision };
  return operationWith({ name: `ro-vm-1-${revision}`, meta: { labels, creationTimestamp }, status });
}

function leaseIn(namespace: string, renewTime: string): Lease {
  const meta = { uid: "u", resourceVersion: "1", creationTimestamp: "", labels: {}, annotations: {} };
  return {
    metadata: { name: "stargate-rollouts", namespace, ...meta },
    spec: { holderIdentity: "host-1", renewTime, leaseDurationSeconds: 15 },
  };
}

const live = { value: [leaseIn("kube-system", "2026-03-03T11:59:55Z")] };

void describe("judgeRollouts()", () => {
  const rows: { given: string; facts: Partial<RolloutFacts>; expected: string[] }[] = [
    { given: "none, and no controller", facts: { leases: { value: [] } }, expected: [] },
    {
      given: "one that goes on",
      facts: {
        rollouts: [rollout({ phase: "Progressing", counts: { ...counts, running: 1, unavailable: 1 } })],
        operations: [ofRollout({ phase: "Running", startedAt: AN_HOUR_AGO })],
      },
      expected: [],
    },
    {
      given: "one whose servers failed, with what an earlier revision left",
      facts: {
        rollouts: [stalled("FailureThresholdReached", "1 of 5 servers failed: vm-1")],
        operations: [
          ofRollout({ phase: "Failed", message: "no space left" }),
          ofRollout({ phase: "Failed", message: "that was before" }, DAYS_AGO, "r0"),
        ],
      },
      expected: [
        "red simulator-dc/ro: stalled (FailureThresholdReached): 1 of 5 servers failed: vm-1\nvm-1: no space left",
      ],
    },
    {
      given: "one that too many unavailable servers hold up",
      facts: { rollouts: [stalled("TooManyUnavailable", "vm-1 is down")] },
      expected: ["red simulator-dc/ro: stalled (TooManyUnavailable): vm-1 is down"],
    },
    {
      given: "one whose creations are refused for a reason nobody thought of",
      facts: { rollouts: [stalled("ApiForbidden", "may not create")] },
      expected: ["red simulator-dc/ro: stalled (ApiForbidden): may not create"],
    },
    {
      given: "one that waits for its window",
      facts: { rollouts: [rollout({ phase: "Waiting" })] },
      expected: [],
    },
    { given: "one paused an hour ago", facts: { rollouts: [paused(AN_HOUR_AGO)] }, expected: [] },
    {
      given: "one paused long ago",
      facts: { rollouts: [paused(DAYS_AGO)] },
      expected: [`warning simulator-dc/ro: paused since ${DAYS_AGO}. Paused by spec.paused`],
    },
    {
      given: "one that selects nothing",
      facts: { rollouts: [rollout({ phase: "Pending", message: "No Server has the labels" })] },
      expected: ["warning simulator-dc/ro: No Server has the labels"],
    },
    {
      given: "one whose only Operation does not begin",
      facts: {
        rollouts: [rollout({ phase: "Progressing", counts: { ...counts, running: 1, unavailable: 1 } })],
        operations: [ofRollout({ phase: "Pending", reason: "SecretInvalid", message: "no key" })],
      },
      expected: [
        `red simulator-dc/ro: no server is begun: Operation simulator-dc/ro-vm-1-r1 waits since ${AN_HOUR_AGO} (SecretInvalid) no key`,
      ],
    },
    {
      given: "one whose only Operation stands in line",
      facts: {
        rollouts: [rollout({ phase: "Progressing", counts: { ...counts, running: 1, unavailable: 1 } })],
        operations: [ofRollout({ phase: "Pending", reason: "WaitingForTurn" })],
      },
      expected: [],
    },
    {
      given: "one whose only Operation is new",
      facts: {
        rollouts: [rollout({ phase: "Progressing", counts: { ...counts, running: 1, unavailable: 1 } })],
        operations: [ofRollout({}, A_MINUTE_AGO)],
      },
      expected: [],
    },
    {
      given: "servers that are down though nobody works on them",
      facts: { rollouts: [rollout({ phase: "Complete", counts: { ...counts, unavailable: 2 } })] },
      expected: ["warning simulator-dc/ro: 2 of 5 servers are unavailable, and not because of it"],
    },
    {
      given: "a new one that nobody looked at",
      facts: { rollouts: [rollout({ observedGeneration: 0 }, { creationTimestamp: A_MINUTE_AGO })] },
      expected: [],
    },
    {
      given: "an old one that nobody looked at, though somebody leads",
      facts: { rollouts: [rollout({ observedGeneration: 0, phase: "Complete" })] },
      expected: ["red simulator-dc/ro: no controller has looked at its spec as it is now"],
    },
    {
      given: "one that is being deleted for long",
      facts: { rollouts: [rollout({ phase: "Complete" }, { deletionTimestamp: AN_HOUR_AGO })] },
      expected: [`red simulator-dc/ro: is being deleted since ${AN_HOUR_AGO}`],
    },
    {
      given: "nobody that leads",
      facts: {
        rollouts: [rollout({ phase: "Progressing" })],
        leases: { value: [leaseIn("kube-system", AN_HOUR_AGO)] },
      },
      expected: [
        "red controller: does not run, last seen 2026-03-03T11:00:00.000Z; 1 Rollouts wait for it: simulator-dc/ro",
      ],
    },
    {
      given: "nobody that leads, and nothing that is to be done",
      facts: {
        rollouts: [rollout({ phase: "Complete" }), paused(AN_HOUR_AGO)],
        leases: { value: [] },
      },
      expected: [],
    },
    {
      given: "a controller of this namespace only",
      facts: {
        rollouts: [rollout({ phase: "Progressing" })],
        leases: { value: [leaseIn("simulator-dc", A_MINUTE_AGO), leaseIn("simulator-dc-2", A_MINUTE_AGO)] },
      },
      expected: ["red controller: has never run; 1 Rollouts wait for it: simulator-dc/ro"],
    },
    {
      given: "a controller of this namespace only, that lives",
      facts: {
        rollouts: [rollout({ phase: "Progressing" })],
        leases: { value: [leaseIn("simulator-dc", "2026-03-03T11:59:55Z")] },
      },
      expected: [],
    },
    {
      given: "Leases that may not be read",
      facts: { rollouts: [rollout({ phase: "Progressing" })], leases: { error: new Error("forbidden") } },
      expected: ["red controller: forbidden"],
    },
  ];
  for (const { given, facts, expected } of rows) {
    void it(`given ${given}`, () => {
      const all = { rollouts: [], operations: [], leases: live, ...facts };
      assert.deepEqual(troubles(judgeRollouts(all, NOW)), expected);
    });
  }

  void it("says which Operations to delete", () => {
    const [finding] = judgeRollouts(
      {
        rollouts: [stalled("ServersFailed", "1 of 5 servers failed")],
        operations: [ofRollout({ phase: "Failed" })],
        leases: live,
      },
      NOW,
    );
    assert.match(finding?.remedy ?? "", /kubectl delete operation -n simulator-dc ro-vm-1-r1\.$/);
  });

  void it("counts them where all is in order", () => {
    const rollouts = [rollout({ phase: "Complete" }), rollout({ phase: "Complete" }), paused(AN_HOUR_AGO)];
    const [finding] = judgeRollouts({ rollouts, operations: [], leases: live }, NOW);
    assert.deepEqual([finding?.state, finding?.found], ["ok", "2 Complete, 1 Paused"]);
  });
});
