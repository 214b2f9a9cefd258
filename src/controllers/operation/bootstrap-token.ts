import { createHash, randomInt } from "node:crypto";
import { Operation } from "../../api/v1alpha1/operation.ts";
import { StargateError } from "../../lib/errors.ts";
import { addSecret } from "../../lib/redact.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import * as resources from "../../kubernetes/resources.ts";
import { isFinished } from "./facts.ts";
import { secretText } from "../../kubernetes/secret-text.ts";
import { Secret } from "../../kubernetes/schemas.ts";

const NAMESPACE = "kube-system";
const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
/** Says whose token it is; the value is the Operation's uid. */
export const TOKEN_LABEL = "stargate.io/operation-uid";

const NAMESPACE_LABEL = "stargate.io/operation-namespace";

/** The Operation a token is for. */
export interface TokenOwner {
  uid: string;
  namespace: string;
  name: string;
}

/**
 * The id of an Operation's token. It is no secret (a node that joins is known as system:bootstrap:<id>), and made
 * from the Operation's uid, so that after a restart, and after the token itself is gone, a join can still be told to
 * have been this Operation's.
 */
export function tokenIdOf(uid: string): string {
  let value = createHash("sha256").update(uid).digest().readUIntBE(0, 6);
  let id = "";
  while (id.length < 6) {
    id += ALPHABET.charAt(value % ALPHABET.length);
    value = Math.floor(value / ALPHABET.length);
  }
  return id;
}

/** The name a join with this Operation's token has at the API server. */
export function bootstrapUserOf(uid: string): string {
  return `system:bootstrap:${tokenIdOf(uid)}`;
}

/**
 * The Operation's token, made if it is not there. May be repeated: a token that is there is used again, with its
 * life prolonged to `expiresAt`.
 */
export async function ensureToken(
  client: KubeClient,
  owner: TokenOwner,
  expiresAt: Date,
  signal?: AbortSignal,
): Promise<string> {
  const id = tokenIdOf(owner.uid);
  const ref = { namespace: NAMESPACE, name: `bootstrap-token-${id}` };
  const expiration = expiresAt.toISOString().replace(/\.\d+Z$/, "Z");
  const existing = await client.getIfExists(resources.secrets, ref, Secret, signal);
  if (existing !== undefined) {
    const secret = secretText(existing, "token-secret");
    if (existing.metadata.labels[TOKEN_LABEL] !== owner.uid || secret === undefined) {
      throw new StargateError("TokenTaken", `Cannot make the bootstrap token ${id}: another holds its name`, {
        remedy: `Delete the Secret ${NAMESPACE}/${ref.name} if nothing joins with it.`,
      });
    }
    await client.mergePatch(resources.secrets, ref, { stringData: { expiration } }, { signal });
    return tokenOf(id, secret);
  }
  const secret = randomText(16);
  const token = tokenOf(id, secret);
  await client.create(
    resources.secrets,
    NAMESPACE,
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        ...ref,
        labels: {
          [TOKEN_LABEL]: owner.uid,
          [NAMESPACE_LABEL]: owner.namespace,
          "app.kubernetes.io/managed-by": "stargate",
        },
      },
      type: "bootstrap.kubernetes.io/token",
      stringData: {
        "token-id": id,
        "token-secret": secret,
        expiration,
        "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
        description: `Joins one server for the Operation ${owner.namespace}/${owner.name}`,
      },
    },
    signal,
  );
  return token;
}

/** Deletes the Operation's token. One that is gone already is fine; another's is left alone. */
export async function deleteToken(client: KubeClient, uid: string, signal?: AbortSignal): Promise<void> {
  const ref = { namespace: NAMESPACE, name: `bootstrap-token-${tokenIdOf(uid)}` };
  const existing = await client.getIfExists(resources.secrets, ref, Secret, signal);
  if (existing?.metadata.labels[TOKEN_LABEL] !== uid) return;
  await client.delete(resources.secrets, ref, { uid: existing.metadata.uid, signal });
}

/**
 * Deletes tokens whose Operation has ended or is gone: what a crash or a forced deletion left. Only those of
 * Operations in this namespace, where one is given.
 * @returns names of the Secrets
 */
export async function sweepTokens(
  client: KubeClient,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const { items: tokens } = await client.list(resources.secrets, Secret, {
    namespace: NAMESPACE,
    labelSelector: namespace === undefined ? TOKEN_LABEL : `${TOKEN_LABEL},${NAMESPACE_LABEL}=${namespace}`,
    signal,
  });
  if (tokens.length === 0) return [];
  // After the tokens: whatever made one of them is in this list, unless it is gone.
  const { items: operations } = await client.list(resources.operations, Operation, {
    ...(namespace === undefined ? {} : { namespace }),
    signal,
  });
  const living = new Set(operations.filter((one) => !isFinished(one)).map(({ metadata }) => metadata.uid));
  const orphans = tokens.filter(({ metadata }) => !living.has(metadata.labels[TOKEN_LABEL] ?? ""));
  for (const { metadata } of orphans) {
    const ref = { namespace: NAMESPACE, name: metadata.name };
    await client.delete(resources.secrets, ref, { uid: metadata.uid, signal });
  }
  return orphans.map(({ metadata }) => metadata.name);
}

function tokenOf(id: string, secret: string): string {
  const token = `${id}.${secret}`;
  addSecret(secret);
  addSecret(token);
  return token;
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");
}
