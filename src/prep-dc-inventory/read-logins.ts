import { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import { StargateError } from "../lib/errors.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { provisioningProfiles, secrets } from "../kubernetes/resources.ts";
import { Secret } from "../kubernetes/schemas.ts";
import { secretText } from "../kubernetes/secret-text.ts";
import { publicKeyOf } from "../remote/public-key.ts";
import { ASSUMED_KEY } from "../kubernetes/login-secret.ts";

/** How the Operations of a profile will log in. */
export interface ProfileLogin {
  profile: string;
  secret: string;
  username: string | undefined;
  /** As publicKeyOf() gives it. */
  publicKey: string | undefined;
  /** Whether the key is one that nobody chose. */
  isAssumed: boolean;
}

/** The logins of a namespace's profiles, as far as they are there and may be read. */
export async function readLogins(
  client: Pick<KubeClient, "list" | "getIfExists">,
  namespace: string,
  signal: AbortSignal,
): Promise<ProfileLogin[]> {
  try {
    const onUnreadable = (): void => undefined; // its Operations say so
    const { items } = await client.list(provisioningProfiles, ProvisioningProfile, {
      ...{ namespace, signal, onUnreadable },
    });
    const logins = await Promise.all(items.map((profile) => readLogin(client, profile, signal)));
    return logins.filter((one) => one !== undefined);
  } catch (error) {
    const isNoneToRead =
      error instanceof StargateError &&
      (error.reason === "ApiForbidden" || error.reason === "ApiTypeMissing"); // the CRDs come later
    if (isNoneToRead) return [];
    throw error;
  }
}

async function readLogin(
  client: Pick<KubeClient, "getIfExists">,
  { metadata: { namespace, name }, spec }: ProvisioningProfile,
  signal: AbortSignal,
): Promise<ProfileLogin | undefined> {
  const ref = { namespace, name: spec.sshCredentialsSecretRef };
  const secret = await client.getIfExists(secrets, ref, Secret, signal);
  const privateKey = secret === undefined ? undefined : secretText(secret, "privateKey");
  if (secret === undefined || privateKey === undefined) return undefined;
  const publicKey = await publicKeyOf(privateKey);
  return {
    profile: name,
    secret: ref.name,
    username: secretText(secret, "username")?.trim() ?? spec.adminUsername,
    publicKey,
    isAssumed: publicKey !== undefined && secret.metadata.annotations[ASSUMED_KEY] === publicKey,
  };
}
