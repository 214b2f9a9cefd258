import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { decideVersion } from "./decide-version.ts";
import { hasFinalizer, isBeingDeleted, isFinished, type Facts } from "./facts.ts";
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
  /** It ended, or is being deleted: give back what it still holds. */
  | { kind: "release"; operation: Operation; aborted: boolean }
  | { kind: "wait"; operation: Operation; reason: string; message: string; delayMs: number }
  | {
      kind: "fail";
      operation: Operation;
      server: Server | undefined;
      reason: string;
      message: string;
    }
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

  if (isBeingDeleted(operation) || isFinished(operation)) {
    if (!hasFinalizer(operation)) return { kind: "ignore" };
    return { kind: "release", operation, aborted: !isFinished(operation) };
  }

  const { namespace } = operation.metadata;
  const hasBegun = operation.status.phase === "Running";
  const wait = (reason: string, message: string, delayMs: number): Decision => ({
    kind: "wait",
    operation,
    reason,
    message,
    delayMs,
  });
  const fail = (reason: string, message: string): Decision => ({
    kind: "fail",
    operation,
    server,
    reason,
    message,
  });

  if (server === undefined) {
    const name = operation.spec.serverRef.name;
    return hasBegun
      ? fail("ServerDeleted", `The Server "${name}" was deleted while this Operation worked on it.`)
      : wait(
          "ServerNotFound",
          `There is no Server "${name}" in namespace "${namespace}" yet: it is made by prep-dc-inventory.`,
          SLOW_MS,
        );
  }
  if (hasBegun && facts.nowMs >= deadlineMs(facts, operation)) {
    const last = operation.status.message ?? "no step had ended";
    return fail("TimedOut", `No end after ${minutes(facts.timeLimitMs)}; the last state was: ${last}`);
  }
  if (server.spec.provider === undefined) {
    return wait(
      "ProviderMissing",
      `Server "${server.metadata.name}" does not say whose it is: set spec.provider (for instance ${providerId}).`,
      SLOW_MS,
    );
  }
  if (profile === undefined) {
    const name = operation.spec.provisioningProfileRef.name;
    return wait(
      "ProfileNotFound",
      `There is no ProvisioningProfile "${name}" in namespace "${namespace}" yet: create it.`,
      SLOW_MS,
    );
  }
  const version = decideVersion(profile.spec.kubernetesVersion, facts.mxVersion);
  if (version.kind === "refuse") return fail("VersionSkew", version.message);
  if (facts.credentialsProblem !== undefined) {
    return wait("CredentialsNotFound", facts.credentialsProblem, LOOK_AGAIN_MS);
  }
  if (server.spec.hostKey === undefined) {
    return wait(
      "HostKeyMissing",
      `Server "${server.metadata.name}" has no spec.hostKey, and a host whose key is not known beforehand is not ` +
        `contacted: run prep-dc-inventory, or set it to the type and key of the host's /etc/ssh/ssh_host_ed25519_key.pub.`,
      SLOW_MS,
    );
  }
  if (facts.missingClusterConfig.length > 0) {
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
      SLOW_MS,
    );
  }
  return { kind: "work", operation, server, profile, kubernetesVersion: version.version };
}

/** When an Operation that has begun is given up. */
export function deadlineMs(
  { controllerStartedMs, timeLimitMs, nowMs }: Pick<Facts, "controllerStartedMs" | "timeLimitMs" | "nowMs">,
  operation: Operation,
): number {
  const began = operation.status.startedAt === undefined ? nowMs : Date.parse(operation.status.startedAt);
  return Math.max(began, controllerStartedMs) + timeLimitMs;
}

function minutes(ms: number): string {
  return `${Math.round(ms / 60_000)} minutes`;
}
