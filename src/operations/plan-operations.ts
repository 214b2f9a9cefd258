import { API_VERSION } from "../api/v1alpha1/kind.ts";
import type { OperationType, RepaveMode } from "../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../api/v1alpha1/server.ts";
import { UsageError } from "../lib/errors.ts";
import { profileOf } from "./profile-of.ts";

/** What is asked of some servers at once. */
export interface OperationsWanted {
  namespace: string;
  servers: readonly string[];
  operation: OperationType;
  mode: RepaveMode;
  /** Undefined: the one that each Server names, or the only one there is. */
  profile: string | undefined;
  force: boolean;
  /** spec.timeout; undefined for the API's default. */
  timeout: string | undefined;
}

/** One Operation that is to be made. */
export interface PlannedOperation {
  server: string;
  /** What its name begins with; a few letters make it its own. */
  prefix: string;
  spec: object;
}

export interface Known {
  servers: readonly Server[];
  profiles: readonly ProvisioningProfile[];
}

/**
 * Pure: one Operation for each server, in the order they were asked for; or everything that stands against it.
 * @throws UsageError
 */
export function planOperations(wanted: OperationsWanted, known: Known): PlannedOperation[] {
  const plans: PlannedOperation[] = [];
  const problems: string[] = [];
  if (wanted.mode === "reimage" && wanted.operation !== "repave") problems.push("only a repave can reimage");
  wanted.servers.forEach((name, index) => {
    const plan =
      wanted.servers.indexOf(name) < index ? `${name} is named twice` : planOne(name, wanted, known);
    if (typeof plan === "string") problems.push(plan);
    else plans.push(plan);
  });
  if (problems.length === 0) return plans;
  throw new UsageError(
    `Cannot ${wanted.operation} as asked, and nothing was created: ${problems.join("; ")}`,
    "See which there are, and in which namespace: kubectl get servers,provisioningprofiles -A.",
  );
}

function planOne(name: string, wanted: OperationsWanted, known: Known): PlannedOperation | string {
  const { namespace, operation, mode, force, timeout } = wanted;
  const server = known.servers.find(({ metadata }) => metadata.name === name);
  if (server === undefined) return `there is no Server ${name} in namespace ${namespace}`;
  if (server.metadata.deletionTimestamp !== undefined && operation !== "deprovision")
    return `${name} is being deleted`;
  const profile = chooseProfile(server, wanted, known);
  if ("problem" in profile) return profile.problem;
  return {
    server: name,
    prefix: `${operation}-${name}`,
    spec: {
      serverRef: { name },
      provisioningProfileRef: { name: profile.name },
      operation,
      ...(mode === "inplace" ? {} : { mode }),
      ...(force ? { force } : {}),
      ...(timeout === undefined ? {} : { timeout }),
    },
  };
}

function chooseProfile(
  server: Server,
  { profile: asked, namespace }: OperationsWanted,
  { profiles }: Known,
): { name: string } | { problem: string } {
  const { name } = server.metadata;
  const wanted = asked ?? server.spec.provisioningProfile;
  if (wanted === undefined) {
    const only = profileOf(server, profiles);
    return only === undefined
      ? { problem: `${name} names no profile and there are ${profiles.length}: add --profile` }
      : { name: only.metadata.name };
  }
  return profiles.some(({ metadata }) => metadata.name === wanted)
    ? { name: wanted }
    : { problem: `there is no ProvisioningProfile ${wanted} in namespace ${namespace} for ${name}` };
}

/** The object of a plan, under its own name. */
export function renderOperation(
  { spec }: PlannedOperation,
  ref: { namespace: string; name: string },
): object {
  return { apiVersion: API_VERSION, kind: "Operation", metadata: ref, spec };
}
