import { API_VERSION } from "../api/v1alpha1/kind.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { namespaces, provisioningProfiles, secrets } from "../kubernetes/resources.ts";
import { renderLoginSecret } from "../kubernetes/login-secret.ts";
import { publicKeyOf } from "../remote/public-key.ts";
import { z } from "zod";

/** A place for the Servers of one provider, with what its workers are made with by default. */
interface Place {
  namespace: string;
  profile: string;
  sshSecret: string;
  username: string;
}

const places: readonly Place[] = [
  {
    namespace: "azure-dc",
    profile: "azure-k8s-worker",
    sshSecret: "azure-ssh-credentials",
    username: "adminuser",
  },
  {
    namespace: "simulator-dc",
    profile: "qemu-k8s-worker",
    sshSecret: "qemu-ssh-credentials",
    username: "ubuntu",
  },
];
const TAILNET_SECRET = "tailscale-auth";

export interface OwnObjectsInput {
  /** As the API server says it: v1.37.2. */
  version: string;
  privateKey: string;
  /** True where the key was named on the command line: it then takes the place of one that is there. */
  isKeyNamed: boolean;
  /** A hand-made auth key; undefined where keys are made for each router. */
  authKey: string | undefined;
}

/** One object, and whether it is left alone where it is there already: it may have been changed by hand. */
export interface OwnObject {
  type: typeof secrets;
  namespace: string;
  name: string;
  keep: boolean;
  body: object;
}

/** Pure: Secrets and ProvisioningProfiles as the README names them. `publicKey` is the private key's. */
export function ownObjects(
  { version, privateKey, isKeyNamed, authKey }: OwnObjectsInput,
  publicKey: string | undefined,
): OwnObject[] {
  const assumedKey = isKeyNamed ? undefined : publicKey;
  return places.flatMap(({ namespace, profile, sshSecret, username }) => {
    const secret = (name: string, keep: boolean, body: object): OwnObject => ({
      ...{ type: secrets, namespace, name, keep, body },
    });
    const login = renderLoginSecret({ namespace, name: sshSecret, username, privateKey, assumedKey });
    return [
      secret(sshSecret, !isKeyNamed, login),
      ...(authKey === undefined ? [] : [secret(TAILNET_SECRET, false, renderAuthKey(namespace, authKey))]),
      {
        type: provisioningProfiles,
        namespace,
        name: profile,
        keep: true,
        body: {
          apiVersion: API_VERSION,
          kind: "ProvisioningProfile",
          metadata: { name: profile, namespace },
          spec: {
            kubernetesVersion: minorOf(version),
            containerRuntime: "containerd",
            sshCredentialsSecretRef: sshSecret,
            adminUsername: username,
            ...(authKey === undefined ? {} : { tailscaleAuthKeySecretRef: TAILNET_SECRET }),
          },
        },
      },
    ];
  });
}

function renderAuthKey(namespace: string, authKey: string): object {
  const metadata = { name: TAILNET_SECRET, namespace };
  return { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", stringData: { authKey } };
}

/** Writes them, with their namespaces. Returns the names of those that were there and left alone. */
export async function writeOwnObjects(
  client: KubeClient,
  input: OwnObjectsInput,
  signal: AbortSignal,
): Promise<string[]> {
  for (const { namespace: name } of places) {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await client.apply(namespaces, { namespace: "", name }, body, { signal });
  }
  const publicKey = await publicKeyOf(input.privateKey);
  const kept: string[] = [];
  for (const { type, namespace, name, keep, body } of ownObjects(input, publicKey)) {
    const ref = { namespace, name };
    if (keep && (await client.getIfExists(type, ref, z.unknown(), signal)) !== undefined) {
      kept.push(`${namespace}/${name}`);
      continue;
    }
    await client.apply(type, ref, body, { force: true, signal });
  }
  return kept;
}

function minorOf(version: string): string {
  return /^v?(\d+\.\d+)/.exec(version)?.[1] ?? version;
}
