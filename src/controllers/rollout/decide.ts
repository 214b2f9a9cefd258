import type { Operation } from "../../api/v1alpha1/operation.ts";
import { resolveAmount } from "./amount.ts";
import { chooseServers } from "./choose.ts";
import { countServers } from "./count-servers.ts";
import type { Facts } from "./facts.ts";
import { findGate, type Gate } from "./gates.ts";
import { revisionOf } from "./revision.ts";
import { stateOf, type State } from "./state.ts";
import { surveyServer, type Survey } from "./survey.ts";
import type { Target } from "./target.ts";

export interface Decision {
  /** Servers to make an Operation for, in this order; undefined where it is not known what to do at all. */
  work:
    | {
        target: Target;
        begin: readonly Survey[];
        adopt: readonly Operation[];
        /** What has not begun, and is not to begin any more, or not now. */
        withdraw: readonly Operation[];
      }
    | undefined;
  state: State;
  /** When to look again, though nothing has changed. */
  delayMs: number | undefined;
}

/** Pure: what these facts ask for. Every branch is a row in decide.test.ts. */
export function decide(facts: Facts): Decision {
  const { rollout, profile } = facts;
  if (profile === undefined) return decideWithout(facts);
  const target: Target = { rollout, profile, revision: revisionOf(rollout, profile) };
  const surveys = facts.servers.map((server) => surveyServer(server, target));
  const unbegun = surveys.flatMap((survey) => survey.unbegun);
  const gate = findGate(facts, { ...countServers(surveys), unbegun: unbegun.length });
  const isOpen = gate.kind === "open";
  const begin = isOpen ? choose(surveys, facts) : [];
  return {
    work: {
      target,
      begin,
      adopt: surveys.flatMap(({ adoptable }) => adoptable),
      withdraw: isOpen ? surveys.flatMap(({ obsolete }) => obsolete) : unbegun,
    },
    state: stateOf({ rollout, revision: target.revision, surveys: asBegun(surveys, begin), gate }),
    delayMs: gate.delayMs,
  };
}

function decideWithout({ rollout, servers }: Facts): Decision {
  const { name } = rollout.spec.provisioningProfileRef;
  const gate: Gate = {
    kind: "stalled",
    reason: "ProfileNotFound",
    message: `There is no ProvisioningProfile "${name}" in namespace "${rollout.metadata.namespace}": create it`,
  };
  const total = servers.length;
  const counts = { total, updated: 0, running: 0, failed: 0, pending: total, unavailable: 0 };
  return {
    work: undefined,
    state: stateOf({ rollout, revision: undefined, surveys: [], gate, counts }),
    delayMs: undefined,
  };
}

function choose(surveys: readonly Survey[], { rollout: { spec } }: Facts): Survey[] {
  const { total, updated, pending } = countServers(surveys);
  const canary = Math.min(spec.canary, total);
  return chooseServers(surveys, {
    maxUnavailable: resolveAmount(spec.maxUnavailable, total, "down"),
    canaryLeft: updated >= canary ? undefined : Math.max(canary - (total - pending), 0),
  });
}

/** As it is when those are begun, which is what is reported: they are begun before that. */
function asBegun(surveys: readonly Survey[], begin: readonly Survey[]): Survey[] {
  const begun = new Set(begin);
  return surveys.map((survey) =>
    begun.has(survey) ? { ...survey, standing: "running", capacity: "down" } : survey,
  );
}
