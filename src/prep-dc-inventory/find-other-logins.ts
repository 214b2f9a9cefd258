import { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import { StargateError } from "../lib/errors.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { provisioningProfiles, secrets } from "../kubernetes/resources.ts";
import { Secret } from "../kubernetes/schemas.ts";
import { secretText } from "../kubernetes/secret-text.ts";
import { publicKeyOf } from "../remote/public-key.ts";
import type { WorkerLogin } from "./verify-way.ts";

/** How the Operations of a profile will log in. */
export interface ProfileLogin {
  profile: string;
  secret: string;
  username: string | undefined;
  /** As publicKeyOf() gives it. */
  publicKey: string | undefined;
}

/**
 * What to say where no profile of the namespace logs in as these servers want it; undefined where one does, where there
 * is none yet, and where Secrets may not be read.
 */
export async function findOtherLogins(
  client: Pick<KubeClient, "list" | "getIfExists">,
  namespace: string,
  login: WorkerLogin,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const onUnreadable = (): void => undefined; // its Operations say so
    const { items } = await client.list(provisioningProfiles, ProvisioningProfile, {
      ...{ namespace, signal, onUnreadable },
    });
    const logins = await Promise.all(items.map((profile) => readLogin(client, profile, signal)));
    return describeOtherLogins(
      logins.filter((one) => one !== undefined),
      { namespace, username: login.username, publicKey: await publicKeyOf(login.privateKey) },
    );
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ApiForbidden") return undefined;
    throw error;
  }
}

/** Pure: as findOtherLogins(), of what was read. */
export function describeOtherLogins(
  logins: readonly ProfileLogin[],
  wanted: { namespace: string; username: string; publicKey: string | undefined },
): string | undefined {
  const { namespace, username } = wanted;
  const differences = logins.map((login) => differenceOf(login, wanted));
  if (logins.length === 0 || differences.includes(undefined)) return undefined;
  const told = logins.map(
    ({ profile, secret }, index) => `profile ${profile} (Secret ${secret}) has ${differences[index]}`,
  );
  return (
    `Operations in namespace ${namespace} could not log in to these servers: ${told.join("; ")}. ` +
    `Put in what this command used: kubectl create secret generic ${logins[0]?.secret} -n ${namespace} ` +
    `--from-literal=username=${username} --from-file=privateKey=<its private key> --dry-run=client -o yaml | kubectl apply -f -`
  );
}

function differenceOf(
  login: ProfileLogin,
  wanted: { username: string; publicKey: string | undefined },
): string | undefined {
  if (login.publicKey !== wanted.publicKey) return "another SSH key";
  if (login.username === undefined || login.username === wanted.username) return undefined;
  return `the user "${login.username}" instead of "${wanted.username}"`;
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
  return {
    profile: name,
    secret: ref.name,
    username: secretText(secret, "username")?.trim() ?? spec.adminUsername,
    publicKey: await publicKeyOf(privateKey),
  };
}
