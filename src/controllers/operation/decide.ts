import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { describeDuration, parseDurationMs } from "../../lib/duration.ts";
import { decideVersion } from "./decide-version.ts";
import { hasBegun, hasFinalizer, isBeingDeleted, isFinished, type Facts } from "./facts.ts";
import { findRival } from "./rivals.ts";

/** The work there is to do: all of it is known to exist. */
export interface Work {
  operation: Operation;
  server: Server;
  profile: ProvisioningProfile;
  /** Version to install, in full where the profile or the control plane says it. */
  kubernetesVersion: string;
}

export type Decision =
  | { kind: "ignore" }
  /** It ended: give back what it still holds. */
  | { kind: "release"; operation: Operation }
  /** It is to end where it is: what runs on the host comes to a safe point first. */
  | { kind: "stop"; operation: Operation; because: "deleted" | "cancelled" }
  | { kind: "wait"; operation: Operation; reason: string; message: string; delayMs: number }
  | { kind: "fail"; operation: Operation; reason: string; message: string }
  | ({ kind: "work" } & Work);

/** Changes of what is waited for wake the Operation at once; this only bounds what nobody tells us about. */
const SLOW_MS = 60_000;
/** Secrets and the cluster's configuration are not watched: they are looked at again after this. */
const LOOK_AGAIN_MS = 10_000;

/** Pure: what these facts ask for. Every branch is a row in decide.test.ts. */
export function decide(facts: Facts): Decision {
  const { operation, server, profile, providerId } = facts;
  if (operation === undefined) return { kind: "ignore" };
  if (server?.spec.provider !== undefined && server.spec.provider !== providerId) return { kind: "ignore" };

  const ending = decideEnding(operation);
  if (ending !== undefined) return ending;

  const { namespace } = operation.metadata;
  const wait = (reason: string, message: string, delayMs = SLOW_MS): Decision => ({
    kind: "wait",
    operation,
    reason,
    message,
    delayMs,
  });
  const fail = (reason: string, message: string): Decision => ({ kind: "fail", operation, reason, message });

  if (server === undefined) {
    const name = operation.spec.serverRef.name;
    return hasBegun(operation)
      ? fail("ServerDeleted", `The Server "${name}" was deleted while this Operation worked on it.`)
      : wait(
          "ServerNotFound",
          `There is no Server "${name}" in namespace "${namespace}" yet: it is made by prep-dc-inventory.`,
        );
  }
  if (hasBegun(operation) && facts.nowMs >= deadlineMs(facts, operation)) {
    const last = operation.status.message ?? "no step had ended";
    const limit = describeDuration(parseDurationMs(operation.spec.timeout));
    return fail("TimedOut", `No end after ${limit}; the last state was: ${last}`);
  }
  if (server.spec.provider === undefined) {
    return wait(
      "ProviderMissing",
      `Server "${server.metadata.name}" does not say whose it is: set spec.provider (for instance ${providerId}).`,
    );
  }
  if (isBeingDeleted(server) && operation.spec.operation !== "deprovision" && !hasBegun(operation)) {
    return fail(
      "ServerBeingDeleted",
      `Server "${server.metadata.name}" is being deleted: only a deprovision is of use to it now.`,
    );
  }
  if (profile === undefined) {
    const name = operation.spec.provisioningProfileRef.name;
    return wait(
      "ProfileNotFound",
      `There is no ProvisioningProfile "${name}" in namespace "${namespace}" yet: create it.`,
    );
  }
  const refusal =
    operation.spec.operation === "repave" ? refuseVersion(facts, operation, server, profile) : undefined;
  if (refusal !== undefined) return fail(refusal.reason, refusal.message);
  if (facts.credentialsProblem !== undefined) {
    return wait("CredentialsNotFound", facts.credentialsProblem, LOOK_AGAIN_MS);
  }
  if (server.spec.hostKey === undefined && operation.spec.mode !== "reimage") {
    return wait(
      "HostKeyMissing",
      `Server "${server.metadata.name}" has no spec.hostKey, and a host whose key is not known beforehand is not ` +
        `contacted: run prep-dc-inventory, or set it to the type and key of the host's /etc/ssh/ssh_host_ed25519_key.pub.`,
    );
  }
  if (operation.spec.operation === "repave" && facts.missingClusterConfig.length > 0) {
    return wait(
      "ControlPlaneNotReady",
      `The cluster lacks what a joining node reads: ${facts.missingClusterConfig.join(", ")}. ` +
        `Run "kubeadm init phase upload-config all" on its control plane.`,
      LOOK_AGAIN_MS,
    );
  }
  const rival = findRival(operation, server, facts.rivals);
  if (rival !== undefined) {
    return wait(
      "ServerBusy",
      `Server "${server.metadata.name}" is taken by the Operation "${rival.metadata.name}" ` +
        `(${rival.status.phase ?? "Pending"}); this one follows when that has ended or is deleted.`,
    );
  }
  return { kind: "work", operation, server, profile, kubernetesVersion: profile.spec.kubernetesVersion };
}

/** What an Operation asks for that has ended or is to end; undefined where it is to go on. */
function decideEnding(operation: Operation): Decision | undefined {
  const isDeleted = isBeingDeleted(operation);
  if (isFinished(operation))
    return hasFinalizer(operation) ? { kind: "release", operation } : { kind: "ignore" };
  if (isDeleted)
    return hasFinalizer(operation) ? { kind: "stop", operation, because: "deleted" } : { kind: "ignore" };
  if (!operation.spec.cancel) return undefined;
  return hasBegun(operation)
    ? { kind: "stop", operation, because: "cancelled" }
    : {
        kind: "fail",
        operation,
        reason: "Cancelled",
        message: "Cancelled before it began: nothing was done.",
      };
}

function refuseVersion(
  { mxVersion }: Facts,
  { spec }: Operation,
  server: Server,
  profile: ProvisioningProfile,
): { reason: string; message: string } | undefined {
  const wanted = profile.spec.kubernetesVersion;
  const decision = decideVersion(wanted, mxVersion);
  if (decision.kind === "refuse") return { reason: "VersionSkew", message: decision.message };
  const installed = /^k8s-1\.(\d+)$/.exec(server.status.os ?? "")?.[1];
  if (installed === undefined || spec.force || Number(installed) <= Number(wanted.split(".")[1]))
    return undefined;
  return {
    reason: "Downgrade",
    message:
      `Server "${server.metadata.name}" has Kubernetes 1.${installed}, the profile says ${wanted}: ` +
      "use a profile of that version or newer, or set spec.force if the older one is meant.",
  };
}

/** When an Operation that has begun is given up. */
export function deadlineMs(
  { controllerStartedMs, nowMs }: Pick<Facts, "controllerStartedMs" | "nowMs">,
  { spec, status }: Operation,
): number {
  const began = status.startedAt === undefined ? nowMs : Date.parse(status.startedAt);
  return Math.max(began, controllerStartedMs) + parseDurationMs(spec.timeout);
}
