import { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { KubeClient, ObjectRef } from "../../kubernetes/client.ts";
import { z } from "zod";
import * as resources from "../../kubernetes/resources.ts";
import { secretText } from "../../kubernetes/secret-text.ts";
import { Secret } from "../../kubernetes/schemas.ts";
import type { Context } from "./context.ts";
import { isBeingDeleted, isFinished, type Facts } from "./facts.ts";

/** What the informers hold. Reads are of the last state they heard of. */
export interface ObjectCaches {
  operation(ref: ObjectRef): Operation | undefined;
  operationsOf(namespace: string, serverName: string): readonly Operation[];
  server(ref: ObjectRef): Server | undefined;
  profile(ref: ObjectRef): ProvisioningProfile | undefined;
}

/** How the profile's Secret lets us log in. */
export interface Credentials {
  username: string;
  privateKey: string;
}

/**
 * Reads an Operation and what it names. Everything that is not needed any more once an answer is clear is left out:
 * a finished Operation costs no read at all.
 */
export async function observe(ref: ObjectRef, ctx: Context, signal: AbortSignal): Promise<Facts> {
  const { caches, client, providerId, controllerStartedMs, clock } = ctx;
  const base: Facts = {
    providerId,
    nowMs: clock.now(),
    controllerStartedMs,
    operation: caches.operation(ref),
    server: undefined,
    profile: undefined,
    credentialsProblem: undefined,
    mxVersion: "",
    missingClusterConfig: [],
    rivals: [],
  };
  if (base.operation === undefined) return base;
  const { namespace } = ref;
  const server = caches.server({ namespace, name: base.operation.spec.serverRef.name });
  if (isFinished(base.operation) || isBeingDeleted(base.operation)) return { ...base, server };
  // The cache may be behind our own last write: what has begun or ended is told by the API server.
  const operation = await client.getIfExists(resources.operations, ref, Operation, signal);
  if (operation === undefined || server?.spec.provider !== providerId) return { ...base, operation, server };

  const profile = caches.profile({ namespace, name: operation.spec.provisioningProfileRef.name });
  if (profile === undefined) return { ...base, operation, server };
  const [credentials, mxVersion, missingClusterConfig] = await Promise.all([
    readCredentials(client, profile, { adminUsername: ctx.adminUsername, signal }),
    client.readVersion(signal),
    findMissingClusterConfig(client, signal),
  ]);
  const rivals = caches
    .operationsOf(namespace, server.metadata.name)
    .filter((rival) => rival.metadata.uid !== operation.metadata.uid);
  const credentialsProblem = typeof credentials === "string" ? credentials : undefined;
  return { ...base, operation, server, profile, credentialsProblem, mxVersion, missingClusterConfig, rivals };
}

/** The login that the profile's Secret holds, or what that Secret lacks. */
export async function readCredentials(
  client: KubeClient,
  profile: ProvisioningProfile,
  { adminUsername, signal }: { adminUsername: string | undefined; signal?: AbortSignal },
): Promise<Credentials | string> {
  const { namespace } = profile.metadata;
  const name = profile.spec.sshCredentialsSecretRef;
  const what = `Secret "${name}" in namespace "${namespace}"`;
  const secret = await client.getIfExists(resources.secrets, { namespace, name }, Secret, signal);
  if (secret === undefined) {
    return `There is no ${what} yet: create it with the keys username and privateKey.`;
  }
  const privateKey = secretText(secret, "privateKey");
  if (privateKey === undefined) return `The ${what} has no privateKey: add it.`;
  const username = secretText(secret, "username")?.trim() ?? profile.spec.adminUsername ?? adminUsername;
  if (username === undefined) {
    return `The ${what} has no username, and the profile no adminUsername: add one of them.`;
  }
  return { username, privateKey };
}

const Exists = z.object({ metadata: z.object({ name: z.string() }) });

/** `kubeadm join` reads these; a control plane that kubeadm did not make may lack them. */
async function findMissingClusterConfig(client: KubeClient, signal: AbortSignal): Promise<string[]> {
  const lacks = ["kubeadm-config", "kubelet-config"].map(async (name) => {
    const ref = { namespace: "kube-system", name };
    const found = await client.getIfExists(resources.configMaps, ref, Exists, signal);
    return found === undefined ? [`ConfigMap ${ref.namespace}/${name}`] : [];
  });
  return (await Promise.all(lacks)).flat();
}
