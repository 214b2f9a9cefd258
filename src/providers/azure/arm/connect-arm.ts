import type { TokenCredential } from "@azure/identity";
import { withTimeout } from "../../../lib/clock.ts";
import { StargateError } from "../../../lib/errors.ts";
import type { World } from "../../../lib/world.ts";
import { createArm, type Arm } from "./arm.ts";
import { createRetryPolicy } from "./retry-policy.ts";

const PUBLIC_CLOUD = "https://management.azure.com";
const LINK_TIMEOUT_MS = 30_000;

export interface ArmConnection {
  subscriptionId: string;
  /** Another cloud's Resource Manager. Default: AZURE_RESOURCE_MANAGER_ENDPOINT, or Azure's public cloud. */
  endpoint?: string;
  /** Default: whatever login there is, by DefaultAzureCredential. */
  credential?: TokenCredential;
  /** PEM of a certificate authority to trust beside the usual ones. */
  caPem?: string;
}

/** A way to Azure. The SDKs are large, so they are loaded here and nowhere else. Nothing is asked of Azure yet. */
export async function connectArm(connection: ArmConnection, world: World): Promise<Arm> {
  const { subscriptionId, caPem } = connection;
  const endpoint = (connection.endpoint ?? armEndpoint(world)).replace(/\/+$/, "");
  const [{ ComputeManagementClient }, { NetworkManagementClient }, { ResourceManagementClient }, credential] =
    await Promise.all([
      import("@azure/arm-compute"),
      import("@azure/arm-network"),
      import("@azure/arm-resources"),
      connection.credential ?? defaultCredential(world),
    ]);
  const policy = createRetryPolicy(world);
  const options = {
    endpoint,
    credentials: { scopes: [`${audienceOf(endpoint)}/.default`] },
    retryOptions: { maxRetries: 0 }, // our own policy does that
    additionalPolicies: [{ policy, position: "perCall" as const }],
    userAgentOptions: { userAgentPrefix: "stargate" },
    ...(caPem === undefined ? {} : { tlsOptions: { ca: caPem } }),
  };
  return createArm({
    subscriptionId,
    compute: new ComputeManagementClient(credential, subscriptionId, options),
    network: new NetworkManagementClient(credential, subscriptionId, options),
    resources: new ResourceManagementClient(credential, subscriptionId, options),
    fetchText: (url) => fetchText(url, caPem, world.signal),
    clock: world.clock,
    signal: world.signal,
  });
}

/** @throws StargateError AzureUnavailable (retriable) */
async function fetchText(url: string, caPem: string | undefined, signal: AbortSignal): Promise<string> {
  const { Agent, fetch } = await import("undici");
  const dispatcher = caPem === undefined ? undefined : new Agent({ allowH2: false, connect: { ca: caPem } });
  const { host } = new URL(url);
  try {
    const answer = await fetch(url, {
      signal: withTimeout(LINK_TIMEOUT_MS, signal),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    const text = await answer.text();
    if (answer.ok) return text;
    throw new Error(`status ${answer.status}`);
  } catch (cause) {
    signal.throwIfAborted();
    // Never the whole link: who has it may read.
    throw new StargateError("AzureUnavailable", `Cannot read what Azure keeps at ${host}`, {
      retriable: true,
      cause,
    });
  } finally {
    await dispatcher?.close();
  }
}

/** Whom tokens are for. Azure's other clouds are an audience of their own; anything else stands in for the public one. */
function audienceOf(endpoint: string): string {
  return endpoint.startsWith("https://management.") ? endpoint : PUBLIC_CLOUD;
}

/** Where Resource Manager is: not the public cloud's for sovereign clouds. */
export function armEndpoint({ env }: World): string {
  return env["AZURE_RESOURCE_MANAGER_ENDPOINT"] ?? PUBLIC_CLOUD;
}

/** az login, environment, workload or managed identity, in the order of the SDK. */
async function defaultCredential({ env }: World): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import("@azure/identity");
  // An authority of one's own is not in Microsoft's list of them.
  return new DefaultAzureCredential(
    env["AZURE_AUTHORITY_HOST"] === undefined ? {} : { disableInstanceDiscovery: true },
  );
}
