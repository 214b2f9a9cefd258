import type { Operation } from "../../api/v1alpha1/operation.ts";
import { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { Server } from "../../api/v1alpha1/server.ts";
import { readCredentials } from "../../controllers/operation/observe.ts";
import * as resources from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import { addSecret } from "../../lib/redact.ts";
import type { Host } from "../../remote/host.ts";
import type { Cluster } from "../connect-to-cluster.ts";

export interface HostAccess extends Pick<Cluster, "client" | "connector"> {
  /** User to log in as where neither Secret nor profile names one. */
  adminUsername: string | undefined;
}

const CONNECT_MS = 20_000;

/**
 * Logs in on the Operation's server, by the way and with the credentials that a controller uses.
 * @throws StargateError ServerNotFound, ProfileNotFound, CredentialsNotFound; as HostConnector does
 */
export async function openHost(
  { metadata, spec }: Operation,
  { client, connector, adminUsername }: HostAccess,
  signal: AbortSignal,
): Promise<Host> {
  const { namespace } = metadata;
  const serverRef = { namespace, name: spec.serverRef.name };
  const server = await client.getIfExists(resources.servers, serverRef, Server, signal);
  if (server === undefined) throw missing("ServerNotFound", `the Server "${serverRef.name}"`);
  const profileRef = { namespace, name: spec.provisioningProfileRef.name };
  const profile = await client.getIfExists(
    resources.provisioningProfiles,
    profileRef,
    ProvisioningProfile,
    signal,
  );
  if (profile === undefined) throw missing("ProfileNotFound", `the ProvisioningProfile "${profileRef.name}"`);
  const credentials = await readCredentials(client, profile, { adminUsername, signal });
  if (typeof credentials === "string") throw new StargateError("CredentialsNotFound", credentials);
  addSecret(credentials.privateKey);
  const { ipv4, sshPort: port, hostKey = "" } = server.spec;
  const address = { name: server.metadata.name, ipv4, port, hostKey, ...credentials };
  return connector.connect(address, { signal, timeoutMs: CONNECT_MS });
}

function missing(reason: string, what: string): StargateError {
  return new StargateError(
    reason,
    `Cannot reach the server of this Operation: ${what} is gone, which says how`,
    {
      remedy: "If the machine still exists, its output is in /var/lib/stargate/operations there.",
    },
  );
}
